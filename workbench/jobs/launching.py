"""How a job's process is made: our own command line, apart from whoever starts it, on the same installation."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from sqlalchemy import Engine

from workbench.archive import tables
from workbench.jobs import processes, record
from workbench.jobs.record import End, Job
from workbench.settings import HOME, Settings


def log_path(settings: Settings, job_id: str) -> Path:
    """The file that has what the job's command prints."""
    return settings.datasets / "logs" / f"{job_id}.log"


def environment(settings: Settings, job_id: str) -> dict[str, str]:
    """This process's environment with the settings written out, so that a job works where its starter does."""
    own = {
        "EYESPY_DATASETS": str(settings.datasets),
        "EYESPY_MODELS": str(settings.models),
        "EYESPY_ASSETS": str(settings.assets),
        "EYESPY_ROOTS": os.pathsep.join(str(root) for root in settings.roots[1:] or settings.roots),
        "EYESPY_DATABASE": settings.database,
        "EYESPY_PORT": str(settings.port),
        "EYESPY_WORKERS": str(settings.workers),
        "EYESPY_LABELLER": settings.labeller,
    }
    return {**os.environ, **own, "PYTHONUNBUFFERED": "1", "COLUMNS": "120", processes.VARIABLE: job_id}


def launch(settings: Settings, engine: Engine, job: Job) -> None:
    """Makes the process of a job that was taken out of the queue, and writes down which it is."""
    try:
        process = _process(settings, job)
    except OSError as error:
        end = End(record.FAILED, f"It could not be started ({error}). Resume it when that is mended.")
        record.close(engine, job.id, None, end)
        return
    began = processes.started(process.pid)
    # waited for in a thread, for a child that ended and is not waited for stays as a zombie
    threading.Thread(target=process.wait, name=f"job {job.id}", daemon=True).start()
    record.note_process(engine, job.id, process.pid, began)


def _process(settings: Settings, job: Job) -> subprocess.Popen[bytes]:
    path = log_path(settings, job.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as log:
        log.write(f"{tables.now():%Y-%m-%d %H:%M:%S} UTC: {record.printable(' '.join(job.command))}\n".encode())
        log.flush()
        return subprocess.Popen(
            [sys.executable, "-m", "workbench", *job.command],
            cwd=HOME,
            env=environment(settings, job.id),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
