"""Who may call what below /api/v1: one table, and whatever is not in it does not exist.

A route is made from its entry here (``lrs.api.route``); one without an entry stops the program at
start, as does an entry without a route, or one that does not say whether answers show people. The
table says who may ask; about whom, the account's units say: what lies outside them is answered as
if it were not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from lrs.auth.roles import ROLES

ROOT: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Access:
    """The roles any one of which suffices; none of them for what is open to all.

    ``shows`` says whether answers show the records of people: who reads those of others is recorded
    before they are sent (``lrs.readings``).
    """

    roles: frozenset[str] = frozenset()
    credential: bool = False  # an xAPI credential in place of an account
    shows: Literal["people", "nobody"] | None = None

    @property
    def open_to_all(self) -> bool:
        return not self.roles and not self.credential


def _roles(*names: str) -> Access:
    return Access(frozenset(names))


ALL: Final = Access()
CREDENTIAL: Final = Access(credential=True)
SIGNED_IN: Final = _roles(*ROLES)
ADMINISTRATION: Final = _roles("admin", "auditor")
EVALUATION: Final = _roles("evaluator", "unit_head", "council", "auditor")
ONE_PERSON: Final = _roles("evaluator", "unit_head", "council", "auditor", "learner")
QUEUES: Final = _roles("evaluator", "auditor")
TRIALS: Final = _roles("evaluator", "council")
READINGS: Final = _roles("auditor")
ONES_READINGS: Final = _roles("auditor", "learner")


def people(access: Access) -> Access:
    """Answers name people of the register, with what is known of them."""
    return replace(access, shows="people")


def nobody(access: Access) -> Access:
    """Answers hold nothing of anybody's record: sums, rules, or what is one's own in any case."""
    return replace(access, shows="nobody")


ACCESS: Final[Mapping[str, Mapping[str, Access]]] = {
    "/validate": {"POST": nobody(CREDENTIAL)},
    "/session": {"POST": nobody(ALL), "GET": nobody(SIGNED_IN), "DELETE": nobody(SIGNED_IN)},
    "/session/password": {"PUT": nobody(SIGNED_IN)},
    "/accounts": {"GET": nobody(ADMINISTRATION)},
    "/periods": {"GET": nobody(ONE_PERSON)},
    "/periods/{period}": {"GET": nobody(ONE_PERSON)},
    "/periods/{period}/criteria": {"GET": nobody(ONE_PERSON)},
    "/periods/{period}/results/people": {"GET": people(EVALUATION)},
    "/periods/{period}/results/people/{person}": {"GET": people(ONE_PERSON)},
    "/periods/{period}/results/units": {"GET": nobody(EVALUATION)},
    "/periods/{period}/results/units/{unit}": {"GET": nobody(EVALUATION)},
    "/periods/{period}/explanations/people/{person}": {"GET": people(ONE_PERSON)},
    "/periods/{period}/explanations/units/{unit}": {"GET": people(EVALUATION)},
    "/periods/{period}/evidence/people/{person}": {"GET": people(ONE_PERSON)},
    "/periods/{period}/differences": {"GET": people(EVALUATION)},
    "/periods/{period}/what-if": {"POST": people(TRIALS)},
    "/schemes": {"GET": nobody(ONE_PERSON)},
    "/schemes/{scheme}/{version}": {"GET": nobody(ONE_PERSON)},
    "/people": {"GET": people(EVALUATION)},
    "/people/{person}": {"GET": people(ONE_PERSON)},
    "/people/{person}/readings": {"GET": people(ONES_READINGS)},
    "/readings": {"GET": people(READINGS)},
    "/units": {"GET": nobody(EVALUATION)},
    "/units/{unit}": {"GET": nobody(EVALUATION)},
    "/units/{unit}/coverage": {"GET": nobody(EVALUATION)},
    "/units/{unit}/trend": {"GET": nobody(EVALUATION)},
    "/items": {"GET": people(ONE_PERSON)},
    "/evidence/unresolved-actors": {"GET": nobody(QUEUES)},
    "/evidence/unmapped-courses": {"GET": nobody(QUEUES)},
}
"""Path below ``ROOT`` and method."""
