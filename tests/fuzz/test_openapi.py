"""schemathesis reads what /openapi.json promises, and holds the store to it."""

import subprocess
import sys

from tests.servers import ROOT, Server


def test_every_answer_is_as_promised(server: Server) -> None:
    check = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.openapi_check", server.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert check.returncode == 0, check.stdout + check.stderr
