"""Long work apart: each job is a detached process of our own command line with a row, a log and live progress."""

from workbench.jobs.keeping import StillAtWork, WorkGoesOn, forget, prune, require_rest, require_unused, words_of
from workbench.jobs.launching import log_path
from workbench.jobs.processes import VARIABLE
from workbench.jobs.queue import LONG, NotALongCommand, NothingToResume, cancel, refresh, resume, start
from workbench.jobs.record import Job, UnknownJob, active, every, find
from workbench.jobs.work import running

__all__ = [
    "LONG",
    "VARIABLE",
    "Job",
    "NotALongCommand",
    "NothingToResume",
    "StillAtWork",
    "UnknownJob",
    "WorkGoesOn",
    "active",
    "cancel",
    "every",
    "find",
    "forget",
    "log_path",
    "prune",
    "refresh",
    "require_rest",
    "require_unused",
    "resume",
    "running",
    "start",
    "words_of",
]
