"""Channels that people work by hand: what stands in the configuration, and the list of a house that writes none."""

from typing import Annotated, Literal

from pydantic import Field

from broadcaster.settings.sections import Id, Label, Section

SeverityName = Literal["Extreme", "Severe", "Moderate", "Minor"]
TextName = Literal["web", "social", "radio", "nl-alert", "lcms", "questions", "loudspeaker", "courier", "sign"]
Minutes = Annotated[int, Field(ge=1, le=1440)]


class Manual(Section):
    """a table [[manual]] with an id, a name, a text and opens"""

    id: Annotated[Id, Field(description="a short name of small letters, digits and hyphens")]
    name: Annotated[Label, Field(description="what officers call it, at most 100 characters")]
    text: Annotated[
        TextName,
        Field(description="web, social, radio, nl-alert, lcms, questions, loudspeaker, courier or sign"),
    ]
    opens: Annotated[
        dict[SeverityName, Minutes],
        Field(
            default_factory=dict,
            description="the severities that ask for it, each with the minutes it may take, such as { Extreme = 10 }",
        ),
    ]


def _manual(id_: str, name: str, text: str, **opens: int) -> Manual:
    return Manual.model_validate({"id": id_, "name": name, "text": text, "opens": opens})


DEFAULTS = (
    _manual("nl-alert", "NL-Alert: aanvraag bij de meldkamer", "nl-alert", Extreme=5, Severe=10),
    _manual("website", "Website van de gemeente", "web", Extreme=10, Severe=15, Moderate=30, Minor=60),
    _manual("social", "Sociale media", "social", Extreme=10, Severe=15, Moderate=30, Minor=60),
    _manual("crisis-nl", "crisis.nl", "web", Extreme=15, Severe=20),
    _manual("broadcaster", "Regionale omroep (rampenzender)", "radio", Extreme=10, Severe=20),
    _manual("telephone", "Publieksinformatie 0800-1351", "questions", Extreme=20, Severe=30),
    _manual("sign-language", "Nederlandse Gebarentaal (NGT)", "sign", Extreme=30, Severe=30),
    _manual("loudspeaker", "Geluidswagens", "loudspeaker", Extreme=30),
    _manual("couriers", "Koeriersronde", "courier", Extreme=60),
)
"""What a municipality usually works by hand, the most urgent first."""
