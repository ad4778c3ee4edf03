"""The JavaScript clients, each in a process of Node.js; ``make clients`` installs and runs them."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.servers import KEY, SECRET, Server

FOLDER = Path(__file__).parent


@pytest.mark.node
@pytest.mark.parametrize("script", ["tincanjs.test.js", "xapi.test.js"])
def test_a_javascript_client_drives_the_store(
    server_of_both_versions: Server, server: Server, script: str
) -> None:
    assert (FOLDER / "node_modules").exists(), "the clients are not installed: run `make clients`"
    asked = server if script == "tincanjs.test.js" else server_of_both_versions
    store = {"LRS_ENDPOINT": f"{asked.endpoint}/", "LRS_KEY": KEY, "LRS_SECRET": SECRET}
    done = subprocess.run(
        ("node", "--test", script),
        cwd=FOLDER,
        env={**os.environ, **store},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout
