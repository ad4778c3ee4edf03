"""All that commands may ask, behind one call."""

from collections.abc import Callable
from typing import Any, Final

from lrs import evaluation
from lrs.asked import CommandRefused
from lrs.asked.accounts import Accounts
from lrs.asked.credentials import Credentials
from lrs.asked.evaluation import Evaluation
from lrs.asked.imports import Imports
from lrs.asked.periods import Periods
from lrs.asked.projections import Projections
from lrs.asked.register import Register
from lrs.asked.statements import Statements
from lrs.auth.accounts import AccountClosed, AccountExists, UnknownAccount
from lrs.auth.credentials import CredentialRevoked, InvalidAuthority, UnknownCredential
from lrs.decisions import DecisionRefused
from lrs.errors import Refusal
from lrs.log.writer import LogUnavailable
from lrs.register import RegisterBusy
from lrs.store import Store

SUBJECTS: Final = (
    Accounts,
    Credentials,
    Evaluation,
    Imports,
    Periods,
    Projections,
    Register,
    Statements,
)
EXPECTED: Final = (
    Refusal,
    ValueError,
    UnknownCredential,
    CredentialRevoked,
    InvalidAuthority,
    UnknownAccount,
    AccountExists,
    AccountClosed,
    LogUnavailable,
    evaluation.EvaluationRefused,
    DecisionRefused,
    RegisterBusy,
)


class Control:
    """``control("issue_credential", name="Moodle", …)``: a public method of one of ``SUBJECTS``."""

    def __init__(self, store: Store) -> None:
        self._methods: dict[str, Callable[..., Any]] = {"ping": lambda: "here"}
        self._methods |= {
            name: getattr(subject, name)
            for subject in [make(store) for make in SUBJECTS]
            for name in vars(type(subject))
            if not name.startswith("_")
        }

    def __call__(self, asked: str, **arguments: Any) -> Any:
        """Raises CommandRefused for what cannot be done, whatever the reason was called inside."""
        if asked not in self._methods:
            raise CommandRefused(f"{asked}: this version of the server does not know that")
        try:
            return self._methods[asked](**arguments)
        except CommandRefused:
            raise
        except EXPECTED as refusal:
            raise CommandRefused(str(refusal) or type(refusal).__name__) from refusal
