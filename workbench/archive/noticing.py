"""Noticing: what was written below a folder since one last asked, told by the system or found by looking."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

REMOTE = frozenset("nfs nfs4 cifs smb smb2 smb3 smbfs afpfs webdav davfs ftp ncpfs 9p vboxsf prl_fs vmhgfs".split())
"""File systems on which another computer may write, of which this one's kernel says nothing. FUSE ones may be, too."""
POLLED_EVERY = 2.0
"""Seconds between two looks where the system tells nothing."""


class Mount(NamedTuple):
    """A mounted file system, as psutil names it."""

    mountpoint: str
    fstype: str


@dataclass(frozen=True)
class Notices:
    """Paths that were written, made, moved or deleted; `polled` says that they are found by looking."""

    polled: bool
    _paths: queue.SimpleQueue[Path] = field(default_factory=queue.SimpleQueue, repr=False)

    def dispatch(self, event: FileSystemEvent) -> None:
        """Takes an event of watchdog, in its thread."""
        for path in (event.src_path, event.dest_path):
            if path:
                self._paths.put(Path(path.decode() if isinstance(path, bytes) else path))

    def wait(self, seconds: float) -> set[Path]:
        """Everything since the last call; waits so long for the first, and gives nothing when none came."""
        try:
            found = {self._paths.get(timeout=seconds)}
        except queue.Empty:
            return set()
        while not self._paths.empty():
            found.add(self._paths.get())
        return found


@contextmanager
def below(
    folder: Path, *, poll: bool = False, told: Sequence[Callable[[], BaseObserver]] | None = None
) -> Iterator[Notices]:
    """Notices of everything below the folder as long as this lasts.

    `poll` looks again and again instead of trusting the system, as is needed where other computers write; so it is
    done too on network drives, and where the system has no more watches to give. `told`: the system's observers.
    """
    from watchdog.observers import Observer
    from watchdog.observers.polling import PollingObserver

    wanted = [] if poll or is_remote(folder, mounts()) else (told or [Observer])
    observer, notices = _begun(folder, [*wanted, lambda: PollingObserver(timeout=POLLED_EVERY)])
    try:
        yield notices
    finally:
        observer.stop()
        observer.join()


def is_remote(folder: Path, mounted: Sequence[Mount]) -> bool:
    """Whether the folder lies on a drive of another computer, by the mount that is nearest above it."""
    above = [mount for mount in mounted if folder.is_relative_to(mount.mountpoint)]
    nearest = max(above, key=lambda mount: len(mount.mountpoint), default=Mount("/", ""))
    return nearest.fstype.lower() in REMOTE or nearest.fstype.lower().startswith("fuse.sshfs")


def mounts() -> list[Mount]:
    """All mounted file systems, network drives among them."""
    return [Mount(one.mountpoint, one.fstype) for one in psutil.disk_partitions(all=True)]


def _begun(folder: Path, kinds: Sequence[Callable[[], BaseObserver]]) -> tuple[BaseObserver, Notices]:
    """The first observer that the system grants, at work: it may have no watches left, or none for this drive."""
    from watchdog.observers.polling import PollingObserver

    *granted, last = kinds
    for kind in granted:
        observer = kind()
        notices = Notices(isinstance(observer, PollingObserver))
        try:
            return _start(observer, folder, notices), notices
        except OSError:
            observer.stop()
    notices = Notices(True)
    return _start(last(), folder, notices), notices


def _start(observer: BaseObserver, folder: Path, notices: Notices) -> BaseObserver:
    from watchdog import events

    # Not those of opening and reading a file: our own reading would keep a session from ever being quiet.
    written = [events.FileCreatedEvent, events.FileModifiedEvent, events.FileMovedEvent, events.FileDeletedEvent]
    written += [events.FileClosedEvent, events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent]
    observer.schedule(notices, str(folder), recursive=True, event_filter=written)  # type: ignore[arg-type]
    observer.start()
    return observer
