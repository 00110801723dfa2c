"""Labels are found by photo and by what they undo without reading the whole table."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("labels_of_photo", "labels", ["photo_id", "fault"])
    op.create_index("labels_undone", "labels", ["undoes"])


def downgrade() -> None:
    raise NotImplementedError("A catalogue is never taken back; use a backup.")
