"""What the figures were measured on."""

import os
import platform
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from lrs import __version__

WRITES = 64


def describe_machine() -> dict[str, Any]:
    return {
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "program": __version__,
        "cores": len(os.sched_getaffinity(0)),
        "processor": _after_colon("/proc/cpuinfo", "model name"),
        "memory": f"{int(_after_colon('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GB",
        "system": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": load_average(),
        "fsync": f"{1000 * fsync_seconds(Path(tempfile.gettempdir())):.2f} ms",
    }


def load_average() -> str:
    """Of 1, 5 and 15 minutes: what others did meanwhile."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def fsync_seconds(directory: Path) -> float:
    """How long 4 KB take to be safe on the disk the databases are on; the median of some."""
    took = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(WRITES):
            began = time.perf_counter()
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took)


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used, all its threads, user and system."""
    user, system, _, _ = _times(pid)
    return user + system


def family_cpu_seconds(pid: int | None) -> float:
    """The same of a process with all its children, those that ended too; 0 for nobody."""
    if pid is None:
        return 0.0
    return sum(_times(pid)) + sum(cpu_seconds(child) for child in _children(pid))


def _times(pid: int) -> tuple[float, float, float, float]:
    """User and system time, of the process and of those of its children that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # ended just now
        return 0.0, 0.0, 0.0, 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    user, system, children_user, children_system = (int(field) / ticks for field in fields[11:15])
    return user, system, children_user, children_system


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def _after_colon(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return sys.platform
