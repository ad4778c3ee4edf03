"""Settings come from the environment, each is documented, and a wrong one says how to mend it."""

import re
from pathlib import Path

import pytest

from lrs.settings import FROM_FILES, InvalidSettings, Settings, read_settings, shown, variable

README = Path(__file__).parents[2] / "README.md"
ROW = re.compile(r"^\| `(LRS_\w+)` \| (?:`([^`]*)`|-) \| (.+) \|$", re.MULTILINE)


def problems(**chosen: object) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as invalid:
        read_settings(**chosen)
    return invalid.value.problems


def documented() -> list[tuple[str, str, str]]:
    return ROW.findall(README.read_text("utf-8"))


@pytest.mark.docs
def test_every_setting_is_documented_with_its_default() -> None:
    defaults = {
        variable(name): "" if field.default is None else shown(field.default)
        for name, field in Settings.model_fields.items()
    }
    defaults |= {variable(f"{name}_file"): "" for name in FROM_FILES}
    assert {name: default for name, default, _ in documented()} == defaults


@pytest.mark.docs
def test_every_setting_is_described_as_the_program_describes_it() -> None:
    descriptions = {name: text for name, _, text in documented()}
    for name, field in Settings.model_fields.items():
        assert descriptions[variable(name)].startswith(str(field.description))


def test_without_any_variable_the_defaults_hold() -> None:
    settings = read_settings()
    assert settings.database_url == f"sqlite:///{Path('hocba.db').resolve()}"
    assert settings.supported_versions == ("1.0.3", "2.0.0")
    assert settings.pepper_path == Path("hocba.pepper").resolve()


def test_a_variable_sets_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_HTTP_PORT", "9000")
    monkeypatch.setenv("LRS_SUPPORTED_VERSIONS", "1.0.3, 2.0.0")
    monkeypatch.setenv("LRS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("LRS_TZ", "")  # as an orchestrator leaves what it does not set
    settings = read_settings()
    assert settings.http_port == 9000
    assert settings.supported_versions == ("1.0.3", "2.0.0")
    assert settings.log_level == "debug"
    assert settings.tz == "Asia/Ho_Chi_Minh"


def test_what_a_command_chooses_comes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LRS_HTTP_PORT", "9000")
    assert read_settings(http_port=9001).http_port == 9001


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_postgresql_url_gets_the_driver_the_store_uses(scheme: str) -> None:
    settings = read_settings(database_url=f"{scheme}://hocba:s3cret@db/hocba")
    assert settings.database_url == "postgresql+psycopg://hocba:s3cret@db/hocba"


def test_any_sqlite_url_gets_the_driver_the_store_uses() -> None:
    settings = read_settings(database_url="sqlite+aiosqlite:////srv/store/hocba.db")
    assert settings.database_url == "sqlite:////srv/store/hocba.db"


def test_a_link_to_a_database_is_that_database_with_all_that_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "hocba.db")
    linked = read_settings(database_url=f"sqlite:///{tmp_path / 'link.db'}")
    assert linked == read_settings(database_url=f"sqlite:///{tmp_path / 'hocba.db'}")
    assert linked.signing_key_path == tmp_path / "hocba.signing-key"


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_secret_can_come_from_a_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text("sqlite:////srv/from_a_file.db\n")
    monkeypatch.setenv("LRS_API_KEY_DEFAULT", "key")
    monkeypatch.setenv("LRS_API_SECRET_DEFAULT", "secret")
    monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.setenv(variable(f"{name}_file"), str(file))
    value = getattr(read_settings(), name)
    assert "sqlite:////srv/from_a_file.db" in (value, getattr(value, "get_secret_value", str)())


def test_the_pepper_is_beside_the_database_unless_named() -> None:
    beside = read_settings(database_url="sqlite:////srv/store/hocba.db")
    assert beside.pepper_path == Path("/srv/store/hocba.pepper")
    named = read_settings(pepper_file="/run/secrets/pepper")
    assert named.pepper_path == Path("/run/secrets/pepper")


