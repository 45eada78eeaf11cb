"""People who do not exist, drawn from a seed, as an audience file.

Their numbers begin with 06 00, which is given to nobody: mobile numbers begin with 061 to 065 and 068
(Nummerplan telefoon- en ISDN-diensten, annex 1). Their mailboxes are under .example (RFC 2606, section 2). Their chats
are numbers that only the simulator is ever asked for.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator
from random import Random
from typing import TypeVar

from broadcaster.workflow.importing import HEADER

T = TypeVar("T")
MOST = 1_000_000
"""There are no more numbers in 06 00."""
_LANGUAGES = {"nl": 58, "en": 14, "ar": 11, "tr": 9, "pl": 8}
_AREAS = {"noord": 5, "centrum": 3, "zuid": 4}
_GROUPS = {"bewoners": 80, "mantelzorgers": 8, "ondernemers": 8, "wijkteam": 4}
_REACHED_BY = {("sms", "email"): 33, ("sms",): 43, ("email",): 18, ("sms", "telegram"): 4, ("telegram",): 2}
_GIVEN_NAMES = {
    "nl": ("Anneke", "Bram", "Daan", "Fleur", "Geert", "Jolanda", "Lotte", "Sjoerd", "Tess", "Wim"),
    "en": ("Alice", "Brian", "Chloe", "Dylan", "Grace", "Harry", "Megan", "Oliver", "Ruby", "Sean"),
    "ar": ("Amina", "Bilal", "Fatima", "Hassan", "Khadija", "Malik", "Noor", "Omar", "Salma", "Yusuf"),
    "tr": ("Ayşe", "Burak", "Deniz", "Elif", "Emre", "Gül", "Kerem", "Leyla", "Murat", "Zeynep"),
    "pl": ("Agnieszka", "Bartek", "Ewa", "Jacek", "Kasia", "Łukasz", "Magda", "Piotr", "Tomasz", "Zofia"),
}
_SURNAMES = {
    "nl": ("Bakker", "Dijkstra", "Hoekstra", "Kuipers", "Mulder", "Postma", "Smits", "Verhoeven", "Visser", "de Wit"),
    "en": ("Baker", "Carter", "Fletcher", "Hughes", "Mason", "Palmer", "Shaw", "Turner", "Walsh", "Young"),
    "ar": ("Amrani", "Bakri", "El Idrissi", "Haddad", "Khalil", "Mansour", "Nasser", "Rahmani", "Saidi", "Zouaoui"),
    "tr": ("Aydın", "Çelik", "Demir", "Kaya", "Koç", "Öztürk", "Şahin", "Yıldız", "Yılmaz", "Yavuz"),
    "pl": ("Dąbrowska", "Kamiński", "Kowalski", "Lis", "Mazur", "Nowak", "Pawlak", "Wójcik", "Zając", "Zieliński"),
}
_MAIL_DOMAINS = ("post.voorbeeld.example", "thuis.example", "werk.example")


def audience_file(count: int, seed: int) -> bytes:
    """An audience file of `count` residents, at most `MOST`: the same for the same seed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_rows(count, Random(f"residents {seed}")))  # noqa: S311 - people to play with, not a secret
    return text.getvalue().encode()


def _rows(count: int, rng: Random) -> Iterator[tuple[str, ...]]:
    for n, number in enumerate(rng.sample(range(MOST), count)):
        language = _drawn(rng, _LANGUAGES)
        name = f"{rng.choice(_GIVEN_NAMES[language])} {rng.choice(_SURNAMES[language])}"
        kinds = _drawn(rng, _REACHED_BY)
        mailbox = f"{_local_part(name)}.{n + 1}@{rng.choice(_MAIL_DOMAINS)}"
        sms, email = f"+31600{number:06}" if "sms" in kinds else "", mailbox if "email" in kinds else ""
        chat = str(7_000_000_000 + number) if "telegram" in kinds else ""
        yield name, language, _drawn(rng, _GROUPS), _drawn(rng, _AREAS), sms, email, chat


def _drawn(rng: Random, weights: dict[T, int]) -> T:
    """One of the keys, as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]


def _local_part(name: str) -> str:
    """A name as mail providers spell it: small letters without accents, dots for blanks."""
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L").replace("ı", "i"))
    return plain.encode("ascii", "ignore").decode().lower().replace(" ", ".")
