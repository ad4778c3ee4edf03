"""Settings: environment variables that begin with ``LRS_``, read once, at start.

A secret can also come from a file, as orchestrators hand them over: ``LRS_DATABASE_URL_FILE`` names
a file whose content is the value of ``LRS_DATABASE_URL``.
"""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX: Final = "LRS_"
SECRETS: Final = ("database_url", "api_secret_default", "pepper")
"""Settings that are never shown. A database URL may hold a password."""
FROM_FILES: Final = ("database_url", "api_secret_default")
"""Those with a ``_FILE`` variant. The pepper's is a setting itself: the store makes that file."""


class InvalidSettings(Exception):
    """The store does not start with these: which variables, what is wrong, how to mend it."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _database_url(value: str) -> str:
    """With the driver the store uses, SQLite's or PostgreSQL's. An SQLite file is named by its real
    path: whoever comes to it by another one finds the lock and the keys that are beside it.
    """
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError("not a database URL") from None
    match url.get_backend_name():
        case "sqlite":
            path = url.database or ":memory:"
            if path.startswith((":memory:", "file:")):
                raise ValueError("a store is kept in a file: the URL must name its path")
            url = url.set(drivername="sqlite", database=os.path.realpath(path))
        case "postgresql" | "postgres":
            url = url.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"{other} is not supported, only sqlite and postgresql are")
    return url.render_as_string(hide_password=False)


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError("not a time zone of the IANA database") from None
    return value


def _base_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    if not urlsplit(value).hostname:
        raise ValueError("must name a host")
    return value.rstrip("/")


def _host(value: str) -> str:
    try:
        value.encode("idna")
    except UnicodeError:
        raise ValueError("not an address or the name of a machine") from None
    return value


def _key(value: str) -> str:
    """Of Basic authentication (RFC 7617), where the colon ends it."""
    if not value or ":" in value or not value.isprintable():
        raise ValueError("a key is made of printable characters other than the colon")
    return value


def _listed(value: object) -> object:
    return tuple(value.replace(" ", "").split(",")) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


XapiVersion = Literal["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """All that is chosen from outside about one running store; ``read_settings`` makes one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite:///hocba.db",
        description="Where the log and its tables are: an SQLite file or a PostgreSQL database.",
        repr=False,
        validate_default=True,
    )
    http_host: Annotated[str, AfterValidator(_host)] = Field(
        "127.0.0.1", description="The address the server listens on."
    )
    http_port: int = Field(8080, ge=0, le=65535, description="Its port; 0 takes a free one.")
    workers: int = Field(
        1, ge=1, le=64, description="Server processes; more than one needs PostgreSQL."
    )
    base_url: Annotated[str, AfterValidator(_base_url)] = Field(
        "http://localhost:8080",
        description="How the store is reached; home page of the `authority` accounts it writes.",
    )
    supported_versions: Annotated[tuple[XapiVersion, ...], NoDecode, BeforeValidator(_listed)] = (
        Field(
            ("1.0.3", "2.0.0"),
            description="The xAPI versions `about` announces; a request of 1.0 or 2.0 is answered"
            " if one of them is.",
        )
    )
    api_key_default: Annotated[str, AfterValidator(_key)] | None = Field(
        None,
        description="The key of a first credential with all scopes, for set-up and tests.",
    )
    api_secret_default: SecretStr | None = Field(
        None,
        description="Its secret.",
    )
    pepper: SecretStr | None = Field(
        None,
        min_length=16,
        description="The key under which credentials' secrets are hashed, one for all machines.",
    )
    pepper_file: Path | None = Field(
        None,
        description="The file that holds the pepper, made at the first start if there is none.",
    )
    signing_key_file: Path | None = Field(
        None,
        description="The file of the key that signs checkpoints, made at the first start if there"
        " is none.",
    )
    ml_dsa: bool = Field(
        False,
        description="Whether checkpoints are signed with ML-DSA-44 as well, which a quantum"
        " computer does not forge; a note is then 3 KB longer.",
    )
    ml_dsa_key_file: Path | None = Field(
        None,
        description="The file of that key, made at the first start if there is none.",
    )
    checkpoints_file: Path | None = Field(
        None,
        description="The file outside the database to which every signed checkpoint is added.",
    )
    witness_policy_file: Path | None = Field(
        None,
        description="A policy (c2sp.org/tlog-policy): the witnesses that are asked to cosign"
        " checkpoints, and how many of them it takes.",
    )
    witness_interval: float = Field(
        60,
        ge=0.05,
        le=86_400,
        description="Seconds between two checkpoints that a witness is asked to cosign.",
    )
    seal: bool = Field(
        True,
        description="Whether personal content is sealed in the log, so that it can be forgotten.",
    )
    sealing_key_file: Path | None = Field(
        None,
        description="The file that holds the key which wraps the keys of personal content, made at"
        " the first start if there is none.",
    )
    max_body_bytes: int = Field(
        5 * 1024 * 1024,
        ge=1024,
        description="The largest request body; a larger one gets 413.",
    )
    max_batch_statements: int = Field(
        500,
        ge=1,
        description="The most statements in one request; more get 413.",
    )
    queue_limit: int = Field(
        10_000,
        ge=1,
        description="Statements that may wait to be written; beyond it, 503 with Retry-After.",
    )
    rate_limit: float = Field(
        1000,
        ge=0,
        description="Requests a second of a credential; beyond it, 429 with Retry-After. 0: any.",
    )
    rate_burst: int = Field(
        2000,
        ge=1,
        description="Requests a credential may make at once before the rate counts.",
    )
    statements_page_default: int = Field(
        100,
        ge=1,
        description="Statements on a page when the query names no limit.",
    )
    statements_page_max: int = Field(
        1000,
        ge=1,
        description="The most statements on a page, whatever limit the query names.",
    )
    retain_statements_years: int | None = Field(
        None,
        ge=1,
        description="Calendar years for which statements are kept after that in which they were"
        " recorded; `lrs privacy retain` then destroys them. Unset: until somebody is forgotten.",
    )
    retain_documents_years: int | None = Field(
        None,
        ge=1,
        description="The same for state and profile documents.",
    )
    retain_register_years: int | None = Field(
        None,
        ge=1,
        description="The same for what the register says about people, after the year in which they"
        " left. As long, a closed period keeps its people from being forgotten.",
    )
    purpose_required: bool = Field(
        False,
        description="Whether who reads records of others must say what for; who does not gets 400.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_lower)] = Field(
        "info",
        description="`debug` (every request), `info`, `warning` or `error`.",
    )
    tz: Annotated[str, AfterValidator(_time_zone)] = Field(
        "Asia/Ho_Chi_Minh",
        description="The time zone of dates shown to people.",
    )

    @property
    def pepper_path(self) -> Path:
        """The file of the pepper: beside an SQLite database, in the working directory otherwise."""
        if self.pepper_file is None and not self.database_url.startswith("sqlite"):
            return Path("hocba.pepper")
        return self.pepper_file or self._beside(".pepper")

    @property
    def sealing_key_path(self) -> Path:
        """The file of the sealing key, in the same place as that of the pepper."""
        return self.sealing_key_file or self._beside(".sealing-key")

    @property
    def signing_key_path(self) -> Path:
        return self.signing_key_file or self._beside(".signing-key")

    @property
    def ml_dsa_key_path(self) -> Path:
        return self.ml_dsa_key_file or self._beside(".ml-dsa-key")

    @property
    def checkpoints_path(self) -> Path:
        """The file of the signed checkpoints, in the same place as that of the signing key."""
        return self.checkpoints_file or self._beside(".checkpoints")

    def _beside(self, ending: str) -> Path:
        """A file of this store: beside an SQLite database and named as that is; for PostgreSQL in
        the directory of the pepper, under the name of the database.
        """
        url = make_url(self.database_url)
        if url.get_backend_name() == "sqlite":
            return Path(url.database or "").with_suffix(ending)
        return self.pepper_path.with_name(f"{url.database}{ending}")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """What a setting may be only beside another."""
        if self.workers > 1 and self.database_url.startswith("sqlite"):
            raise ValueError(
                f"LRS_WORKERS={self.workers}: an SQLite store has exactly one writing process."
                " Set LRS_WORKERS=1, or LRS_DATABASE_URL to a PostgreSQL database."
            )
        if (self.api_key_default is None) != (self.api_secret_default is None):
            raise ValueError(
                "LRS_API_KEY_DEFAULT and LRS_API_SECRET_DEFAULT make one credential, and only"
                " one of them is set. Set both or neither."
            )
        if self.pepper is not None and self.pepper_file is not None:
            raise ValueError("LRS_PEPPER and LRS_PEPPER_FILE are both set. Set one of them.")
        if self.statements_page_default > self.statements_page_max:
            raise ValueError(
                f"LRS_STATEMENTS_PAGE_DEFAULT={self.statements_page_default} is more than"
                f" LRS_STATEMENTS_PAGE_MAX={self.statements_page_max}. Lower the first, or raise"
                " the second."
            )
        return self


