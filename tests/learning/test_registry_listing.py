"""Models as they are listed, their thresholds, and a disk that takes nothing."""

from __future__ import annotations

import resource
from collections.abc import Callable

import pytest

from tests.learning.shelf import MEASURED, add_model, history
from workbench.faults import BLINK
from workbench.learning import registry
from workbench.learning.cards import BadCard
from workbench.learning.keeping import NotKept
from workbench.learning.registry import (
    BadThreshold,
    BadVersion,
    Listed,
    UnknownModel,
)
from workbench.settings import HOME, Settings

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
