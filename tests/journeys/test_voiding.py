"""Voiding and references over HTTP: who may void, and that the order of arrival does not matter."""

from itertools import permutations

import pytest

from tests.examples import reference_to, statement, voiding
from tests.xapi_client import STATEMENTS, Client, Json, iri, new_id, problems, rules

WRITER = ("statements/write", "statements/read")


def state_of(client: Client, statement_id: str) -> tuple[int, int]:
    """How it answers as a statement, and as a voided one."""
    return (
        client.get(statementId=statement_id).status_code,
        client.get(voidedStatementId=statement_id).status_code,
    )


STANDS, VOIDED = (200, 404), (404, 200)


def test_a_voided_statement_is_found_by_voided_statement_id_only(client: Client) -> None:
    verb = iri("verbs")
    [target] = client.send(statement(verb={"id": verb}))
    assert state_of(client, target) == STANDS
    assert rules(client.get(voidedStatementId=target)) == ["no-such-voided-statement"]
    [voider] = client.send(voiding(target))
    assert state_of(client, target) == VOIDED
    assert rules(client.get(statementId=target)) == ["no-such-statement"]
    assert state_of(client, voider) == STANDS
    assert client.find(verb=verb) == [voider]  # it refers to one that has the verb
    told = client.get(voidedStatementId=target).json()
    assert told["verb"]["id"] == verb


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_void_and_references_mean_the_same_in_any_order(
    client: Client, order: tuple[int, ...]
) -> None:
    verb, activity = iri("verbs"), iri()
    target, voider, reference, second = (new_id() for _ in range(4))
    sent: list[Json] = [
        statement(id=target, verb={"id": verb}, object={"id": activity}),
        voiding(target, id=voider),
        reference_to(target, id=reference),
        reference_to(reference, id=second),
    ]
    client.send(*(sent[n] for n in order[:2]))
    client.send(*(sent[n] for n in order[2:]))
    assert state_of(client, target) == VOIDED
    ids = [target, voider, reference, second]
    expected = [ids[n] for n in reversed(order) if n != 0]
    assert client.find(verb=verb) == expected
    assert client.find(activity=activity, verb=verb) == expected


def test_a_voiding_statement_cannot_be_voided(client: Client) -> None:
    [target] = client.send(statement())
    [voider] = client.send(voiding(target))
    [second] = client.send(voiding(voider))
    assert state_of(client, voider) == STANDS
    assert state_of(client, second) == STANDS
    assert state_of(client, target) == VOIDED


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_target_that_is_not_there_may_be_voided(client: Client, version: str) -> None:
    target = new_id()
    client.at(version).send(voiding(target))
    assert state_of(client, target) == (404, 404)
    client.send(statement(id=target))
    assert state_of(client, target) == VOIDED


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_voiding_statement_refers_to_a_statement(client: Client, version: str) -> None:
    value = statement(verb={"id": "http://adlnet.gov/expapi/verbs/voided"})
    answer = client.at(version).http.post(STATEMENTS, json=value)
    assert answer.status_code == 400
    assert [t["pointer"] for t in problems(answer)] == ["/object"]


# Who may


def test_a_credential_voids_what_it_wrote(client: Client) -> None:
    writer = client.with_scopes(*WRITER)
    [target] = writer.send(statement())
    writer.send(voiding(target))
    assert state_of(client, target) == VOIDED


def test_a_credential_does_not_void_what_another_wrote(client: Client) -> None:
    [target] = client.with_scopes(*WRITER).send(statement())
    other, verb = client.with_scopes(*WRITER), iri("verbs")
    answer = other.http.post(STATEMENTS, json=[statement(verb={"id": verb}), voiding(target)])
    assert (answer.status_code, rules(answer)) == (403, ["void-not-permitted"])
    assert problems(answer)[0]["value"] == target
    assert state_of(client, target) == STANDS
    assert client.find(verb=verb) == []  # the batch is refused whole
    refused = other.put(voiding(target, id=new_id()))
    assert refused.status_code == 403


def test_scope_all_voids_what_anybody_wrote(client: Client) -> None:
    [target] = client.with_scopes(*WRITER).send(statement())
    client.send(voiding(target))
    assert state_of(client, target) == VOIDED


def test_a_void_that_came_first_counts_for_its_own_credential_only(client: Client) -> None:
    writer, other = client.with_scopes(*WRITER), client.with_scopes(*WRITER)
    target = new_id()
    other.send(voiding(target))  # nobody can know yet whose it will be
    writer.send(statement(id=target))
    assert state_of(client, target) == STANDS
    writer.send(voiding(target))
    assert state_of(client, target) == VOIDED
    early = new_id()
    writer.send(voiding(early))
    writer.send(statement(id=early))
    assert state_of(client, early) == VOIDED
    of_all = new_id()
    client.send(voiding(of_all))
    writer.send(statement(id=of_all))
    assert state_of(client, of_all) == VOIDED


def test_a_batch_may_void_what_it_holds(client: Client) -> None:
    writer, target = client.with_scopes(*WRITER), new_id()
    writer.send(voiding(target), statement(id=target))
    assert state_of(client, target) == VOIDED


def test_a_retried_void_is_answered_as_before(client: Client) -> None:
    writer = client.with_scopes(*WRITER)
    [target] = writer.send(statement())
    again = voiding(target, id=new_id())
    assert [writer.send(again), writer.send(again)] == [[again["id"]]] * 2


def test_a_voided_id_stays_taken(client: Client) -> None:
    """To undo a void the statement is sent again under a new id."""
    first = statement(id=new_id())
    client.send(first)
    client.send(voiding(first["id"]))
    assert client.send(first) == [first["id"]]
    assert state_of(client, first["id"]) == VOIDED
    [again] = client.send({**first, "id": new_id()})
    assert state_of(client, again) == STANDS
