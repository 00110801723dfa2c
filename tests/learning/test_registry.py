"""Models in real folders: what is current, what is refused, and what the shipped starter says of itself."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.learning import registry, relative
from workbench.learning.cards import BadCard, Measurement
from workbench.learning.keeping import NotKept
from workbench.learning.registry import (
    BadThreshold,
    BadVersion,
    CannotDelete,
    Listed,
    NothingToRollBackTo,
    UnknownModel,
)
from workbench.settings import HOME, Settings
from workbench.vision.views import GEOMETRY, Views

MEASURED = Measurement("two people", "evaluate", "2026-11-22", 6, 3, 2, {})


def card(version: str, /, **changes: Any) -> dict[str, Any]:
    plain = {"version": version, "fault": "blink", "kind": "starter", "description": "A test's model."}
    return plain | {"threshold": 0.7, "views": ["geometry"]} | changes


def add_model(settings: Settings, version: str, /, **changes: Any) -> Path:
    folder = settings.models / "blink" / version
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(card(version, **changes)))
    return folder


def seen(blink: float | None) -> Views:
    """Views of a photo whose eyes are closed as far as `blink`, or of one without a face."""
    frame = np.zeros((178, 100), np.uint8)
    if blink is None:
        return Views(faces=0, frame=frame, eyes=None, geometry=None, points=None)
    geometry = np.zeros(len(GEOMETRY), np.float32)
    geometry[[GEOMETRY.index("eyeBlinkLeft"), GEOMETRY.index("eyeBlinkRight")]] = blink
    eyes = np.zeros((2, 48, 64), np.uint8)
    return Views(faces=1, frame=frame, eyes=eyes, geometry=geometry, points=np.zeros((478, 2), np.float32))


def ask(model: registry.Model, photos: list[Views]) -> np.ndarray:
    """What a model says of photos that are of no session."""
    return model.predict(photos, relative.absent(len(photos))).probability


def history(settings: Settings) -> list[str]:
    """The lines of the file that names the model in use."""
    return (settings.models / "blink" / "current").read_text().splitlines()


def names(settings: Settings) -> list[str]:
    """Everything that lies beside the models, hidden or not."""
    return sorted(path.name for path in (settings.models / "blink").iterdir())


def test_before_any_training_the_shipped_starter_is_current(settings: Settings) -> None:
    model = registry.current(settings)
    assert (model.fault, model.version, model.threshold) == (BLINK, "starter", 0.5)
    assert "no training" in model.card.description and model.card.limits and "Apache" in model.card.licences[0]


def test_the_starter_judges_photos_and_leaves_those_without_a_face_open(settings: Settings) -> None:
    probability = ask(registry.current(settings), [seen(0.05), seen(None), seen(0.4), seen(0.9)])
    assert probability.shape == (4,)
    assert probability[0] < 0.1 and np.isnan(probability[1]) and probability[3] > 0.9
    assert probability[2] == pytest.approx(0.5, abs=1e-6)


def test_no_photos_are_no_trouble(settings: Settings) -> None:
    assert ask(registry.current(settings), []).shape == (0,)


def test_judging_never_imports_tensorflow(settings: Settings) -> None:
    code = """
