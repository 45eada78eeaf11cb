"""The people of the demo: drawn from a seed, and nobody's number or mailbox."""

import csv
import io
from collections import Counter

from broadcaster.demo.residents import audience_file
from broadcaster.workflow.importing import parse

AREAS = {"noord", "centrum", "zuid"}


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    assert audience_file(50, 1) == audience_file(50, 1)
    assert audience_file(50, 1) != audience_file(50, 2)


def test_nobody_has_a_number_or_a_mailbox_that_could_be_real():
    for row in csv.DictReader(io.StringIO(audience_file(500, 1).decode())):
        assert not row["sms"] or row["sms"].startswith("+31600")
        assert not row["email"] or row["email"].endswith(".example")


def test_people_read_five_languages_in_every_area_and_no_two_share_an_address():
    people = parse(audience_file(2000, 1), AREAS)
    assert {person.language for person in people} == {"nl", "en", "ar", "tr", "pl"}
    assert {area for person in people for area in person.areas} == AREAS
    addresses = Counter(address for person in people for address in person.addresses)
    assert max(addresses.values()) == 1
    assert {kind for kind, _ in addresses} == {"sms", "email", "telegram"}
