from __future__ import annotations

from pathlib import Path

import pytest

from workbench.faults import BLINK
from workbench.learning import model_folder, registry
from workbench.settings import Settings


def left_behind(settings: Settings) -> Path:
    """A folder as a process leaves it that was killed while it wrote a model."""
    half = settings.models / BLINK.name / ".0123456789abcdef.part"
    half.mkdir(parents=True)
    (half / "model.tflite").write_bytes(b"half")
    return half


def names(settings: Settings) -> set[str]:
    return {path.name for path in (settings.models / BLINK.name).iterdir()}


def test_a_model_appears_whole_and_what_a_killed_training_left_goes(settings: Settings) -> None:
    half = left_behind(settings)
    with model_folder.new(settings, BLINK, "mine") as folder:
        assert not half.exists() and folder.name.startswith(".")
        (folder / "card.json").write_text("{}")
        assert "mine" not in names(settings)
    assert names(settings) == {"mine"}


def test_what_another_training_is_writing_stays(settings: Settings) -> None:
    with model_folder.new(settings, BLINK, "one") as one:
        (one / "card.json").write_text("{}")
        with model_folder.new(settings, BLINK, "two") as two:
            assert one.is_dir()
            (two / "card.json").write_text("{}")
        assert one.is_dir()
    assert names(settings) == {"one", "two"}


def test_files_of_others_are_never_cleared(settings: Settings, tmp_path: Path) -> None:
    home = left_behind(settings).parent
    for name in (".notes", "kept.part"):
        (home / name).mkdir()
    (tmp_path / "elsewhere").mkdir()
    (home / ".link.part").symlink_to(tmp_path / "elsewhere")
    with model_folder.new(settings, BLINK, "mine"):
        pass
    assert names(settings) == {".notes", "kept.part", ".link.part", "mine"} and (tmp_path / "elsewhere").is_dir()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_or_is_stopped_leaves_nothing(settings: Settings, error: BaseException) -> None:
    raised = model_folder.ModelNotWritten if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(raised), model_folder.new(settings, BLINK, "mine") as folder:
        (folder / "model.tflite").write_bytes(b"half")
        raise error
    assert names(settings) == set()


@pytest.mark.parametrize("taken", ["starter", "folder", "file", "dangling"])
def test_a_name_is_refused_while_anything_has_it(settings: Settings, taken: str) -> None:
    home = settings.models / BLINK.name
    (home / "folder").mkdir(parents=True)
    (home / "file").touch()
    (home / "dangling").symlink_to(home / "nowhere")
    with pytest.raises(model_folder.NameTaken, match=taken):
        model_folder.require_free(settings, BLINK, taken)
    model_folder.require_free(settings, BLINK, "free")
    with pytest.raises(registry.BadVersion):
        model_folder.require_free(settings, BLINK, "../free")
