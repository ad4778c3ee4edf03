"""All that commands may ask, behind one call."""

from collections.abc import Callable
from inspect import signature
from typing import Any, Final

from lrs import evaluation
from lrs.asked import CommandRefused
from lrs.asked.accounts import Accounts
from lrs.asked.awards import Awards
from lrs.asked.caller import Caller, by, this_user
from lrs.asked.credentials import Credentials
from lrs.asked.evaluation import Evaluation
from lrs.asked.imports import Imports
from lrs.asked.periods import Periods
from lrs.asked.privacy import Privacy
from lrs.asked.projections import Projections
from lrs.asked.readings import Readings
from lrs.asked.register import Register
from lrs.asked.statements import Statements
from lrs.asked.witnesses import Witnesses
from lrs.auth.accounts import AccountClosed, AccountExists, InvalidAccount, UnknownAccount
from lrs.auth.credentials import CredentialRevoked, InvalidCredential, UnknownCredential
from lrs.auth.passwords import UnfitPassword
from lrs.decisions import DecisionRefused
from lrs.errors import Refusal
from lrs.log.writer import LogUnavailable
from lrs.privacy.approvers import MayNotDecide, NotProved
from lrs.privacy.forgetting import NotForgotten, ProposalUnknown
from lrs.privacy.holds import HoldRefused
from lrs.readings import ReadingUnrecorded
from lrs.register import RegisterBusy
from lrs.store import Store

SUBJECTS: Final = (
    Accounts,
    Awards,
    Credentials,
    Evaluation,
    Imports,
    Periods,
    Privacy,
    Projections,
    Readings,
    Register,
    Statements,
    Witnesses,
)
EXPECTED: Final = (
    Refusal,
    InvalidCredential,
    UnknownCredential,
    CredentialRevoked,
    InvalidAccount,
    UnfitPassword,
    UnknownAccount,
    AccountExists,
    AccountClosed,
    LogUnavailable,
    evaluation.EvaluationRefused,
    DecisionRefused,
    RegisterBusy,
    ReadingUnrecorded,
    NotProved,
    MayNotDecide,
    NotForgotten,
    ProposalUnknown,
    HoldRefused,
)


class Control:
    """``control("issue_credential", name="Moodle", …)``: a public method of one of ``SUBJECTS``.

    A method that takes ``by`` is told who asks: what it decides, or whom it shows, is theirs.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._methods: dict[str, Callable[..., Any]] = {"ping": lambda: "here"}
        self._methods |= {
            name: getattr(subject, name)
            for subject in [make(store) for make in SUBJECTS]
            for name in vars(type(subject))
            if not name.startswith("_")
        }
        self._told_who = {
            name for name, method in self._methods.items() if "by" in signature(method).parameters
        }

    def __call__(self, asked: str, /, *, caller: Caller | None = None, **arguments: Any) -> Any:
        """Raises CommandRefused for what cannot be done, whatever the reason was called inside.

        Without a ``caller`` it is whoever runs this process.
        """
        if asked not in self._methods:
            raise CommandRefused(f"{asked}: this version of the server does not know that")
        try:
            if asked in self._told_who:
                arguments["by"] = by(self._store, caller or this_user())
            return self._methods[asked](**arguments)
        except CommandRefused:
            raise
        except EXPECTED as refusal:
            raise CommandRefused(str(refusal) or type(refusal).__name__) from refusal
