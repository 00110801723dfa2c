"""Each session's counts are kept until something about it changes; the photographer's targets for diversity."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "counts",
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("fault", sa.String(32), primary_key=True),
        sa.Column("photos", sa.Integer, nullable=False),
        sa.Column("labelled", sa.Integer, nullable=False),
        sa.Column("faulty", sa.Integer, nullable=False),
        sa.Column("unreadable", sa.Integer, nullable=False),
        sa.Column("no_face", sa.Integer, nullable=False),
    )
    op.create_table(
        "targets",
        sa.Column("tag", sa.String(16), primary_key=True),
        sa.Column("value", sa.String(64), primary_key=True),
        sa.Column("share", sa.Float, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("A catalogue is never taken back; use a backup.")
