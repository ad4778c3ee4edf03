"""Who people are: identifiers, and two ids of one human being."""

from hashlib import sha1

import pytest

from lrs import directory
from lrs.decisions import decide
from lrs.decisions.messages import (
    LinkIdentifier,
    MergePeople,
    PartPeople,
    RegisterPerson,
    UnlinkIdentifier,
)
from schemas.events import Kind
from schemas.register import Account, Identifier, PeopleMerged, Person, Withdrawal
from tests.lrs.register import HOME, after, days, decided, mail, ministry, refusal, register


def link(identifier: Identifier) -> LinkIdentifier:
    return LinkIdentifier(identifier=identifier)


def test_an_identifier_is_linked_once():
    assert decide(link(mail("P2", "binh")), ministry()) == [
        (mail("P2", "binh"), Kind.IDENTIFIER_LINKED)
    ]
    decided(ministry(), link(mail("P2", "binh")))


def test_an_identifier_belongs_to_one_person_on_every_day():
    until_may = ministry(mail("P2", "phong", None, "2026-05-31"))
    assert "one of “P2” already" in refusal(until_may, link(mail("P3", "phong")))
    assert refusal(until_may, link(mail("P3", "phong", "2026-05-31")))
    handed_over = decided(until_may, link(mail("P3", "phong", "2026-06-01")))
    assert len(handed_over[Identifier]) == 3
    assert refusal(handed_over, link(mail("P4", "phong", "2026-06-30"))), "no longer the first's"


def test_an_address_and_its_digest_are_one_identifier():
    digest = sha1(b"mailto:an@bo.example").hexdigest().upper()
    assert "“P1”" in refusal(ministry(), link(Identifier(person="P2", mbox_sha1sum=digest)))
    same = link(Identifier(person="P1", mbox_sha1sum=digest))
    assert decide(same, ministry()) == [], "an address says more than its digest"
    spelt = decided(register(Person(id="P1", name="An")), same)
    spelt = decided(spelt, link(mail("P1", "an")))
    [held] = spelt[Identifier].values()
    assert held == mail("P1", "an")


def test_linking_again_gives_an_identifier_other_days():
    found = decided(ministry(), link(mail("P1", "an", "2026-01-01", "2026-05-31")))
    assert list(found[Identifier].values()) == [mail("P1", "an", "2026-01-01", "2026-05-31")]


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ({"mbox": "mailto:no address"}, "not a mailto: address"),
        ({"mbox_sha1sum": "12"}, "not a SHA-1"),
        ({"openid": "no iri"}, "not an IRI"),
        ({"account": Account("no iri", "an")}, "not an IRI"),
        ({"account": Account(HOME, " ")}, "empty"),
        ({"account": Account(HOME, "hu\u0309")}, "composed form"),
        ({}, "here are 0"),
        ({"mbox": "mailto:a@b.vn", "openid": HOME}, "here are 2"),
        ({"openid": HOME, **days("1899-12-31")}, "before 1900"),
        ({"openid": HOME, **days("2026-05-02", "2026-05-01")}, "is after"),
        ({"openid": HOME, "person": "P9"}, "no person “P9”"),
    ],
    ids=str,
)
def test_what_is_no_identifier_is_refused(identifier, said):
    wrong = link(Identifier(**{"person": "P1", **identifier}))
    assert said in refusal(ministry(), wrong)


def test_an_address_may_be_given_without_its_scheme():
    [(found, _)] = decide(link(Identifier(person="P2", mbox="binh@bo.example")), ministry())
    assert found == mail("P2", "binh")


def test_unlinking_withdraws_with_a_reason():
    [(said, kind)] = decide(
        UnlinkIdentifier(identifier=mail("P1", "an"), reason="nhầm người"), ministry()
    )
    assert said == Withdrawal(key=mail("P1", "an").key, reason="nhầm người")
    assert kind == Kind.IDENTIFIER_UNLINKED


def test_only_what_is_linked_is_unlinked():
    assert "it is of P1" in refusal(ministry(), UnlinkIdentifier(identifier=mail("P2", "an")))
    assert "nobody's" in refusal(ministry(), UnlinkIdentifier(identifier=mail("P2", "la")))


# Two ids of one human being


def test_merging_and_parting_move_nothing():
    merged = decided(ministry(), MergePeople(person="P2", into="P1"))
    assert merged[PeopleMerged] == {"P2": PeopleMerged(person="P2", into="P1")}
    assert {type_ for type_ in merged if merged[type_] != ministry()[type_]} == {PeopleMerged}
    parted = after(merged, decide(PartPeople(person="P2", reason="hai người"), merged))
    assert parted == ministry()
    assert directory.person(merged, "P1")["counted_with"] == ["P2"]


def test_people_are_not_merged_in_a_circle_or_twice():
    merged = decided(ministry(), MergePeople(person="P2", into="P1"))
    merged = decided(merged, MergePeople(person="P3", into="P2"))
    assert "counted as P3" not in refusal(merged, MergePeople(person="P2", into="P3"))
    assert "P3 is counted as P1" in refusal(merged, MergePeople(person="P1", into="P3"))
    assert "P3 is counted as P2 already" in refusal(merged, MergePeople(person="P3", into="P1"))
    assert "itself" in refusal(merged, MergePeople(person="P4", into="P4"))
    assert "no person “P9”" in refusal(merged, MergePeople(person="P9", into="P4"))
    assert "no person “P9”" in refusal(merged, MergePeople(person="P4", into="P9"))
    assert "not merged" in refusal(merged, PartPeople(person="P1"))
    assert directory.person(merged, "P3")["counted_as"] == "P1"


def test_a_person_is_registered_once():
    found = decided(ministry(), RegisterPerson(id="P5", name="Vũ Hoàng Yến"))
    assert found[Person]["P5"] == Person(id="P5", name="Vũ Hoàng Yến")
    assert "Vũ Hoàng Yến already" in refusal(found, RegisterPerson(id="P5", name="Người khác"))
    assert "no identifier" in refusal(found, RegisterPerson(id="P 5", name="An"))
    assert "empty" in refusal(found, RegisterPerson(id="P6", name=" "))
