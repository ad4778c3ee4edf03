"""schemathesis reads what /openapi.json promises, and holds the store to it."""

import gc
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.servers import KEY, SECRET, Server

pytestmark = pytest.mark.filterwarnings("default")  # of the library


def test_every_answer_is_as_promised(server: Server) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    found: list[Any] = list(schema.get_all_operations())
    operations = [one.ok() for one in found]
    assert operations
    for operation in operations:

        @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(auth=(KEY, SECRET))

        check()
    gc.collect()  # the library leaves sockets open; their warnings belong to this test
