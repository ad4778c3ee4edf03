"""The bench runs. What it finds out is for people to read and is never asserted."""

import os
import subprocess
import sys
from pathlib import Path

import orjson

from bench.__main__ import NAMES

ROOT = Path(__file__).parents[2]
SECTIONS = {f"({letter}) {name}" for letter, name in zip("abghcfed", NAMES, strict=True)}


def test_every_part_of_the_bench_runs_on_both_databases(postgres_server: str, tmp_path: Path):
    done = subprocess.run(
        (sys.executable, "-m", "bench", "--smoke", "--results", tmp_path),
        cwd=ROOT,
        env={**os.environ, "LRS_TEST_POSTGRES_URL": postgres_server},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [written] = tmp_path.iterdir()
    figures = orjson.loads(written.read_bytes())["figures"]
    for database in ("SQLite", "PostgreSQL"):
        measured = {f["section"] for f in figures if f["database"].startswith(database)}
        assert measured == SECTIONS
    assert all(figure["value"] > 0 for figure in figures)
    assert "targets reached" in done.stdout
