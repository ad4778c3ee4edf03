"""Sessions: who stays signed in, for how long, and how often somebody may try."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from lrs.auth.attempts import FROM_ADDRESS, OF_ACCOUNT, SECOND
from lrs.auth.sessions import IDLE, LONGEST, NOTICED, Session, Sessions
from lrs.auth.tables import TABLES
from lrs.errors import InvalidRequest, NotAuthenticated, TooManyRequests
from lrs.store import Store
from tests.lrs.conftest import OpenStore

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PASSWORD, ANOTHER = "một câu dễ nhớ", "một câu dễ nhớ khác"
HERE = "192.0.2.1"


class Clock:
    def __init__(self) -> None:
        self.now = time.time_ns() // 1000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(store: Store, clock: Clock) -> Sessions:
    store.accounts.open("an.nv", PASSWORD, roles=["evaluator"], units=["X"])
    return Sessions(store, clock=clock)


def found(store: Store, sessions: Sessions, token: str) -> Session | None:
    try:
        with store.storage.read() as connection:
            return sessions.find(connection, token)
    except NotAuthenticated:
        return None


def refusal(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (NotAuthenticated, TooManyRequests, InvalidRequest) as refused:
        return refused.problems[0].rule
    return ""


def test_a_token_finds_its_session_and_another_finds_none(store: Store, sessions: Sessions) -> None:
    token, session = sessions.sign_in("AN.NV", PASSWORD, HERE)
    assert found(store, sessions, token) == session
    assert session.account.name == "an.nv"
    for other in ("", token[:-1], token.swapcase(), session.key.hex()):
        assert found(store, sessions, other) is None


def test_the_database_holds_no_token(store: Store, sessions: Sessions) -> None:
    token, _ = sessions.sign_in("an.nv", PASSWORD, HERE)
    with store.storage.read() as connection:
        kept = str([*connection.execute(select(TABLES.sessions)).all()])
    assert token not in kept
    assert token.encode().hex() not in kept


def test_sessions_outlast_the_process(open_store: OpenStore) -> None:
    store = open_store()
    store.accounts.open("an.nv", PASSWORD, roles=["admin"])
    token, session = store.sessions.sign_in("an.nv", PASSWORD, HERE)
    store.close()
    store = open_store()
    assert found(store, store.sessions, token) == session
    store.close()
    store = open_store(pepper="another for all tests")
    assert found(store, store.sessions, token) is None


def test_a_session_that_is_not_used_ends(store: Store, sessions: Sessions, clock: Clock) -> None:
    token, _ = sessions.sign_in("an.nv", PASSWORD, HERE)
    clock.now += IDLE - 1
    assert found(store, sessions, token) is not None
    clock.now += 1
    assert found(store, sessions, token) is None


def test_a_session_that_is_used_ends_too_in_the_end(
    store: Store, sessions: Sessions, clock: Clock
) -> None:
    token, session = sessions.sign_in("an.nv", PASSWORD, HERE)
    while clock.now < session.ends - IDLE // 2:
        clock.now += IDLE // 2
        used = found(store, sessions, token)
        assert used is not None
        assert sessions.is_unnoticed(used)
        sessions.notice(used)
    clock.now = session.ends - 1
    assert found(store, sessions, token) is not None
    clock.now = session.ends
    assert found(store, sessions, token) is None
    assert session.ends - session.opened == LONGEST


@ON_SQLITE
def test_a_use_is_written_down_once_in_a_while(
    store: Store, sessions: Sessions, clock: Clock
) -> None:
    _, session = sessions.sign_in("an.nv", PASSWORD, HERE)
    clock.now += NOTICED
    assert not sessions.is_unnoticed(session)
    clock.now += 1
    assert sessions.is_unnoticed(session)


def test_signing_out_ends_this_session_and_no_other(store: Store, sessions: Sessions) -> None:
    (first, session), (second, _) = (sessions.sign_in("an.nv", PASSWORD, HERE) for _ in range(2))
    sessions.sign_out(session)
    assert found(store, sessions, first) is None
    assert found(store, sessions, second) is not None


def test_a_changed_password_ends_all_sessions_but_the_one_that_changed_it(
    store: Store, sessions: Sessions
) -> None:
    (first, session), (second, _) = (sessions.sign_in("an.nv", PASSWORD, HERE) for _ in range(2))
    sessions.change_password(session, PASSWORD, ANOTHER, HERE)
    assert found(store, sessions, first) is not None
    assert found(store, sessions, second) is None
    assert refusal(lambda: sessions.sign_in("an.nv", PASSWORD, HERE)) == "sign-in-failed"
    sessions.sign_in("an.nv", ANOTHER, HERE)


def test_who_does_not_know_the_password_does_not_change_it(
    store: Store, sessions: Sessions
) -> None:
    token, session = sessions.sign_in("an.nv", PASSWORD, HERE)
    guess = lambda: sessions.change_password(session, "not this one", ANOTHER, HERE)  # noqa: E731
    told = [refusal(guess) for _ in range(OF_ACCOUNT.burst + 1)]
    assert told == ["password-wrong"] * OF_ACCOUNT.burst + ["sign-in-too-often"]
    assert found(store, sessions, token) is not None
    assert store.accounts.passwords.holds(store.accounts.named("an.nv").password, PASSWORD)


def test_a_password_set_by_others_ends_all_sessions(store: Store, sessions: Sessions) -> None:
    token, _ = sessions.sign_in("an.nv", PASSWORD, HERE)
    store.accounts.set_password("an.nv", ANOTHER)
    assert found(store, sessions, token) is None


def test_a_closed_account_is_signed_out_and_does_not_sign_in(
    store: Store, sessions: Sessions
) -> None:
    token, _ = sessions.sign_in("an.nv", PASSWORD, HERE)
    store.accounts.close("an.nv")
    assert found(store, sessions, token) is None
    assert refusal(lambda: sessions.sign_in("an.nv", PASSWORD, HERE)) == "sign-in-failed"


def test_a_changed_role_holds_at_the_next_request(store: Store, sessions: Sessions) -> None:
    token, _ = sessions.sign_in("an.nv", PASSWORD, HERE)
    store.accounts.change("an.nv", roles=["auditor"])
    session = found(store, sessions, token)
    assert session is not None
    assert session.account.roles == {"auditor"}


def test_sessions_that_are_over_are_swept_away(
    store: Store, sessions: Sessions, clock: Clock
) -> None:
    for _ in range(3):
        sessions.sign_in("an.nv", PASSWORD, HERE)
        clock.now += IDLE
    with store.storage.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 1


# Attempts


@pytest.mark.parametrize("name", ["an.nv", "nobody", "no name at all"])
def test_so_many_attempts_and_no_more_whether_the_account_exists_or_not(
    sessions: Sessions, clock: Clock, name: str
) -> None:
    def attempt() -> str:
        addresses.append(f"192.0.2.{len(addresses)}")
        return refusal(lambda: sessions.sign_in(name, "not this one", addresses[-1]))

    addresses: list[str] = []
    assert [attempt() for _ in range(OF_ACCOUNT.burst)] == ["sign-in-failed"] * OF_ACCOUNT.burst
    assert attempt() == "sign-in-too-often"
    clock.now += OF_ACCOUNT.seconds * SECOND
    assert [attempt(), attempt()] == ["sign-in-failed", "sign-in-too-often"]


def test_an_account_under_attack_is_told_when_to_come_back(
    sessions: Sessions, clock: Clock
) -> None:
    for number in range(OF_ACCOUNT.burst):
        refusal(lambda: sessions.sign_in("an.nv", "not this one", f"192.0.2.{number}"))  # noqa: B023
    with pytest.raises(TooManyRequests) as refused:
        sessions.sign_in("an.nv", PASSWORD, HERE)
    clock.now += int(refused.value.headers["Retry-After"]) * SECOND
    sessions.sign_in("an.nv", PASSWORD, HERE)


def test_one_address_runs_out_and_others_do_not(sessions: Sessions) -> None:
    told = [
        refusal(lambda: sessions.sign_in(f"name-{number}", "not this one", HERE))  # noqa: B023
        for number in range(FROM_ADDRESS.burst + 1)
    ]
    assert told == ["sign-in-failed"] * FROM_ADDRESS.burst + ["sign-in-too-often"]
    assert refusal(lambda: sessions.sign_in("an.nv", PASSWORD, HERE)) == "sign-in-too-often"
    assert refusal(lambda: sessions.sign_in("an.nv", PASSWORD, "192.0.2.2")) == ""


def test_one_address_alone_keeps_nobody_out_for_long() -> None:
    assert FROM_ADDRESS.seconds > OF_ACCOUNT.seconds


def test_who_succeeds_may_go_on(sessions: Sessions) -> None:
    for _ in range(OF_ACCOUNT.burst - 1):
        assert refusal(lambda: sessions.sign_in("an.nv", "no", "192.0.2.9")) == "sign-in-failed"
    sessions.sign_in("an.nv", PASSWORD, HERE)
    for _ in range(OF_ACCOUNT.burst):
        assert refusal(lambda: sessions.sign_in("an.nv", "no", HERE)) == "sign-in-failed"


def test_an_office_behind_one_address_signs_in(sessions: Sessions) -> None:
    for _ in range(2 * FROM_ADDRESS.burst):
        sessions.sign_in("an.nv", PASSWORD, HERE)


def test_attempts_that_are_forgotten_leave_nothing(
    store: Store, sessions: Sessions, clock: Clock
) -> None:
    refusal(lambda: sessions.sign_in("nobody", "not this one", "192.0.2.2"))
    clock.now += FROM_ADDRESS.seconds * SECOND
    sessions.sign_in("an.nv", PASSWORD, HERE)
    with store.storage.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sign_in_attempts")) <= 1


def test_counts_are_shared_by_all_processes(open_store: OpenStore, database_url: str) -> None:
    here = open_store()
    elsewhere = here if database_url.startswith("sqlite") else open_store()
    for number in range(OF_ACCOUNT.burst):
        refusal(lambda: here.sessions.sign_in("an.nv", "no", f"192.0.2.{number}"))  # noqa: B023
    told = refusal(lambda: elsewhere.sessions.sign_in("an.nv", "no", HERE))
    assert told == "sign-in-too-often"


@ON_SQLITE
@pytest.mark.parametrize("name", ["an.nv", "nobody", "no name at all"])
def test_every_attempt_costs_one_hash(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from lrs.auth.passwords import HASHER

    refusal(lambda: sessions.sign_in("nobody", "x", "192.0.2.9"))  # makes the stand-in
    verified = []

    class Counting:
        def verify(self, kept: str, password: bytes) -> bool:
            verified.append(kept)
            return HASHER.verify(kept, password)

    monkeypatch.setattr("lrs.auth.passwords.HASHER", Counting())
    assert refusal(lambda: sessions.sign_in(name, "not this one", HERE)) == "sign-in-failed"
    assert len(verified) == 1
