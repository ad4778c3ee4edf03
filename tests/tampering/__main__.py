"""``python -m tests.tampering``: try everything on both databases, print what found it."""

import sys

from rich.console import Console
from rich.progress import Progress

from tests.databases import postgres
from tests.tampering.logs import pair
from tests.tampering.matrix import Found, matrix, number
from tests.tampering.table import table


def main() -> None:
    """Print the table of SQLite; end with 1 if PostgreSQL gives another one."""
    err = Console(stderr=True)
    with Progress(console=err, disable=not err.is_terminal) as bar, postgres() as server:
        tables = []
        for name, where in (("SQLite", None), ("PostgreSQL", server)):
            task = bar.add_task(name, total=number())
            outcomes: list[Found] = []
            with pair(where) as logs:
                for found in matrix(*logs):
                    outcomes.append(found)
                    bar.advance(task)
            tables.append([*table(outcomes)])
    print("\n".join(tables[0]))
    if tables[0] != tables[1]:
        differing = [line for line in tables[1] if line not in tables[0]]
        sys.exit("\n".join(["On PostgreSQL:", *differing]))


if __name__ == "__main__":
    main()
