"""Writes the migration that leads from the migrations there are to the tables as modules define
them.
"""

import sys

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from lrs.schema import alembic_config, migrate_tables


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m lrs.migrations 'what changes'")
    with create_engine("sqlite://").connect() as connection:
        migrate_tables(connection)
        config = alembic_config(connection)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, sys.argv[1], autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    main()
