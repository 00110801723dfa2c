"""Labelling: the label that stands, clients and their operations, stored lists, sides and doubts for queues."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "standing",
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), primary_key=True),
        sa.Column("fault", sa.String(32), primary_key=True),
        sa.Column("label_id", sa.Integer, sa.ForeignKey("labels.id"), nullable=False),
        sa.Column("value", sa.String(32), nullable=False),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("labeller", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "operations",
        sa.Column("client", sa.String(32), sa.ForeignKey("clients.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("label_id", sa.Integer, sa.ForeignKey("labels.id")),
    )
    op.create_table(
        "lists",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "listed",
        sa.Column("list_id", sa.String(32), sa.ForeignKey("lists.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("photo_id", sa.String(32), sa.ForeignKey("photos.id"), nullable=False, index=True),
    )
    op.add_column("photos", sa.Column("side", sa.String(16)))
    op.add_column("predictions", sa.Column("doubt", sa.Float))
    op.add_column("predictions", sa.Column("burst_rank", sa.Integer))
    op.create_index("predictions_by_doubt", "predictions", ["fault", "model", "burst_rank", "doubt"])
    op.create_index("standing_label", "standing", ["label_id"])
    op.create_index("operations_label", "operations", ["label_id"])
    op.create_index("labels_by_labeller", "labels", ["labeller", "at"])
    op.execute(
        "INSERT INTO standing (photo_id, fault, label_id, value) "
        "SELECT photo_id, fault, id, value FROM labels WHERE id IN ("
        "SELECT max(said.id) FROM labels said WHERE said.undoes IS NULL AND NOT EXISTS ("
        "SELECT 1 FROM labels later WHERE later.undoes = said.id) GROUP BY said.photo_id, said.fault)"
    )


def downgrade() -> None:
    raise NotImplementedError("A catalogue is never taken back; use a backup.")
