"""tincan 1.0.0 for Python drives the store: what it can do, it can do here.

It cannot send attachment data, and cannot read a multipart answer; ``fileUrl`` is what it has.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tincan import (
    Activity,
    ActivityDefinition,
    ActivityProfileDocument,
    Agent,
    AgentAccount,
    AgentProfileDocument,
    Context,
    ContextActivities,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    StateDocument,
    Statement,
    StatementRef,
    SubStatement,
    Verb,
)

from tests.servers import KEY, SECRET, Server

pytestmark = pytest.mark.filterwarnings("default")  # of the library


@pytest.fixture(params=["1.0.0", "1.0.1"])
def lrs(server: Server, request: pytest.FixtureRequest) -> RemoteLRS:
    return RemoteLRS(version=request.param, endpoint=server.endpoint, username=KEY, password=SECRET)


@pytest.fixture
def agent() -> Agent:
    account = AgentAccount(home_page="https://sso.bvhttdl.example", name=uuid4().hex)
    return Agent(name="Nguyễn Thị Ánh", account=account)


@pytest.fixture
def activity() -> Activity:
    definition = ActivityDefinition(
        name=LanguageMap({"vi-VN": "An toàn thông tin"}),
        type="http://adlnet.gov/expapi/activities/course",
    )
    return Activity(id=f"https://lms.bvhttdl.example/{uuid4()}", definition=definition)


def verb() -> Verb:
    return Verb(id=f"https://lms.bvhttdl.example/verbs/{uuid4()}", display=LanguageMap(vi="xong"))


def done(response: Any) -> Any:
    """The content of an answer, which must be one of success."""
    assert response.success, f"{response.response.status} {response.data!r}"
    return response.content


def test_it_saves_statements_and_reads_them_back(
    lrs: RemoteLRS, agent: Agent, activity: Activity
) -> None:
    statement = Statement(
        actor=agent,
        verb=verb(),
        object=activity,
        result=Result(score=Score(scaled=0.5), success=True, duration=timedelta(seconds=90)),
        context=Context(
            registration=uuid4(),
            language="vi-VN",
            context_activities=ContextActivities(parent=[Activity(id="https://lms.example/p")]),
        ),
    )
    saved = done(lrs.save_statement(statement))
    found = done(lrs.retrieve_statement(saved.id))
    assert found.actor.account.name == agent.account.name
    assert found.object.definition.name == activity.definition.name
    assert found.result.score.scaled == 0.5
    assert found.result.duration == timedelta(seconds=90)
    assert found.context.context_activities.parent[0].id == "https://lms.example/p"
    assert found.authority.account.home_page
    assert isinstance(found.stored, datetime)


def test_it_chooses_ids_and_saves_again(lrs: RemoteLRS, agent: Agent, activity: Activity) -> None:
    statement = Statement(id=uuid4(), actor=agent, verb=verb(), object=activity)
    for _ in range(2):
        done(lrs.save_statement(statement))
    statement.result = Result(success=False)
    conflict = lrs.save_statement(statement)
    assert not conflict.success
    assert conflict.response.status == 409


def test_it_saves_a_batch_and_pages_through_it(
    lrs: RemoteLRS, agent: Agent, activity: Activity
) -> None:
    word = verb()
    batch = [Statement(actor=agent, verb=word, object=activity) for _ in range(7)]
    ids = [str(saved.id) for saved in done(lrs.save_statements(batch))]
    asked = {"agent": agent, "verb": word, "activity": activity, "limit": 3}
    page = done(lrs.query_statements(asked))
    found = [str(s.id) for s in page.statements]
    while page.more:
        page = done(lrs.more_statements(page))
        found += [str(s.id) for s in page.statements]
    assert found == ids[::-1]


def test_it_queries_in_ascending_order_between_times(
    lrs: RemoteLRS, agent: Agent, activity: Activity
) -> None:
    batch = [Statement(actor=agent, verb=verb(), object=activity) for _ in range(3)]
    done(lrs.save_statements(batch))
    asked = {"agent": agent, "ascending": True, "related_agents": True, "format": "exact"}
    found = done(lrs.query_statements(asked)).statements
    assert [s.id for s in found] == [s.id for s in batch]
    between = {**asked, "since": found[0].stored.isoformat(), "until": found[1].stored.isoformat()}
    assert [s.id for s in done(lrs.query_statements(between)).statements] == [batch[1].id]


def test_it_voids(lrs: RemoteLRS, agent: Agent, activity: Activity) -> None:
    statement = done(lrs.save_statement(Statement(actor=agent, verb=verb(), object=activity)))
    voided = Verb(id="http://adlnet.gov/expapi/verbs/voided")
    done(
        lrs.save_statement(
            Statement(actor=agent, verb=voided, object=StatementRef(id=statement.id))
        )
    )
    assert lrs.retrieve_statement(statement.id).response.status == 404
    assert done(lrs.retrieve_voided_statement(statement.id)).id == statement.id


def test_it_saves_sub_statements_and_attachments_by_reference(
    lrs: RemoteLRS, agent: Agent, activity: Activity
) -> None:
    attachment = {
        "usage_type": "http://id.tincanapi.com/attachment/supporting_media",
        "display": {"en": "Certificate"},
        "content_type": "application/pdf",
        "length": 7,
        "sha2": "a" * 64,
        "fileurl": "https://files.bvhttdl.example/1.pdf",
    }
    statement = Statement(
        actor=agent,
        verb=verb(),
        object=SubStatement(actor=agent, verb=verb(), object=activity),
        attachments=[attachment],
    )
    found = done(lrs.retrieve_statement(done(lrs.save_statement(statement)).id))
    assert found.object.object.id == activity.id
    assert found.attachments[0].sha2 == "a" * 64


def test_it_keeps_states(lrs: RemoteLRS, agent: Agent, activity: Activity) -> None:
    def state(name: str, content: str, **more: Any) -> StateDocument:
        return StateDocument(id=name, content=content, activity=activity, agent=agent, **more)

    for content in ("trang 7", "trang 8"):
        assert lrs.save_state(state("bookmark", content)).success
    done(lrs.save_state(state("other", '{"a": 1}', content_type="application/json")))
    assert sorted(done(lrs.retrieve_state_ids(activity, agent))) == ["bookmark", "other"]
    found = done(lrs.retrieve_state(activity, agent, "bookmark"))
    assert bytes(found.content).decode() == "trang 8"
    assert lrs.delete_state(state("bookmark", "")).success
    assert done(lrs.retrieve_state_ids(activity, agent)) == ["other"]
    assert lrs.clear_state(activity, agent).success
    assert done(lrs.retrieve_state_ids(activity, agent)) == []


def test_it_keeps_activity_profiles(lrs: RemoteLRS, activity: Activity) -> None:
    profile = ActivityProfileDocument(id="p", content="a cover", activity=activity)
    assert lrs.save_activity_profile(profile).success
    assert done(lrs.retrieve_activity_profile_ids(activity)) == ["p"]
    found = done(lrs.retrieve_activity_profile(activity, "p"))
    assert bytes(found.content).decode() == "a cover"
    changed = lrs.save_activity_profile(profile)
    assert changed.response.status == 409
    profile.etag = changed.response.getheader("etag") or lrs.retrieve_activity_profile(
        activity, "p"
    ).response.getheader("etag")
    assert lrs.save_activity_profile(profile).success
    assert lrs.delete_activity_profile(profile).success
    assert done(lrs.retrieve_activity_profile_ids(activity)) == []


def test_it_keeps_agent_profiles(lrs: RemoteLRS, agent: Agent) -> None:
    profile = AgentProfileDocument(id="p", content="{}", agent=agent)
    assert lrs.save_agent_profile(profile).success
    assert done(lrs.retrieve_agent_profile_ids(agent)) == ["p"]
    assert bytes(done(lrs.retrieve_agent_profile(agent, "p")).content) == b"{}"
    assert lrs.delete_agent_profile(profile).success


def test_it_asks_what_the_store_speaks(lrs: RemoteLRS) -> None:
    assert "1.0.1" in done(lrs.about()).version


def test_it_is_told_when_it_may_not(server: Server, agent: Agent, activity: Activity) -> None:
    stranger = RemoteLRS(version="1.0.1", endpoint=server.endpoint, username=KEY, password="wrong")
    refused = stranger.save_statement(Statement(actor=agent, verb=verb(), object=activity))
    assert not refused.success
    assert refused.response.status == 401