import sys
from workbench.learning import evaluation, registry, relative
from workbench.settings import from_environment
settings = from_environment({"EYESPY_MODELS": sys.argv[1]})
registry.current(settings).predict([], relative.absent(0))
registry.listed(settings)
print({"tensorflow", "keras", "mediapipe"} & set(sys.modules) or "none of them")
"""
    command = [sys.executable, "-c", code, str(settings.models)]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none of them"


def test_a_promoted_model_is_current_and_the_starter_can_come_back(settings: Settings) -> None:
    add_model(settings, "2026-12-01")
    registry.promote(settings, BLINK, "2026-12-01")
    assert (registry.current(settings).version, registry.current(settings).threshold) == ("2026-12-01", 0.7)
    registry.promote(settings, BLINK, "starter")
    assert registry.current(settings).version == "starter"


def test_promoting_leaves_one_whole_file_and_nothing_beside_it(settings: Settings) -> None:
    add_model(settings, "a")
    registry.promote(settings, BLINK, "a")
    assert names(settings) == ["a", "current"]
    assert history(settings) == ["a", "starter"]


def test_a_failed_promotion_changes_nothing(settings: Settings) -> None:
    add_model(settings, "good")
    add_model(settings, "broken", threshold="high")
    registry.promote(settings, BLINK, "good")
    with pytest.raises(BadCard):
        registry.promote(settings, BLINK, "broken")
    assert registry.current(settings).version == "good"


def test_shipped_models_are_named_first_and_folders_without_a_card_passed_over(settings: Settings) -> None:
    for version in ("b", "a"):
        add_model(settings, version)
    (settings.models / "blink" / "half-written").mkdir()
    (settings.models / "blink" / ".a.tmp").mkdir()
    (settings.models / "blink" / ".a.tmp" / "card.json").write_text("{}")
    assert registry.versions(settings) == ["starter", "a", "b"]


def test_the_installations_own_starter_comes_before_the_shipped_one(settings: Settings) -> None:
    add_model(settings, "starter", description="Adjusted here.")
    assert registry.current(settings).card.description == "Adjusted here."
    assert registry.versions(settings) == ["starter"]


def test_an_unknown_model_is_refused_with_what_there_is(settings: Settings) -> None:
    add_model(settings, "mine")
    with pytest.raises(UnknownModel, match="no model “other” for blink; there is starter, mine"):
        registry.load(settings, BLINK, "other")


@pytest.mark.parametrize("version", ["../../etc", "..", "a/b", "a\\b", "", ".hidden", "current", "x" * 65, "a\n"])
def test_a_version_that_leads_elsewhere_is_refused(settings: Settings, version: str) -> None:
    for refuse in (registry.load, registry.promote, registry.delete, registry.read_card, registry.summary):
        with pytest.raises(BadVersion):
            refuse(settings, BLINK, version)


@pytest.mark.parametrize("content", ["gone", "", "../starter", "\xff\xfe"])
def test_a_current_file_that_names_no_model_is_said_so_not_replaced_in_silence(
    settings: Settings, content: str
) -> None:
    folder = settings.models / "blink"
    folder.mkdir()
    (folder / "current").write_bytes(content.encode("latin-1"))
    with pytest.raises(UnknownModel, match="there is starter"):
        registry.current(settings)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"threshold": None}, "number"),
        ({"threshold": True}, "number"),
        ({"views": ["x-ray"]}, "views"),
        ({"views": "geometry"}, "list"),
        ({"description": 7}, "text"),
        ({"kind": "oracle"}, "kind “oracle” is not known"),
        ({"kind": ["starter"]}, "text"),
        ({"fault": "yawn"}, "fault"),
        ({"version": "other"}, "card of blink/other"),
        ({"measured": [{"on": "x"}]}, "missing"),
        ({"measured": "well"}, "measured"),
        ({"training": []}, "object"),
        ({"settings": {"network": "oracle"}}, "network"),
    ],
)
def test_a_malformed_card_is_refused_with_its_path_and_reason(
    settings: Settings, changes: dict[str, Any], reason: str
) -> None:
    folder = add_model(settings, "odd", **changes)
    with pytest.raises(BadCard, match=reason) as refused:
        registry.load(settings, BLINK, "odd")
    assert str(folder / "card.json") in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"version": "odd"}', b"[" * 100_000])
def test_a_card_that_is_no_card_is_a_sentence_not_a_stack_trace(settings: Settings, content: bytes) -> None:
    (add_model(settings, "odd") / "card.json").write_bytes(content)
    with pytest.raises(WorkbenchError, match="Put back the card"):
        registry.load(settings, BLINK, "odd")


def test_a_folder_that_is_a_link_is_no_model(settings: Settings, tmp_path: Path) -> None:
    add_model(settings, "mine").rename(tmp_path / "elsewhere")
    (settings.models / "blink" / "mine").symlink_to(tmp_path / "elsewhere")
    assert registry.versions(settings) == ["starter"]
    with pytest.raises(UnknownModel):
        registry.load(settings, BLINK, "mine")


# ---- going back


def test_rolling_back_goes_step_by_step_to_the_starter_and_then_says_that_there_is_no_more(settings: Settings) -> None:
    for version in ("a", "b", "c"):
        add_model(settings, version)
        registry.promote(settings, BLINK, version)
    assert history(settings) == ["c", "b", "a", "starter"]
    assert registry.previous(settings) == "b"
    assert [registry.rollback(settings) for _ in range(3)] == ["b", "a", "starter"]
    assert registry.current(settings).version == "starter" and registry.previous(settings) is None
    with pytest.raises(NothingToRollBackTo, match=r"before “starter”.*Promote one by name: a, b, c"):
        registry.rollback(settings)


def test_promoting_to_and_fro_keeps_each_model_once(settings: Settings) -> None:
    add_model(settings, "a")
    for version in ("a", "starter", "a", "a"):
        registry.promote(settings, BLINK, version)
    assert history(settings) == ["a", "starter"]
    assert registry.rollback(settings) == "starter"


def test_a_file_of_one_line_from_before_there_was_a_history_still_stands(settings: Settings) -> None:
    add_model(settings, "old")
    (settings.models / "blink" / "current").write_text("old\n")
    assert registry.current(settings).version == "old"
    assert registry.rollback(settings) == "starter"


def test_rolling_back_passes_over_models_that_are_gone_or_broken(settings: Settings) -> None:
    for version in ("a", "gone", "broken", "now"):
        add_model(settings, version)
        registry.promote(settings, BLINK, version)
    shutil.rmtree(settings.models / "blink" / "gone")
    (settings.models / "blink" / "broken" / "card.json").write_text("{")
    assert registry.previous(settings) == "a"
    assert registry.rollback(settings) == "a"
    assert history(settings) == ["a", "starter"]


def test_a_current_model_that_is_gone_can_be_rolled_back(settings: Settings) -> None:
    add_model(settings, "a")
    registry.promote(settings, BLINK, "a")
    shutil.rmtree(settings.models / "blink" / "a")
    assert registry.rollback(settings) == "starter"
    assert registry.current(settings).version == "starter"


def test_what_is_no_name_in_the_history_is_passed_over(settings: Settings) -> None:
    add_model(settings, "a")
    (settings.models / "blink" / "current").write_text("a\n../../etc\n\n.hidden\n")
    assert registry.rollback(settings) == "starter"


# ---- deleting


def test_a_deleted_model_leaves_neither_folder_nor_history(settings: Settings) -> None:
    for version in ("a", "b"):
        add_model(settings, version)
        registry.promote(settings, BLINK, version)
    registry.delete(settings, BLINK, "a")
    assert names(settings) == ["b", "current"] and history(settings) == ["b", "starter"]
    assert registry.rollback(settings) == "starter"


def test_shipped_models_and_the_one_in_use_are_never_deleted(settings: Settings) -> None:
    add_model(settings, "starter")
    add_model(settings, "a")
    registry.promote(settings, BLINK, "a")
    with pytest.raises(CannotDelete, match=r"“a” is the model in use.*Promote another one first"):
        registry.delete(settings, BLINK, "a")
    with pytest.raises(CannotDelete, match="“starter” comes with the program"):
        registry.delete(settings, BLINK, "starter")
    with pytest.raises(UnknownModel, match="there is starter, a"):
        registry.delete(settings, BLINK, "b")
    assert names(settings) == ["a", "current", "starter"]


def test_a_broken_model_can_be_deleted(settings: Settings) -> None:
    (add_model(settings, "broken") / "card.json").write_text("{")
    registry.delete(settings, BLINK, "broken")
    assert names(settings) == []


def test_what_an_interrupted_deletion_left_goes_with_the_next_and_a_model_being_written_stays(
    settings: Settings,
) -> None:
    add_model(settings, "a").rename(settings.models / "blink" / ".deleted-1")
    add_model(settings, "b").rename(settings.models / "blink" / ".being-written.part")
    add_model(settings, "c")
    assert registry.versions(settings) == ["starter", "c"]
    registry.delete(settings, BLINK, "c")
    assert names(settings) == [".being-written.part"]


# ---- listing


def test_a_list_has_shipped_models_first_then_the_newest_and_marks_the_one_in_use(settings: Settings) -> None:
    for version, day in (("a", "2026-11-20"), ("c", "2026-11-22"), ("b", "2026-11-21")):
        add_model(settings, version, training={"at": f"{day}T10:00:00"})
    registry.promote(settings, BLINK, "b")
    found = registry.listed(settings)
    assert [one.version for one in found] == ["starter", "c", "b", "a"]
    assert [one.version for one in found if one.is_current] == ["b"]
    assert [one.version for one in found if one.shipped] == ["starter"]


def test_a_moment_with_a_zone_and_a_moment_in_utc_are_put_in_order(settings: Settings) -> None:
    add_model(settings, "earlier", training={"at": "2026-11-20T12:30:00+02:00"})
    add_model(settings, "later", training={"at": "2026-11-20T11:00:00"})
    assert [one.version for one in registry.listed(settings)] == ["starter", "later", "earlier"]


def test_a_broken_card_is_listed_with_its_sentence_and_hides_no_other(settings: Settings) -> None:
    add_model(settings, "good")
    (add_model(settings, "broken") / "card.json").write_text("{")
    add_model(settings, "strange", kind="oracle")
    found = {one.version: one for one in registry.listed(settings)}
    assert set(found) == {"starter", "good", "broken", "strange"}
    assert found["good"].card is not None and found["good"].problem is None
    assert "cannot be read as JSON" in (found["broken"].problem or "") and found["broken"].card is None
    assert "“oracle” is not known" in (found["strange"].problem or "")


def test_a_list_reads_cards_alone_so_that_a_network_without_its_export_is_listed(settings: Settings) -> None:
    add_model(settings, "net", kind="network", views=["eyes"], settings={"network": "eyes"})
    (one,) = [one for one in registry.listed(settings) if one.version == "net"]
    assert one.card is not None and one.card.network == "eyes"
    with pytest.raises(BadCard, match="missing or damaged"):
        registry.promote(settings, BLINK, "net")
    assert registry.current(settings).version == "starter"


def test_a_listed_model_has_a_card_or_a_problem() -> None:
    with pytest.raises(ValueError, match="not both"):
        Listed("a", None, None, is_current=False, shipped=False)


def test_the_summary_is_what_the_training_wrote_and_empty_where_there_is_none(settings: Settings) -> None:
    folder = add_model(settings, "a")
    assert registry.summary(settings, BLINK, "a") == ""
    (folder / "summary.txt").write_text("Total params: 136,000")
    assert registry.summary(settings, BLINK, "a") == "Total params: 136,000"


# ---- thresholds


def test_a_chosen_threshold_stands_before_the_cards_and_the_card_keeps_its_own(settings: Settings) -> None:
    folder = add_model(settings, "a")
    before = (folder / "card.json").read_bytes()
    registry.set_threshold(settings, BLINK, "a", 0.31, "never miss a blink")
    chosen = registry.chosen_threshold(settings, BLINK, "a")
    assert chosen is not None and (chosen.threshold, chosen.how) == (0.31, "never miss a blink")
    model = registry.load(settings, BLINK, "a")
    assert (model.threshold, model.card.threshold) == (0.31, 0.7)
    assert registry.threshold(settings, BLINK, "a") == 0.31
    assert (folder / "card.json").read_bytes() == before
    registry.reset_threshold(settings, BLINK, "a")
    assert registry.load(settings, BLINK, "a").threshold == registry.threshold(settings, BLINK, "a") == 0.7
    assert registry.chosen_threshold(settings, BLINK, "a") is None
    registry.reset_threshold(settings, BLINK, "a")


def test_the_starters_threshold_is_kept_beside_the_models_of_this_installation(settings: Settings) -> None:
    shipped = HOME / "models" / "blink" / "starter" / "card.json"
    before = shipped.read_bytes()
    registry.set_threshold(settings, BLINK, "starter", 0.4, "by hand")
    assert registry.current(settings).threshold == 0.4 and shipped.read_bytes() == before
    assert (settings.models / "blink" / ".thresholds" / "starter.json").is_file()
    assert registry.versions(settings) == ["starter"]


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, 7.0, float("nan"), float("inf")])
def test_a_threshold_that_cannot_be_is_refused(settings: Settings, threshold: float) -> None:
    with pytest.raises(BadThreshold, match="between 0 and 1"):
        registry.set_threshold(settings, BLINK, "starter", threshold, "by hand")
    assert registry.current(settings).threshold == 0.5


def test_a_threshold_for_what_is_no_model_is_refused(settings: Settings) -> None:
    with pytest.raises(UnknownModel):
        registry.set_threshold(settings, BLINK, "gone", 0.4, "by hand")
    for refuse in (registry.chosen_threshold, registry.reset_threshold, registry.threshold):
        with pytest.raises(BadVersion):
            refuse(settings, BLINK, "../starter")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"threshold": 2, "how": "", "at": "2026-11-22"}', '{"threshold": 0.4}']
)
def test_a_damaged_threshold_is_a_sentence_and_never_the_cards_in_silence(settings: Settings, content: str) -> None:
    path = registry.threshold_file(settings, BLINK, "starter")
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(BadThreshold, match="remove that file"):
        registry.current(settings)
    registry.set_threshold(settings, BLINK, "starter", 0.4, "anew")
    assert registry.current(settings).threshold == 0.4


def test_a_deleted_model_leaves_no_threshold_to_the_next_of_its_name(settings: Settings) -> None:
    add_model(settings, "a")
    registry.set_threshold(settings, BLINK, "a", 0.2, "by hand")
    registry.delete(settings, BLINK, "a")
    add_model(settings, "a")
    assert registry.load(settings, BLINK, "a").threshold == 0.7


# ---- a disk that takes nothing


@pytest.fixture
def full(settings: Settings) -> Settings:
    """An installation with the models “a”, in use, and “b”, and a disk that takes nothing of what is kept."""
    for version in ("a", "b"):
        add_model(settings, version)
        registry.promote(settings, BLINK, version)
    return settings


NOT_TAKEN: dict[str, tuple[Callable[[Settings], object], str]] = {
    "promote": (lambda settings: registry.promote(settings, BLINK, "a"), "“a” was not put in use"),
    "roll back": (lambda settings: registry.rollback(settings), "“a” was not put in use"),
    "threshold": (lambda settings: registry.set_threshold(settings, BLINK, "a", 0.4, ""), "The threshold was not set"),
    "delete": (lambda settings: registry.delete(settings, BLINK, "a"), "“a” was not deleted"),
    "record": (lambda settings: registry.record(settings, registry.load(settings, BLINK, "a"), MEASURED), "recorded"),
}


@pytest.mark.parametrize("what", NOT_TAKEN)
def test_what_the_disk_does_not_take_is_one_sentence_and_changes_nothing(full: Settings, what: str) -> None:
    act, sentence = NOT_TAKEN[what]
    before = registry.listed(full), history(full)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(NotKept, match=f"{sentence}.*could not be written.*Make room there"):
            act(full)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (registry.listed(full), history(full)) == before
