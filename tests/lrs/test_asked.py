"""What commands ask, and how they are told that it cannot be done."""

from typing import Any

import pytest

from lrs.asked import CommandRefused
from lrs.asked.control import Control
from lrs.auth.credentials import Credentials
from lrs.store import Store

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ISSUING: dict[str, Any] = {"name": "", "scopes": ["all"], "expires": None, "authority": None}


def fail(*_: object, **__: object) -> None:
    raise ValueError("a defect")


@ON_SQLITE
def test_what_cannot_be_is_refused_in_words(store: Store) -> None:
    with pytest.raises(CommandRefused, match="a name that can be printed"):
        Control(store)("issue_credential", **ISSUING)


@ON_SQLITE
def test_a_defect_is_no_refusal(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Credentials, "issue", fail)
    with pytest.raises(ValueError, match="a defect"):
        Control(store)("issue_credential", **ISSUING)
