"""Who may call what below /api/v1: one table, and whatever is not in it does not exist.

A route is made from its entry here (``lrs.api.route``); one without an entry stops the program at
start, as does an entry without a route. The table says who may ask; about whom, the account's units
say: what lies outside them is answered as if it were not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lrs.auth.roles import ROLES

ROOT: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Access:
    """The roles any one of which suffices; none of them for what is open to all."""

    roles: frozenset[str] = frozenset()
    credential: bool = False  # an xAPI credential in place of an account

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

ACCESS: Final[Mapping[str, Mapping[str, Access]]] = {
    "/validate": {"POST": CREDENTIAL},
    "/session": {"POST": ALL, "GET": SIGNED_IN, "DELETE": SIGNED_IN},
    "/session/password": {"PUT": SIGNED_IN},
    "/accounts": {"GET": ADMINISTRATION},
    "/periods": {"GET": ONE_PERSON},
    "/periods/{period}": {"GET": ONE_PERSON},
    "/periods/{period}/criteria": {"GET": ONE_PERSON},
    "/periods/{period}/results/people": {"GET": EVALUATION},
    "/periods/{period}/results/people/{person}": {"GET": ONE_PERSON},
    "/periods/{period}/results/units": {"GET": EVALUATION},
    "/periods/{period}/results/units/{unit}": {"GET": EVALUATION},
    "/periods/{period}/explanations/people/{person}": {"GET": ONE_PERSON},
    "/periods/{period}/explanations/units/{unit}": {"GET": EVALUATION},
    "/periods/{period}/evidence/people/{person}": {"GET": ONE_PERSON},
    "/periods/{period}/differences": {"GET": EVALUATION},
    "/periods/{period}/what-if": {"POST": TRIALS},
    "/schemes": {"GET": ONE_PERSON},
    "/schemes/{scheme}/{version}": {"GET": ONE_PERSON},
    "/people": {"GET": EVALUATION},
    "/people/{person}": {"GET": ONE_PERSON},
    "/units": {"GET": EVALUATION},
    "/units/{unit}": {"GET": EVALUATION},
    "/units/{unit}/coverage": {"GET": EVALUATION},
    "/units/{unit}/trend": {"GET": EVALUATION},
    "/items": {"GET": ONE_PERSON},
    "/evidence/unresolved-actors": {"GET": QUEUES},
    "/evidence/unmapped-courses": {"GET": QUEUES},
}
"""Path below ``ROOT`` and method."""
