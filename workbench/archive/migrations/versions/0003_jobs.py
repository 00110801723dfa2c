"""Long work apart: a row for each job, the same command once, one heavy job at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("command_key", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("heavy", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer),
        sa.Column("since_done", sa.Integer, nullable=False),
        sa.Column("since_at", sa.DateTime),
        sa.Column("result", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("beat_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("cancel_asked_at", sa.DateTime),
        sa.Column("pid", sa.Integer),
        sa.Column("process_started", sa.Float),
    )
    active = sa.text("status IN ('queued', 'starting', 'running')")
    heavy = sa.text("heavy AND status IN ('starting', 'running')")
    op.create_index("jobs_once", "jobs", ["command_key"], unique=True, sqlite_where=active, postgresql_where=active)
    op.create_index("jobs_one_heavy", "jobs", ["heavy"], unique=True, sqlite_where=heavy, postgresql_where=heavy)
    op.create_index("jobs_by_time", "jobs", ["created_at"])


def downgrade() -> None:
    raise NotImplementedError("A catalogue is never taken back; use a backup.")
