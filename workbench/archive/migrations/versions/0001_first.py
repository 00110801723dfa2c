"""The first catalogue: sessions, photos, labels, splits, predictions, screenings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("copied", sa.Boolean, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("age_group", sa.Text),
        sa.Column("gender", sa.Text),
        sa.Column("race", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "photos",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("captured_at", sa.DateTime),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("faces", sa.Integer),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), index=True),
        sa.Column("file_hash", sa.String(64)),
        sa.Column("size", sa.BigInteger),
        sa.Column("modified_ns", sa.BigInteger),
        sa.Column("group_name", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("note", sa.Text),
        sa.UniqueConstraint("session_id", "name", name="files_once"),
    )
    op.create_table(
        "labels",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), nullable=False),
        sa.Column("fault", sa.String(32), nullable=False),
        sa.Column("value", sa.String(32)),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("queue", sa.Text),
        sa.Column("labeller", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("undoes", sa.Integer, sa.ForeignKey("labels.id")),
    )
    op.create_table(
        "splits",
        sa.Column("group_key", sa.String(64), primary_key=True),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "predictions",
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), primary_key=True),
        sa.Column("fault", sa.String(32), primary_key=True),
        sa.Column("model", sa.String(64), primary_key=True),
        sa.Column("probability", sa.Float),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "screenings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id"), nullable=False, index=True),
        sa.Column("fault", sa.String(32), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "verdicts",
        sa.Column("screening_id", sa.String(32), sa.ForeignKey("screenings.id"), primary_key=True),
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), primary_key=True),
        sa.Column("group", sa.String(16), nullable=False),
        sa.Column("probability", sa.Float),
        sa.Column("reason", sa.Text, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("A catalogue is never taken back; use a backup.")
