"""Processes: whether a job's own is alive, and how it is ended with all that it started. Portable, by psutil."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import psutil

VARIABLE = "EYESPY_JOB"
"""In the environment of a job's process, and so of all that it starts: the job's id."""
GRACE, LAST = 2.5, 1.5
"""Seconds between asking a process to end and ending it, and for it to be gone then: within 5 together."""
_TOLERANCE = 2.0
"""Seconds by which a start time may differ: the system derives it from a clock that may have been set since."""


def started(pid: int) -> float:
    """When a process was started, in seconds since 1970; with its number it tells it from all others."""
    return psutil.Process(pid).create_time()


def alive(pid: int | None, when: float | None) -> bool:
    """Whether the process `pid` that was started at `when` still works; a zombie does not."""
    if pid is None or when is None:
        return False
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - when) < _TOLERANCE and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def members(job_id: str, pid: int | None, when: float | None) -> list[psutil.Process]:
    """The processes of a job: its own with its group, and whatever carries its id in its environment."""
    group = pid if alive(pid, when) else None
    return [process for process in _others() if _in_group(process, group) or _carries(process, job_id)]


def end(job_id: str, pid: int | None, when: float | None) -> bool:
    """Ends a job's processes, politely at first; True when none is left."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, LAST)):
        deadline = time.monotonic() + patience
        told: set[int] = set()
        while there := members(job_id, pid, when):
            _send([process for process in there if process.pid not in told], number)
            told |= {process.pid for process in there}
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return True
    return False


def kill(job_id: str) -> None:
    """Ends at once what a job has left behind."""
    _send(members(job_id, None, None), signal.SIGKILL)


def _send(to: list[psutil.Process], number: int) -> None:
    for process in to:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _others() -> Iterator[psutil.Process]:
    """All processes of this user but this one and zombies, which nobody can end."""
    for process in psutil.process_iter():
        try:
            mine = process.uids().real == os.getuid() and process.pid != os.getpid()
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def _in_group(process: psutil.Process, group: int | None) -> bool:
    try:
        return group is not None and os.getpgid(process.pid) == group
    except ProcessLookupError:
        return False


def _carries(process: psutil.Process, job_id: str) -> bool:
    try:
        return process.environ().get(VARIABLE) == job_id
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False
