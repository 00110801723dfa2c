"""What is written below a folder is noticed, whether the system tells of it or not."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver, EventEmitter

from workbench.archive import noticing
from workbench.archive.noticing import Mount, Notices

DEADLINE = 30


def until(notices: Notices, wanted: Path) -> set[Path]:
    """What was noticed until a path was; the test fails when that never happens."""
    found: set[Path] = set()
    deadline = time.monotonic() + DEADLINE
    while wanted not in found:
        assert time.monotonic() < deadline, f"{wanted} was never noticed, only {found}"
        found |= notices.wait(0.1)
    return found


@pytest.mark.parametrize("poll", [False, True])
def test_what_is_written_deep_below_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, poll: bool) -> None:
    monkeypatch.setattr(noticing, "POLLED_EVERY", 0.1)
    with noticing.below(tmp_path, poll=poll) as notices:
        assert notices.polled is poll
        (tmp_path / "Ana").mkdir()
        until(notices, tmp_path / "Ana")
        (tmp_path / "Ana/1.jpg").write_bytes(b"1")
        until(notices, tmp_path / "Ana/1.jpg")


def test_reading_is_not_noticed(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"1")
    with noticing.below(tmp_path) as notices:
        (tmp_path / "1.jpg").read_bytes()
        list(tmp_path.iterdir())
        (tmp_path / "2.jpg").write_bytes(b"2")
        assert tmp_path / "1.jpg" not in until(notices, tmp_path / "2.jpg")


def test_waiting_gives_nothing_where_nothing_happens(tmp_path: Path) -> None:
    with noticing.below(tmp_path) as notices:
        assert notices.wait(0.05) == set()


@pytest.fixture
def refusing() -> Callable[[], BaseObserver]:
    """The system's observer on a machine that has no watches left, as Linux says it."""

    def begin(*arguments: object, **options: object) -> EventEmitter:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    return lambda: BaseObserver(begin)  # type: ignore[arg-type]


def test_without_watches_of_the_system_it_looks_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusing: Callable[[], BaseObserver]
) -> None:
    monkeypatch.setattr(noticing, "POLLED_EVERY", 0.1)
    with noticing.below(tmp_path, told=[refusing]) as notices:
        assert notices.polled
        (tmp_path / "1.jpg").write_bytes(b"1")
        until(notices, tmp_path / "1.jpg")


def test_network_drives_are_known_by_the_mount_that_is_nearest() -> None:
    mounted = [Mount("/", "ext4"), Mount("/mnt/studio", "cifs"), Mount("/mnt/studio/local", "apfs")]
    assert noticing.is_remote(Path("/mnt/studio/2026"), mounted)
    assert not noticing.is_remote(Path("/mnt/studio/local/2026"), mounted)
    assert not noticing.is_remote(Path("/mnt/studios"), mounted)
    assert noticing.is_remote(Path("/Volumes/Shoots"), [Mount("/Volumes/Shoots", "smbfs")])
    assert not noticing.is_remote(Path("/home"), [])


def test_the_mounts_of_this_machine_are_read() -> None:
    assert any(Path("/") == Path(one.mountpoint) for one in noticing.mounts())
