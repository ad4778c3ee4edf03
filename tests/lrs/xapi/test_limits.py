"""What one request may hold."""

import httpx

from tests.examples import statement


async def test_a_statement_that_names_too_much_is_refused(client: httpx.AsyncClient) -> None:
    named = [{"id": f"https://example.vn/activities/{number}"} for number in range(1001)]
    value = statement(context={"contextActivities": {"other": named}})
    answer = await client.post("/statements", json=value)
    assert answer.status_code == 413
    [problem] = answer.json()["problems"]
    assert problem["rule"] == "statement-too-many-names"
    assert "1000" in problem["mend"]
    for body, at in ((value, ""), ([statement(), value], "/1")):
        checked = await client.post("https://lrs.example/api/v1/validate", json=body)
        assert checked.json() == {"valid": False, "problems": [{**problem, "pointer": at}]}


async def test_a_statement_that_names_much_is_stored(client: httpx.AsyncClient) -> None:
    named = [{"id": f"https://example.vn/activities/{number}"} for number in range(900)]
    value = statement(context={"contextActivities": {"other": named}})
    assert (await client.post("/statements", json=value)).status_code == 200
