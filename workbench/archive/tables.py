"""The catalogue's tables as they stand now; how an older catalogue gets there is in `migrations/versions`."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
FOLDER, CLASSES = "session", "classes"
"""Kinds of session: one shoot, or a folder of unrelated photos sorted by class."""


def now() -> datetime:
    """This moment in UTC, without a zone, as the catalogue keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("folder", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("copied", Boolean, nullable=False, default=False),
    Column("subject", Text),
    Column("age_group", Text),
    Column("gender", Text),
    Column("race", Text),
    Column("created_at", DateTime, nullable=False, default=now),
)

photos = Table(
    "photos",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("captured_at", DateTime),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("faces", Integer),
    Column("side", String(16)),
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("photo_id", String(32), ForeignKey("photos.id"), index=True),
    Column("file_hash", String(64)),
    Column("size", BigInteger),
    Column("modified_ns", BigInteger),
    Column("group_name", Text),
    Column("problem", Text),
    Column("note", Text),
    UniqueConstraint("session_id", "name", name="files_once"),
)

labels = Table(
    "labels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("photo_id", String(32), ForeignKey("photos.id"), nullable=False),
    Column("fault", String(32), nullable=False),
    Column("value", String(32)),
    Column("origin", String(32), nullable=False),
    Column("queue", Text),
    Column("labeller", Text, nullable=False),
    Column("at", DateTime, nullable=False, default=now),
    Column("undoes", Integer, ForeignKey("labels.id")),
    Index("labels_of_photo", "photo_id", "fault"),
    Index("labels_undone", "undoes"),
    Index("labels_by_labeller", "labeller", "at"),
)

standing = Table(
    "standing",
    metadata,
    Column("photo_id", String(32), ForeignKey("photos.id"), primary_key=True),
    Column("fault", String(32), primary_key=True),
    Column("label_id", Integer, ForeignKey("labels.id"), nullable=False),
    Column("value", String(32), nullable=False),
    Index("standing_label", "label_id"),
)

clients = Table(
    "clients",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("labeller", Text, nullable=False),
    Column("opened_at", DateTime, nullable=False, default=now),
)

operations = Table(
    "operations",
    metadata,
    Column("client", String(32), ForeignKey("clients.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("label_id", Integer, ForeignKey("labels.id")),
    Index("operations_label", "label_id"),
)

lists = Table(
    "lists",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("made_at", DateTime, nullable=False, default=now),
)

listed = Table(
    "listed",
    metadata,
    Column("list_id", String(32), ForeignKey("lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("photo_id", String(32), ForeignKey("photos.id"), nullable=False, index=True),
)

splits = Table(
    "splits",
    metadata,
    Column("group_key", String(64), primary_key=True),
    Column("side", String(16), nullable=False),
    Column("at", DateTime, nullable=False, default=now),
)

predictions = Table(
    "predictions",
    metadata,
    Column("photo_id", String(32), ForeignKey("photos.id"), primary_key=True),
    Column("fault", String(32), primary_key=True),
    Column("model", String(64), primary_key=True),
    Column("probability", Float),
    Column("at", DateTime, nullable=False, default=now),
    Column("doubt", Float),
    Column("burst_rank", Integer),
    Index("predictions_by_doubt", "fault", "model", "burst_rank", "doubt"),
)

screenings = Table(
    "screenings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id"), nullable=False, index=True),
    Column("fault", String(32), nullable=False),
    Column("model", String(64), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("at", DateTime, nullable=False, default=now),
    Column("finished_at", DateTime),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("screening_id", String(32), ForeignKey("screenings.id"), primary_key=True),
    Column("photo_id", String(32), ForeignKey("photos.id"), primary_key=True),
    Column("group", String(16), nullable=False),
    Column("probability", Float),
    Column("reason", Text, nullable=False),
    Column("obstacle", Text),
    Column("sign", String(32)),
)

exceptions = Table(
    "exceptions",
    metadata,
    Column("session_id", String(32), ForeignKey("sessions.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("counts_as", String(16), nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id"), nullable=False),
    Column("fault", String(32), nullable=False),
    Column("photo_id", String(32), ForeignKey("photos.id"), nullable=False, index=True),
    Column("client", String(32), ForeignKey("clients.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("group", String(16)),
    Column("labeller", Text, nullable=False),
    Column("at", DateTime, nullable=False, default=now),
    Column("undoes", Integer),
    UniqueConstraint("client", "seq", "photo_id", name="reviews_once"),
    Index("reviews_of_session", "session_id", "fault"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("identity", String(32), primary_key=True),
    Column("photo_id", String(32), ForeignKey("photos.id"), nullable=False, index=True),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id"), nullable=False, index=True),
    Column("at", DateTime, nullable=False, default=now),
    Column("labeller", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("options", Text, nullable=False),
    Column("undone_at", DateTime),
)

handed_files = Table(
    "handed_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handoff_id", String(32), ForeignKey("handoffs.id"), nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("photo_id", String(32), ForeignKey("photos.id"), index=True),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("temporary", Text),
    Column("before_hash", String(64)),
    Column("after_hash", String(64)),
    Column("edits", LargeBinary),
    Column("fields", Text),
    Column("problem", Text),
    UniqueConstraint("handoff_id", "path", name="handed_once"),
)

counts = Table(
    "counts",
    metadata,
    Column("session_id", String(32), ForeignKey("sessions.id"), primary_key=True),
    Column("fault", String(32), primary_key=True),
    Column("photos", Integer, nullable=False),
    Column("labelled", Integer, nullable=False),
    Column("faulty", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("no_face", Integer, nullable=False),
)

targets = Table(
    "targets",
    metadata,
    Column("tag", String(16), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column("share", Float, nullable=False),
)

# Partial indexes hold the two rules of the queue even between processes: the same command is waiting or running
# once, and one heavy job runs at a time. Their conditions are text that SQLite and PostgreSQL both take.
_ACTIVE = text("status IN ('queued', 'starting', 'running')")
_HEAVY = text("heavy AND status IN ('starting', 'running')")

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("command", Text, nullable=False),
    Column("command_key", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("heavy", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer),
    Column("since_done", Integer, nullable=False, default=0),
    Column("since_at", DateTime),
    Column("result", Text),
    Column("created_at", DateTime, nullable=False, default=now),
    Column("started_at", DateTime),
    Column("beat_at", DateTime),
    Column("finished_at", DateTime),
    Column("cancel_asked_at", DateTime),
    Column("pid", Integer),
    Column("process_started", Float),
    Index("jobs_once", "command_key", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    Index("jobs_one_heavy", "heavy", unique=True, sqlite_where=_HEAVY, postgresql_where=_HEAVY),
    Index("jobs_by_time", "created_at"),
)
