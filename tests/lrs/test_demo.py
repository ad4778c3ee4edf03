"""The generated ministry: the same for everybody, and worth trying things on."""

from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest

from lrs.commands.demo import load
from lrs.demo import CONFIRMED, PLATFORMS, UNITS, VOIDED, generate, make_people
from lrs.settings import Settings
from lrs.store import Store
from schemas.statement import check_statement


@pytest.fixture(scope="module")
def sent():
    return list(generate())


def test_the_same_seed_gives_the_same_statements():
    assert list(islice(generate(), 200)) == list(islice(generate(), 200))
    assert next(generate(seed=1)) != next(generate(seed=2))


def test_every_statement_is_valid_in_both_versions(sent):
    for version in ("1.0", "2.0"):
        wrong = [s for _, s in sent if check_statement(s, version)]
        assert wrong == []


def test_people_have_names_of_their_own_with_their_marks():
    people = make_people()
    assert len({person.name for person in people}) == len(people) == 300
    assert {person.unit for person in people} == set(UNITS)
    assert any("ễ" in person.name for person in people)


def test_it_holds_what_makes_stores_stumble(sent):
    assert len(sent) == 5000
    assert {platform for platform, _ in sent} == set(PLATFORMS)
    ids = Counter(statement["id"] for _, statement in sent)
    first: dict[str, int] = {}
    for number, (_, statement) in enumerate(sent):
        first.setdefault(statement["id"], number)
    about: dict[str, list[bool]] = {VOIDED["id"]: [], CONFIRMED["id"]: []}
    for number, (_, statement) in enumerate(sent):
        if statement["verb"]["id"] in about:
            target = first.get(statement["object"]["id"], len(sent))
            about[statement["verb"]["id"]].append(target > number)
    assert sum(times > 1 for times in ids.values()) > 50, "sent twice"
    for early in about.values():
        assert any(early), "before its target arrives"
        assert not all(early), "after its target arrived"
    stored_late = [
        (one["timestamp"], other["timestamp"])
        for (_, one), (_, other) in pairwise(sent)
        if one["timestamp"][:10] > other["timestamp"][:10]
    ]
    assert stored_late, "what happened earlier is sent later"


def test_loading_it_again_adds_nothing(sqlite_url: str, tmp_path: Path, sent):
    store = Store(Settings(database_url=sqlite_url, pepper_file=tmp_path / "pepper"))
    try:
        once, twice = load(store, sent[:400]), load(store, sent[:400])
        assert once.refused == twice.refused == []
        assert once.stored + once.present == twice.present == 400
        assert twice.stored == 0
        names = [row.name for row in store.credentials.issued()]
        assert sorted(names) == sorted(set(names))
    finally:
        store.close()
