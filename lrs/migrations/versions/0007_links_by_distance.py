"""Links say how far away their source is; the statement index is filled anew"""

import sqlalchemy as sa
from alembic import op

from lrs.schema import forget

revision = "0007"
down_revision = "0006"

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in (
        "statement_index",
        "statement_links",
        "statement_references",
        "statement_credentials",
    ):
        op.drop_table(table)
    op.create_table(
        "statement_index",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("voiding", sa.Boolean(), nullable=False),
        sa.Column("statement_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("credential", sa.LargeBinary(length=16), nullable=False),
        sa.Column("refers_to", sa.LargeBinary(length=16), nullable=True),
        sa.Column("facets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("statement_id"),
        sa.UniqueConstraint("stored"),
    )
    op.create_table(
        "statement_links",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("role", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("distance", POSITION, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "role", "position", "distance"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statement_references",
        sa.Column("target", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("voiding", sa.Boolean(), nullable=False),
        sa.Column("unrestricted", sa.Boolean(), nullable=False),
        sa.Column("credential", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("target", "position"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statement_credentials",
        sa.Column("credential", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.Column("authority", sa.LargeBinary(length=16), nullable=False),
        sa.Column("unrestricted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("credential"),
        sqlite_with_rowid=False,
    )
    forget(op.get_bind(), "statement_index")
