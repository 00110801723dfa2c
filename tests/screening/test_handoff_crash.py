"""`kill -9` at each step of a hand-off and of its undo: every file is as before or complete, and all goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.screening import killed
from tests.screening.handing import Shoot, again, installation, installed, make, set_fields, snapshot, taken_in
from tests.screening.killed import CASES, UNDO, WRITE, Case
from workbench.archive import photos
from workbench.screening import handoff, xmp
from workbench.screening.journal import NOT_WRITTEN, UNDONE, WRITTEN, Journal
from workbench.settings import HOME

GROUPS = {"1.jpg": "blink", "2.tif": "cant_tell", "3.nef": "blink", "4.nef": "blink"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the model lies (`model`), with every killed case beside it."""
    home = tmp_path_factory.mktemp("killed")
    (home / "model").mkdir()
    settings = installation(home / "model")
    folder = settings.roots[-1] / "Ana"
    for number, name in enumerate(GROUPS):
        make(folder / name, number)
    set_fields(folder / "3.xmp", {xmp.RATING: "3"})
    taken_in(settings, folder, GROUPS).engine.dispose()
    (home / "cases").mkdir()
    command = [sys.executable, "-m", "tests.screening.killed", str(home / "model"), str(home / "cases")]
    subprocess.run(command, cwd=HOME, check=True, timeout=120)
    return home


@pytest.fixture(scope="module")
def before(home: Path) -> dict[str, str]:
    """Every file's hash before the hand-off."""
    return _hashes(installed(home / "model"))


@pytest.fixture(scope="module")
def after(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file's hash after a hand-off that nothing disturbed."""
    copy = again(installed(home / "model"), installation(tmp_path_factory.mktemp("whole")))
    killed.hand_over(copy)
    return _hashes(copy)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param  # type: ignore[no-any-return]


def _hashes(one: Shoot, *, hidden: bool = False) -> dict[str, str]:
    found = snapshot(one.folder)
    return {name: digest for name, (digest, _) in found.items() if hidden or not name.startswith(".")}


def test_every_file_is_as_before_or_complete_and_all_goes_on(
    case: Case, home: Path, before: dict[str, str], after: dict[str, str]
) -> None:
    one = installed(home / "cases" / case.name)
    found = _hashes(one)
    if case.step not in ("replaced", "booked"):  # the new name is not given yet: the kill was where it should be
        assert found.get(case.file) == (before if case.action == WRITE else after).get(case.file)
    assert all(digest in (before.get(name), after[name]) for name, digest in found.items())
    assert before.keys() <= found.keys()
    assert len(_hashes(one, hidden=True)) - len(found) <= 1, "one temporary at most"

    handoff.settle(one.settings, one.engine)
    assert _hashes(one, hidden=True) == found, "clearing up changes no file and leaves nothing over"
    entries = Journal(one.settings, one.engine).entries()
    told = {entry.path.name: entry.status for entry in entries}
    assert told == {name: _status(case, found.get(name), before.get(name)) for name in killed.FILES}
    _require_same_photos(one)

    killed.hand_over(one)
    assert _hashes(one) == after
    for made in handoff.every(one.engine):
        if made.undone_at is None and made.written:
            handoff.undo(one.settings, one.engine, made.id)
    assert _hashes(one, hidden=True) == before
    _require_same_photos(one)


def _status(case: Case, found: str | None, before: str | None) -> str:
    if found != before:
        return WRITTEN
    return UNDONE if case.action == UNDO else NOT_WRITTEN


def _require_same_photos(one: Shoot) -> None:
    for name, photo in one.ids.items():
        assert next(photos.places(one.settings, one.engine, photo)) == one.path(name).resolve()
