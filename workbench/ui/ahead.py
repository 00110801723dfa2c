"""What the server does while nobody waits: the tiles of a session that was just opened, and room in the cache."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from workbench.archive import previews
from workbench.settings import Settings
from workbench.ui import frame, reporting

TILE = min(previews.SIZES)
_HOUR = 3600.0
_NICE = 15


class Ahead:
    """One quiet thread: whoever asks for a photo goes first, and the session opened last comes before others."""

    def __init__(self, settings: Settings, engine: Callable[[], Engine], *, settled: float = 10.0) -> None:
        self._settings, self._engine, self._settled = settings, engine, settled
        self._change = threading.Condition()
        self._opened: list[str] = []
        self._put_off: list[str] = []
        self._session: set[str] = set()
        self._waiting = 0

    def start(self) -> None:
        """Begin; room is made once the first pages are `settled` (seconds). The thread ends with the process."""
        threading.Thread(target=self._run, name="ahead", daemon=True).start()

    def opened(self, photo_id: str) -> None:
        """Somebody looked at a photo without a tile: the rest of its session will be looked at next."""
        with self._change:
            if photo_id not in self._session:
                self._opened.append(photo_id)
                self._change.notify_all()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around work that somebody waits for: nothing is made ahead meanwhile."""
        with self._change:
            self._waiting += 1
        try:
            yield
        finally:
            with self._change:
                self._waiting -= 1
                self._change.notify_all()

    def _run(self) -> None:
        _step_back()
        quiet = self._settled
        while True:
            photo_id = self._next(quiet)
            if photo_id is None:
                _unharmed(previews.trim, self._settings)
            else:
                _unharmed(self._make_session, photo_id)
                self._session = set()
            quiet = _HOUR if photo_id is None else self._settled

    def _next(self, timeout: float) -> str | None:
        """The photo that was looked at last, None when nobody opened a session for that long."""
        with self._change:
            self._change.wait_for(lambda: self._opened or self._put_off, timeout)
            waiting = self._opened or self._put_off
            return waiting.pop() if waiting else None

    def _make_session(self, photo_id: str) -> None:
        """Makes the tiles that its session lacks; puts it off when another session is opened."""
        engine = self._engine()
        session = previews.beside(engine, photo_id)
        with self._change:
            self._session = set(session)
            self._opened = [each for each in self._opened if each not in self._session]
        for each in session:
            if previews.place(self._settings, each, TILE).exists():
                continue
            with self._change:
                self._change.wait_for(lambda: not self._waiting)
                if self._opened:
                    self._put_off.append(photo_id)
                    break
            previews.preview(self._settings, engine, each, TILE)


_all: dict[Settings, Ahead] = {}
_starting = threading.Lock()


def of(settings: Settings) -> Ahead:
    """The one of this process for these settings, started when it is first asked for."""
    with _starting:
        if settings not in _all:
            _all[settings] = Ahead(settings, lambda: frame.open_archive(settings))
            _all[settings].start()
        return _all[settings]


def _unharmed(work: Callable[..., object], *arguments: object) -> None:
    """Work that may fail (a full disk, a damaged catalogue) without ending the thread; the log tells of it."""
    try:
        work(*arguments)
    except Exception as error:
        reporting.LOG.warning("Making previews ahead failed", exc_info=error)


def _step_back() -> None:
    """Lets everything else on this machine go first; on Linux a thread has its own niceness."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
