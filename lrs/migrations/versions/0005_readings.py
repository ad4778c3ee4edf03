"""Who read whose record"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("reader", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("reader", "position"),
    )
    op.create_table(
        "reading_people",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("person", "position"),
        sqlite_with_rowid=False,
    )