def test_what_belongs_to_a_database_is_beside_it_or_beside_the_pepper() -> None:
    beside = read_settings(database_url="sqlite:////srv/store/hocba.db")
    assert beside.signing_key_path == Path("/srv/store/hocba.signing-key")
    assert beside.checkpoints_path == Path("/srv/store/hocba.checkpoints")
    server = read_settings(
        database_url="postgresql://db/learning", pepper_file="/run/secrets/pepper"
    )
    assert server.signing_key_path == Path("/run/secrets/learning.signing-key")
    assert server.checkpoints_path == Path("/run/secrets/learning.checkpoints")
    named = read_settings(signing_key_file="/run/key", checkpoints_file="/srv/checkpoints")
    assert named.signing_key_path == Path("/run/key")
    assert named.checkpoints_path == Path("/srv/checkpoints")


def test_no_secret_is_shown() -> None:
    settings = read_settings(
        database_url="postgresql://hocba:s3cret-1@db/hocba",
        api_key_default="key",
        api_secret_default="s3cret-2",
        pepper="s3cret-3-of-16-characters",
    )
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings)


def test_every_wrong_setting_is_named_with_its_value_and_one_that_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LRS_HTTP_PORT", "eighty")
    monkeypatch.setenv("LRS_TZ", "Asia/Saigon-City")
    port, zone = sorted(problems())
    assert port.startswith("LRS_HTTP_PORT=eighty: ")
    assert port.endswith("For example: LRS_HTTP_PORT=8080")
    assert zone == (
        "LRS_TZ=Asia/Saigon-City: not a time zone of the IANA database."
        " For example: LRS_TZ=Asia/Ho_Chi_Minh"
    )


def test_a_wrong_secret_is_named_without_its_value() -> None:
    (problem,) = problems(database_url="oracle://hocba:s3cret@db/hocba")
    assert problem.startswith("LRS_DATABASE_URL: oracle is not supported")
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ({"workers": 2}, "an SQLite store has exactly one writing process"),
        ({"api_key_default": "key"}, "Set both or neither"),
        ({"statements_page_default": 2000}, "Lower the first, or raise the second"),
        ({"pepper": "x" * 16, "pepper_file": "/pepper"}, "Set one of them"),
        ({"supported_versions": "1.1.0"}, "LRS_SUPPORTED_VERSIONS=1.1.0"),
        ({"database_url": "sqlite://"}, "a store is kept in a file"),
        ({"database_url": "sqlite:///file:hocba.db?uri=true"}, "a store is kept in a file"),
        ({"database_url": "hocba.db"}, "not a database URL"),
        ({"base_url": "localhost"}, "must begin with http:// or https://"),
        ({"base_url": "http://"}, "LRS_BASE_URL=http://: must name a host"),
        ({"base_url": "https://:8080/lrs"}, "must name a host"),
        ({"database_url": "postgresql://u:p@h:abc/x"}, "LRS_DATABASE_URL: not a database URL"),
        ({"http_host": "ü..vn"}, "LRS_HTTP_HOST=ü..vn: not an address"),
        (
            {"api_key_default": "a:b", "api_secret_default": "secret"},
            "LRS_API_KEY_DEFAULT=a:b: a key is made of printable characters other than the colon",
        ),
        ({"page_size": 3}, "LRS_PAGE_SIZE: there is no such setting"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_mend(
    chosen: dict[str, object], problem: str
) -> None:
    (found,) = problems(**chosen)
    assert problem in found


def test_a_misspelled_variable_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_HTTP_PROT", "9000")
    assert problems() == ("LRS_HTTP_PROT: there is no such setting. Did you mean LRS_HTTP_PORT?",)


def test_variables_of_others_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_SERVICE_HOST", "10.0.0.1")  # a Kubernetes service named lrs
    monkeypatch.setenv("LRS_PORT_8080_TCP", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("LRS_TEST_POSTGRES_URL", "postgresql://127.0.0.1/postgres")
    assert read_settings().http_port == 8080


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), (b"", "the file is empty"), (b"\xff", "not UTF-8 text")],
)
def test_a_file_that_holds_no_value_is_named(
    content: bytes | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "url"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("LRS_DATABASE_URL_FILE", str(file))
    assert problems() == (
        f"LRS_DATABASE_URL_FILE={file}: {reason}. It must hold the value of LRS_DATABASE_URL.",
    )


def test_a_value_and_its_file_are_not_both_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_DATABASE_URL", "sqlite:///hocba.db")
    monkeypatch.setenv("LRS_DATABASE_URL_FILE", "/run/secrets/url")
    assert problems() == (
        "LRS_DATABASE_URL and LRS_DATABASE_URL_FILE are both set. Set one of them.",
    )
