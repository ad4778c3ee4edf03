"""Runs ADL's conformance suite against a server of ours: ``python -m tests.conformance``.

The suite (repository adlnet/lrs-conformance-test-suite, version 2.0.0.1, with its Node packages
installed) stays outside the project. Both versions of xAPI are run one after the other on one
running server, then both at once on the database the first round has used. A run counts only if
passed and failed add up to the total, and the total is the one known: a run that ended early
still calls itself finished.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.databases import database_on, start_postgres
from tests.servers import KEY, SECRET, Server

TOTALS = {"1.0.3": 1365, "2.0.0": 1435}
MINUTES = 15  # for one run


@contextlib.contextmanager
def database(kind: str, directory: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{directory / 'hocba.db'}"
    else:
        with start_postgres() as server, database_on(server.url) as url:
            yield url


def run_suite(
    suite: Path, endpoint: str, version: str, pattern: str | None
) -> tuple[int, int, int]:
    """Total, passed and failed of one run; what failed is printed."""
    command = ["node", "bin/console_runner.js", "-e", endpoint, "-a", "-u", KEY, "-p", SECRET]
    command += ["-x", version, "-z", *(["-g", pattern] if pattern else [])]
    done = subprocess.run(
        command, cwd=suite, capture_output=True, text=True, timeout=60 * MINUTES, check=False
    )
    summaries = re.findall(r'\{"total":.*?\}', done.stdout)
    if not summaries:
        raise SystemExit(f"the suite gave no summary:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    summary = json.loads(summaries[-1])
    if summary["failed"]:
        print(done.stdout[-6000:])
        newest = max((suite / "logs").glob("*.log"), key=lambda path: path.stat().st_mtime)
        print(f"its log: {newest}")
    return summary["total"], summary["passed"], summary["failed"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", type=Path, required=True, help="a checkout, npm install done")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), required=True)
    parser.add_argument("--grep", help="only tests whose name matches")
    parser.add_argument("--once", action="store_true", help="leave out the round with both at once")
    options = parser.parse_args()
    if not (options.suite / "bin" / "console_runner.js").exists():
        print(f"{options.suite} is no checkout of the suite: bin/console_runner.js is missing.")
        return 2
    complete = True

    def report(round_: str, version: str, result: tuple[int, int, int]) -> None:
        nonlocal complete
        total, passed, failed = result
        whole = options.grep or total == TOTALS[version]
        complete &= bool(passed == total and failed == 0 and whole)
        print(f"{options.database} {round_} xAPI {version}: {passed} of {total}", flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="hocba-") as directory,
        database(options.database, Path(directory)) as url,
        Server(url, Path(directory)) as server,
    ):

        def run(version: str) -> tuple[int, int, int]:
            return run_suite(options.suite, server.endpoint, version, options.grep)

        for version in TOTALS:
            report("alone", version, run(version))
        if not options.once:
            with ThreadPoolExecutor(len(TOTALS)) as pool:
                for version, result in zip(TOTALS, pool.map(run, TOTALS), strict=True):
                    report("both at once, used database,", version, result)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
