"""The darktable plug-in inside darktable itself, without a screen, on the real command line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archive.test_importing import state
from tests.plugins.conftest import DARKTABLE, HERE, Shoot, run
from workbench.settings import Settings

pytestmark = pytest.mark.heavy

Said = dict[str, list[list[str]]]


@pytest.fixture
def darktable(
    settings: Settings, home: Path, outside: dict[str, str], tmp_path: Path, program: Callable[[str], str]
) -> Callable[..., Said]:
    """Starts darktable on a shoot, presses the plug-in's button with all of it selected; gives what happened."""

    def started(shoot: Shoot, *, roots: Path = settings.roots[1], reject: bool = False) -> Said:
        told = tmp_path / "told.txt"
        environment = {
            **outside,
            "HOME": str(tmp_path),
            "EYESPY_PLUGIN": str(DARKTABLE),
            "EYESPY_SHOOT": str(shoot.folder),
            "EYESPY_HOME": str(home),
            "EYESPY_MAY_READ": str(roots),
            "EYESPY_REJECT": "1" if reject else "0",
            "EYESPY_TOLD": str(told),
        }
        own = ["--configdir", tmp_path / "config", "--cachedir", tmp_path / "cache"]
        program("xauth")  # xvfb-run needs it, and Debian only recommends it
        drive = f'dofile("{HERE / "darktable.lua"}") os.exit(0)'
        command = [program("xvfb-run"), "-a", program("darktable"), "--library", ":memory:", *own]
        run([*command, "--disable-opencl", "--luacmd", drive], environment)
        said: Said = defaultdict(list)
        for line in told.read_text(encoding="utf-8").splitlines():
            kind, *rest = line.split("\t")
            said[kind].append(rest)
        assert "problem" not in said, said["problem"]
        return said

    return started


def test_shut_eyes_get_their_colours_and_photos_stay_as_they_are(darktable: Callable[..., Said], shoot: Shoot) -> None:
    before = state(shoot.folder)
    said = darktable(shoot)
    assert said["image"] == [
        ["open 1.jpg", "blue", "2"],
        ["open 2.jpg", "", "2"],
        ["shut.jpg", "red", "2"],
        ["wall.jpg", "yellow", "2"],
    ]
    assert said["told"] == [["1 blink, 1 can't tell, 2 keep."]]
    assert said["nothing"] == [["Select the images of a session first."]]
    after = state(shoot.folder)
    assert {name: after[name] for name in before} == before


def test_blinks_are_rejected_when_that_is_asked_for(darktable: Callable[..., Said], shoot: Shoot) -> None:
    said = darktable(shoot, reject=True)
    assert [rating for _, _, rating in said["image"]] == ["2", "2", "-1", "2"]


def test_what_went_wrong_is_said_and_nothing_is_set(darktable: Callable[..., Said], shoot: Shoot) -> None:
    said = darktable(shoot, roots=Path("/nowhere"))
    ((text,),) = said["told"]
    assert "outside the folders that Eye Spy may read" in text and "preferences > Lua options" in text
    assert [colours for _, colours, _ in said["image"]] == ["blue", "", "", ""]
