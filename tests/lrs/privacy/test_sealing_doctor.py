"""The doctor looks at the sealing key and is content with a log of which some is erased."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.doctor import Finding, examine
from lrs.settings import Settings
from lrs.store import Store
from schemas.events import Kind, NewEvent
from tests.lrs.privacy.stores import destroy_of

BODY = '{"name": "Trần"}'.encode()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        pepper_file=tmp_path / "pepper",
        sealing_key_file=tmp_path / "key",
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store(settings, follow=False)
    said = [
        NewEvent(Kind.ACCOUNT_CLOSED, bytes([n]) * 16, BODY, subject=bytes([n % 2]) * 16)
        for n in range(10)
    ]
    store.writer.append(said).result()
    yield store
    store.close()


def found(settings: Settings, what: str) -> Finding:
    [finding] = [one for one in examine(settings) if one.what == what]
    return finding


def test_the_right_key_for_the_eyes_of_the_store_alone(store: Store, settings: Settings) -> None:
    finding = found(settings, "sealing key")
    assert (finding.state, str(settings.sealing_key_path) in finding.seen) == ("ok", True)


def test_a_key_that_others_can_read(store: Store, settings: Settings) -> None:
    settings.sealing_key_path.chmod(0o644)
    finding = found(settings, "sealing key")
    assert finding.state == "warn"
    assert finding.mend == f"chmod 600 {settings.sealing_key_path}"


@pytest.mark.parametrize("content", [None, "ab" * 32, "nothing"])
def test_a_key_that_is_gone_or_is_another(
    store: Store, settings: Settings, content: str | None
) -> None:
    settings.sealing_key_path.unlink()
    if content is not None:
        settings.sealing_key_path.write_text(content)
    finding = found(settings, "sealing key")
    assert finding.state == "fail"
    assert "LRS_SEALING_KEY_FILE" in finding.seen
    leaves = found(settings, "leaves")
    assert (leaves.state, "11 computed again" in leaves.seen) == ("ok", True), leaves
    assert "10 without content" in leaves.seen


def test_what_is_erased_is_no_damage(store: Store, settings: Settings) -> None:
    with store.storage.erase() as connection:
        assert len(destroy_of(store.data_keys, connection, bytes(16))) == 1
    leaves = found(settings, "leaves")
    assert (leaves.state, "5 without content" in leaves.seen) == ("ok", True), leaves


def test_a_log_that_is_not_sealed(store: Store, settings: Settings) -> None:
    plain = settings.model_copy(update={"seal": False})
    assert "new content is not sealed" in found(plain, "sealing key").seen
