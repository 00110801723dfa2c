"""The Lightroom plug-in from its menu item to the labels, on stand-ins of the SDK and on the real command line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archive.test_importing import state
from tests.plugins.conftest import HERE, PLUGIN, Shoot, run
from workbench.settings import Settings

Said = dict[str, list[list[str]]]


@pytest.fixture
def press(
    settings: Settings, home: Path, outside: dict[str, str], tmp_path: Path, program: Callable[[str], str]
) -> Callable[..., Said]:
    """Presses the menu item with those photos selected; gives what happened, by kind."""

    def pressed(photos: list[dict[str, object]], prefs: dict[str, object] | None = None, **about: object) -> Said:
        wanted = {"folder": str(home), "roots": str(settings.roots[1]), **(prefs or {})}
        scenario = tmp_path / "scenario.lua"
        scenario.write_text(f"return {lua({'photos': photos, 'prefs': wanted, **about})}", encoding="utf-8")
        said: Said = defaultdict(list)
        for line in run([program("lua5.1"), HERE / "lightroom.lua", PLUGIN, scenario], outside).splitlines():
            kind, *rest = line.split("\t")
            said[kind].append(rest)
        assert list((tmp_path / "passing").iterdir()) == [], "nothing that passed between the two is left behind"
        return said

    return pressed


def lua(value: object) -> str:
    """A value as Lua spells it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {lua(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(lua, value)) + "}"
    return str(value).lower() if isinstance(value, bool) else f"[==[{value}]==]"


def every(shoot: Shoot) -> list[dict[str, object]]:
    """All photos of a shoot, as Lightroom knows them: one has a label of the photographer's, one is a virtual copy."""
    first, second = shoot.open
    paths = [(first, "none"), (second, "blue"), (shoot.shut, "none"), (shoot.wall, "none"), (shoot.shut, "green")]
    return [{"path": path, "colorNameForLabel": label} for path, label in paths]


def test_shut_eyes_get_their_labels_in_one_step_and_files_stay_as_they_are(
    press: Callable[..., Said], shoot: Shoot
) -> None:
    before = state(shoot.folder)
    said = press([*every(shoot), {"path": shoot.folder / "clip.mov", "isVideo": True}])
    labels = [(Path(path).name, label, pick) for path, label, pick in said["photo"]]
    assert labels == [
        ("open 1.jpg", "none", "nil"),
        ("open 2.jpg", "blue", "nil"),
        ("shut.jpg", "red", "nil"),
        ("wall.jpg", "yellow", "nil"),
        ("shut.jpg", "green", "nil"),
        ("clip.mov", "nil", "nil"),
    ]
    told = "2 blink, 1 can't tell, 2 keep. 1 photo kept a colour label of their own."
    assert said["dialog"] == [["info", told]]
    assert [given for (given,) in said["given"]] == ["nil", "nil", "red", "yellow", "nil", "nil"]
    assert said["step"] == [["Eye Spy: find shut eyes"]]
    assert said["progress"] == [["Eye Spy looks at 5 photos", "true"]]
    assert state(shoot.folder) == before
    shown = {name: value for name, value in said["setting"]}
    assert {"blink": "red", "cant_tell": "yellow", "keep": "none", "reject": "false"}.items() <= shown.items()


def test_a_label_that_eye_spy_gave_may_change_and_the_photographers_own_stays(
    press: Callable[..., Said], shoot: Shoot
) -> None:
    own = {"path": shoot.shut, "colorNameForLabel": "yellow"}
    words = {"path": shoot.shut, "colorNameForLabel": "gray", "label": "Rot"}
    said = press([{**own, "givenLabel": "yellow"}, own, {**own, "givenLabel": "red"}, words])
    assert [(label, given) for (_, label, _), (given,) in zip(said["photo"], said["given"], strict=True)] == [
        ("red", "red"),
        ("yellow", "nil"),
        ("yellow", "red"),
        ("gray", "nil"),
    ]
    assert "3 photos kept a colour label" in said["dialog"][0][1]


def test_flags_are_set_when_they_are_asked_for(press: Callable[..., Said], shoot: Shoot) -> None:
    wish = {"blink": "none", "cant_tell": "none", "reject": True, "pick": True}
    said = press([{"path": shoot.shut}, {"path": shoot.open[0]}, {"path": shoot.wall}], wish)
    assert [(label, pick) for _, label, pick in said["photo"]] == [("nil", "-1"), ("nil", "1"), ("nil", "nil")]


def test_photos_that_cannot_be_read_are_named_and_the_others_get_their_labels(
    press: Callable[..., Said], shoot: Shoot
) -> None:
    torn = shoot.folder / "torn.jpg"
    torn.write_bytes(b"no photo")
    said = press([{"path": shoot.shut}, {"path": torn}, {"path": shoot.folder / "away.jpg"}])
    assert [label for _, label, _ in said["photo"]] == ["red", "nil", "nil"]
    ((style, text),) = said["dialog"]
    assert style == "warning" and "1 blink" in text and "2 photos could not be looked at." in text
    assert "torn.jpg" in text and "away.jpg: there is no such file" in text


@pytest.mark.parametrize(
    ("prefs", "about", "sentence"),
    [
        ({"roots": "/nowhere"}, {}, "may read). Write one path a line. |  | Name the folder of your shoots in File"),
        ({"folder": "/nowhere"}, {}, "Eye Spy is not set up in “/nowhere”. Run “make setup” there once"),
        ({}, {"busy": True}, "Lightroom was busy, so no label was set. Try again."),
        ({}, {"photos": []}, "Select the photos of a session first."),
    ],
)
def test_what_went_wrong_is_said_in_a_dialog_and_nothing_is_set(
    press: Callable[..., Said], shoot: Shoot, prefs: dict[str, object], about: dict[str, object], sentence: str
) -> None:
    photos: list[dict[str, object]] = [] if "photos" in about else [{"path": shoot.shut}]
    said = press(photos, prefs, **{name: value for name, value in about.items() if name != "photos"})
    ((style, text),) = said["dialog"]
    assert sentence in text and style == ("critical" if photos else "info")
    assert "step" not in said and [label for _, label, _ in said["photo"]] == ["nil"] * len(photos)


def test_a_cancelled_run_sets_nothing(press: Callable[..., Said], shoot: Shoot) -> None:
    said = press([{"path": shoot.shut}], cancels=True)
    assert "dialog" not in said and "step" not in said
