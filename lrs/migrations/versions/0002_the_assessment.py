"""The assessment: the register, and what statements may count for"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "assessment_credentials",
        sa.Column("credential", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unrestricted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("credential"),
    )
    op.create_table(
        "assessment_evidence",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("statement", sa.LargeBinary(length=16), nullable=False),
        sa.Column("credential", sa.LargeBinary(length=16), nullable=False),
        sa.Column("actor", sa.LargeBinary(length=16), nullable=False),
        sa.Column("verb", sa.LargeBinary(length=16), nullable=False),
        sa.Column("activity", sa.LargeBinary(), nullable=False),
        sa.Column("registration", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("actor", "position"),
        sa.UniqueConstraint("credential", "activity", "position"),
        sa.UniqueConstraint("statement"),
    )
    op.create_table(
        "assessment_identities",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("to_day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("identity", "position"),
        sa.UniqueConstraint("person", "position"),
    )
    op.create_table(
        "assessment_records",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("kind", "key", "position"),
        sa.UniqueConstraint("person", "kind", "position"),
        sa.UniqueConstraint("unit", "kind", "position"),
        sa.UniqueConstraint("until", "position"),
    )
    op.create_table(
        "assessment_voids",
        sa.Column("target", sa.LargeBinary(length=16), nullable=False),
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("credential", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("target", "position"),
        sa.UniqueConstraint("position"),
    )
