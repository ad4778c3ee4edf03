"""``python -m tests.fuzz.openapi_check URL [TOKEN]`` holds a running store to what its
/openapi.json promises; with the token of a session, to what may be read in it.

A process of its own, because schemathesis leaves sockets open, of which later tests would be
warned.
"""

import sys
from typing import Any

import requests  # type: ignore[import-untyped,unused-ignore]
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.servers import KEY, SECRET

EXAMPLES = 50  # of each operation


def check(url: str, token: str | None = None) -> int:
    """Raises for the first answer that is not as promised; returns the number of operations."""
    auth = (KEY, SECRET) if token is None else None
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    # the token opens whatever else is sent; not every text is a position, a cursor or a band
    beside = [] if token is None else [ignored_auth, positive_data_acceptance]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    found: list[Any] = list(schema.get_all_operations())
    operations = [one.ok() for one in found]
    if token is not None:
        operations = [one for one in operations if one.method.upper() == "GET"]
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def conforms(case: schemathesis.Case) -> None:
            with requests.Session() as session:  # the library's own stays open
                case.call_and_validate(
                    auth=auth, headers=headers, excluded_checks=beside, session=session
                )

        conforms()
    return len(operations)


if __name__ == "__main__":
    number = check(*sys.argv[1:])
    print(number, "operations")
    sys.exit(number == 0)