def read_settings(**chosen: Any) -> Settings:
    """The settings of this process; what is ``chosen``, as by a command's options, comes first.

    Raises ``InvalidSettings`` with every problem at once.
    """
    problems = [*_misspelled()]
    contents: dict[str, str] = {}
    for name in FROM_FILES:
        try:
            contents |= _content(name)
        except InvalidSettings as invalid:
            problems.extend(invalid.problems)
    try:
        settings = Settings(**{**contents, **chosen})
    except ValidationError as refused:
        problems.extend(_explain(error) for error in refused.errors())
    if problems:
        raise InvalidSettings(*problems)
    return settings


def variable(name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + name.upper()


def _content(name: str) -> Mapping[str, str]:
    """What the file of a setting holds, if the setting has one."""
    value, file = variable(name), variable(f"{name}_file")
    path = os.environ.get(file)
    if not path:
        return {}
    if os.environ.get(value):
        raise InvalidSettings(f"{value} and {file} are both set. Set one of them.")
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
        reason = "" if content else "the file is empty"
    except OSError as unreadable:
        reason = str(unreadable.strerror)
    except UnicodeDecodeError:
        reason = "not UTF-8 text"
    if reason:
        raise InvalidSettings(f"{file}={path}: {reason}. It must hold the value of {value}.")
    return {name: content}


def _misspelled() -> Iterator[str]:
    """Variables that are no setting but nearly one: left alone, they would silently do nothing."""
    names = {variable(name) for name in Settings.model_fields}
    names |= {variable(f"{name}_file") for name in FROM_FILES}
    for name in os.environ:
        if name.startswith(PREFIX) and name not in names:
            for near in get_close_matches(name, names, 1, 0.85):
                yield f"{name}: there is no such setting. Did you mean {near}?"


def _explain(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    field = Settings.model_fields.get(name)
    if field is None:
        return f"{variable(name)}: there is no such setting."
    value = "" if name in SECRETS else f"={error['input']}"
    mend = "" if field.default is None else f" For example: {variable(name)}={shown(field.default)}"
    return f"{variable(name)}{value}: {message}.{mend}"


def shown(default: object) -> str:
    """A default as one would write it."""
    return ",".join(default) if isinstance(default, tuple) else str(default)
