"""Stored results of periods"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "assessment_results",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("result_set", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("period", "result_set"),
    )
    op.create_table(
        "assessment_scores",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("result_set", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("bonus", sa.Integer(), nullable=True),
        sa.Column("penalty", sa.Integer(), nullable=True),
        sa.Column("personal", sa.Integer(), nullable=True),
        sa.Column("final", sa.Integer(), nullable=True),
        sa.Column("band", sa.Text(), nullable=True),
        sa.Column("award_blocked", sa.Boolean(), nullable=False),
        sa.Column("criteria", sa.LargeBinary(), nullable=False),
        sa.Column("assessment", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", "kind", "period", "result_set"),
        sa.UniqueConstraint("unit", "kind", "period", "result_set", "id"),
    )
    op.create_table(
        "assessment_months",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("result_set", sa.Text(), nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("completions", sa.Integer(), nullable=False),
        sa.Column("credited", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "kind", "period", "result_set", "month"),
        sa.UniqueConstraint("unit", "kind", "period", "result_set", "id", "month"),
    )
