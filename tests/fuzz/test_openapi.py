"""schemathesis reads what /openapi.json promises, and holds the store to it."""

import gc
from typing import Any

import pytest
import requests  # type: ignore[import-untyped,unused-ignore]
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
            with requests.Session() as session:  # the library's own stays open
                case.call_and_validate(auth=(KEY, SECRET), session=session)

        check()
    gc.collect()  # what the library did leave open is of this test
