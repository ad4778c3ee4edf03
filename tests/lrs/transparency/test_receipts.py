"""Where a statement is in the log, told to who sends it."""

import httpx
import pytest

from lrs.store import Store
from lrs.transparency.receipts import HEADER, LONGEST, positions_text
from tests.examples import statement


@pytest.mark.parametrize(
    ("positions", "text"),
    [
        (range(12, 13), "12"),
        (range(12, 15), "12-14"),
        (range(5, 5), ""),
        ([7], "7"),
        ([12, 13, 14, 20], "12-14,20"),
        ([20, 12, 13], "20,12-13"),
        ([3, 2, 1], "3,2,1"),
        ([], ""),
        (list(range(1, 2 * LONGEST, 2)), ""),
    ],
)
def test_positions_are_written_in_runs(positions: list[int], text: str) -> None:
    assert positions_text(positions) == text


def positions_of(answer: httpx.Response) -> list[int]:
    """What a client makes of the header."""
    found: list[int] = []
    for run in answer.headers[HEADER].split(","):
        first, _, last = run.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


async def test_a_post_answers_with_the_positions_of_its_statements(
    client: httpx.AsyncClient, store: Store
) -> None:
    answer = await client.post("/statements", json=[statement(), statement(), statement()])
    head = store.log.head().position
    assert answer.headers[HEADER] == f"{head - 2}-{head}"
    ids = [entry.stream_id.hex() for entry in store.log.read(after=head - 3)]
    assert ids == [id_.replace("-", "") for id_ in answer.json()]


async def test_a_retry_answers_with_the_first_positions(
    client: httpx.AsyncClient, store: Store
) -> None:
    first = await client.post("/statements", json=statement())
    kept = (await client.get("/statements", params={"statementId": first.json()[0]})).json()
    sent = {name: kept[name] for name in ("id", "actor", "verb", "object", "timestamp")}
    [position] = positions_of(first)
    new = await client.post("/statements", json=statement())
    mixed = await client.post("/statements", json=[statement(), sent])
    assert positions_of(mixed) == [positions_of(new)[0] + 1, position]
    again = await client.put("/statements", params={"statementId": sent["id"]}, json=sent)
    assert (again.status_code, positions_of(again)) == (204, [position])


async def test_a_put_answers_with_its_position(client: httpx.AsyncClient, store: Store) -> None:
    id_ = "11111111-1111-4111-8111-111111111111"
    answer = await client.put("/statements", params={"statementId": id_}, json=statement())
    assert positions_of(answer) == [store.log.head().position]


async def test_nothing_stored_has_no_position(client: httpx.AsyncClient) -> None:
    assert HEADER not in (await client.post("/statements", json=[])).headers
    assert HEADER not in (await client.post("/statements", json={})).headers
    assert HEADER not in (await client.get("/statements")).headers


async def test_a_page_of_another_site_may_read_the_positions(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/statements", json=statement(), headers={"Origin": "https://course.example"}
    )
    assert HEADER in answer.headers["access-control-expose-headers"].split(", ")
