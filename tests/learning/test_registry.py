"""Models in real folders: what is current, what is refused, and what the shipped starter says of itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.learning.shelf import add_model, ask, history, names, seen
from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.learning import registry
from workbench.learning.cards import BadCard
from workbench.learning.registry import (
    BadVersion,
    CannotDelete,
    NothingToRollBackTo,
    UnknownModel,
)
from workbench.settings import HOME, Settings


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
