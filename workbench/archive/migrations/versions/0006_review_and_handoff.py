"""Review and hand-off: screenings that still run, signs, decisions, exceptions, aliases, what was handed off."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OBSTACLES = ("no face found", "the file is away", "face turned away or hidden")


def upgrade() -> None:
    op.add_column("screenings", sa.Column("finished_at", sa.DateTime))
    op.add_column("verdicts", sa.Column("obstacle", sa.Text))
    op.add_column("verdicts", sa.Column("sign", sa.String(32)))
    op.execute("UPDATE screenings SET finished_at = at")
    for obstacle in _OBSTACLES:
        op.execute(
            sa.text("UPDATE verdicts SET obstacle = reason WHERE reason = :obstacle").bindparams(obstacle=obstacle)
        )
    op.create_table(
        "exceptions",
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("counts_as", sa.String(16), nullable=False),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("fault", sa.String(32), nullable=False),
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), nullable=False, index=True),
        sa.Column("client", sa.String(32), sa.ForeignKey("clients.id"), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("group", sa.String(16)),
        sa.Column("labeller", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("undoes", sa.Integer),
        sa.UniqueConstraint("client", "seq", "photo_id", name="reviews_once"),
    )
    op.create_index("reviews_of_session", "reviews", ["session_id", "fault"])
    op.create_table(
        "aliases",
        sa.Column("identity", sa.String(32), primary_key=True),
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), nullable=False, index=True),
    )
    op.create_table(
        "handoffs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id"), nullable=False, index=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("labeller", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("undone_at", sa.DateTime),
    )
    op.create_table(
        "handed_files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("handoff_id", sa.String(32), sa.ForeignKey("handoffs.id"), nullable=False, index=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("temporary", sa.Text),
        sa.Column("before_hash", sa.String(64)),
        sa.Column("after_hash", sa.String(64)),
        sa.Column("edits", sa.LargeBinary),
        sa.Column("fields", sa.Text),
        sa.Column("problem", sa.Text),
        sa.UniqueConstraint("handoff_id", "path", name="handed_once"),
    )


def downgrade() -> None:
    raise NotImplementedError("A catalogue is never taken back; use a backup.")
