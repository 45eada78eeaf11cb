"""The check message (Controlebericht): a real, approved message to a few people who agreed to get it.

A probe proves that a link answers; only a message that arrived proves that messages arrive. It takes the way of every
alert, two officers included, and goes to the check group alone: nowhere in public, and to few at each account.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from broadcaster.model.draft import CHECK_SCENARIO, DraftContent
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.workflow.house import House

MOST = 50
"""Addresses at each account: enough to see that something is wrong, few enough to bother nobody."""


def is_one(content: DraftContent) -> bool:
    """Whether a draft is a check message."""
    return content.scenario == CHECK_SCENARIO


def findings(house: House, content: DraftContent) -> Iterator[Finding]:
    """What keeps a check message from going to the check group alone."""
    audience, group = content.audience, house.settings.hub.check_group
    if audience is None or set(audience.groups) != {group} or audience.areas:
        message = f"Een controlebericht gaat alleen naar de groep '{group}'. Kies die groep, en geen gebied."
        yield Finding("check-audience", FindingKind.BLOCKING, "audience", message)
    if any(house.specs[kind].pull for kind in content.channels if kind in house.specs):
        message = "Een controlebericht komt niet op schermen: haal dat kanaal weg."
        yield Finding("check-public", FindingKind.BLOCKING, "channels", message)


def too_many(house: House, by_channel: Mapping[str, int]) -> Iterator[Finding]:
    """More addresses than check messages go to."""
    accounts = Counter(account.kind for account in house.settings.accounts)
    group = house.settings.hub.check_group
    for kind, count in by_channel.items():
        most = MOST * max(1, accounts[kind])
        if count > most:
            message = (
                f"Er staan {count} adressen voor {kind} in de groep '{group}'."
                f" Een controlebericht gaat naar hoogstens {most}."
            )
            yield Finding("check-size", FindingKind.BLOCKING, "audience", message)
