"""What the Tune page says of labels and models, from plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

from workbench.archive.splits import SIDES, TEST, TRAINING, VALIDATION
from workbench.jobs import Job
from workbench.learning.cards import Card, Measurement
from workbench.learning.comparing import Comparison
from workbench.learning.evaluation import FIGURES
from workbench.learning.readiness import Readiness, Side
from workbench.learning.recipes import OBJECTIVE, REPORTED
from workbench.learning.registry import Chosen, Listed
from workbench.ui import archive_view
from workbench.ui.charts import Line
from workbench.ui.table import NUMBER, OPEN, Column, Row
from workbench.ui.wording import counted, listed

TITLES = {TRAINING: "Training", VALIDATION: "Validation", TEST: "Test"}
PURPOSES = {
    TRAINING: "The photos that a network learns from",
    VALIDATION: "What decides when to stop, and where the threshold lies",
    TEST: "People held back: only here do figures speak of others",
}
NOTHING = "–"

# ---- what would be learnt from


def sides(ready: Readiness) -> list[tuple[str, str, str]]:
    """Title, counts and purpose of each side; where there are no sides yet, of everything that is labelled."""
    if not any(side.groups for side in ready.sides.values()):
        return [("Labelled", side_line(Side(ready.blinks, ready.others)), "No side of a split yet: too few people")]
    found = [(TITLES[side], side_line(ready.sides[side]), PURPOSES[side]) for side in SIDES]
    if ready.unsided:
        found.append(("New", counted(ready.unsided, "photo"), "Labels that get their side when training begins"))
    return found


def side_line(side: Side) -> str:
    """“60 blinks · 660 others · 11 groups”."""
    groups = counted(side.groups, "group") if side.groups else ""
    return listed((counted(side.blinks, "blink"), counted(side.others, "other"), groups))


# ---- models

MODELS = (
    Column("version", "Model", OPEN),
    Column("state", "In use"),
    Column("network", "Network"),
    Column("learnt", "Learnt from", help="Photos and groups of the training side"),
    Column("validation", "Validation AP", NUMBER, help="Average precision on the validation side, 95 % interval"),
    Column("test", "Test AP", NUMBER, help="Average precision on the test side, 95 % interval"),
    Column("accuracy", "Test accuracy", NUMBER, help="Share of the test photos judged rightly, 95 % interval"),
    Column("date", "Trained"),
)


def model_row(one: Listed) -> Row:
    """A model's row; a broken one says so."""
    known = {"version": one.version, "state": "current" if one.is_current else ""}
    if one.card is None:
        rest = dict.fromkeys((column.name for column in MODELS[2:]), NOTHING) | {"network": "cannot be used"}
    else:
        rest = {
            "network": one.card.network,
            "learnt": learnt_from(one.card),
            "validation": figure(one.card, VALIDATION, "average precision"),
            "test": figure(one.card, TEST, "average precision"),
            "accuracy": figure(one.card, TEST, "accuracy"),
            "date": archive_view.day(one.card.trained_at) if one.card.trained_at else "came with Eye Spy",
        }
    return Row(one.version, {**known, **rest}, href=f"tune?model={one.version}", label=one.version)


def learnt_from(card: Card) -> str:
    """“720 photos · 60 blinks · 11 groups” of the training side alone."""
    counts = (card.training or {}).get("counts", {}).get(TRAINING)
    if not counts:
        return NOTHING
    positive = counts.get("BLINKING", 0)
    photos = positive + counts.get("NON_BLINKING", 0)
    groups = _SAME_PEOPLE if _one_person(card) else counted(counts.get("groups", 0), "group")
    return listed((counted(photos, "photo"), counted(positive, "blink"), groups))


_SAME_PEOPLE = "same people on all sides"


def _one_person(card: Card) -> bool:
    """Whether nobody could be held back: then its figures say nothing about other people, and the page says that."""
    return bool((card.training or {}).get("one_person"))


def measured_on(card: Card, side: str) -> Measurement | None:
    """What the card says was measured on a side of the split."""
    return next((one for one in card.measured if one.on == f"{side} side"), None)


def figure(card: Card, side: str, name: str) -> str:
    """A figure of the card on that side, with its interval."""
    measured = measured_on(card, side)
    return ranged((measured.figures if measured else {}).get(name, {}))


def ranged(numbers: Mapping[str, Any]) -> str:
    """“0.946 (0.936–0.954)”; where there is no interval, as from too few errors, it says so."""
    value, low, high = (numbers.get(name) for name in ("value", "low", "high"))
    if value is None:
        return NOTHING
    return f"{value:.3f} " + ("(no interval)" if low is None or high is None else f"({low:.3f}–{high:.3f})")


def figure_columns(card: Card) -> list[Column]:
    """Name, the sides or sets that were measured on, and what the first report says of this network."""
    same = " (same people)" if _one_person(card) else ""
    measured = [Column(f"on{at}", _on(one) + same, NUMBER, help=_about(one)) for at, one in enumerate(card.measured)]
    reported = [Column("reported", "First report", help="On other photos")] if card.network in REPORTED else []
    return [Column("name", "Figure"), *measured, *reported]


def figure_rows(card: Card) -> list[Row]:
    """A row for each figure."""
    reported = REPORTED.get(card.network, {})
    return [
        Row(
            name,
            {
                "name": f"{name} (aim {OBJECTIVE:g})" if name == "accuracy" else name,
                **{f"on{at}": ranged(one.figures.get(name, {})) for at, one in enumerate(card.measured)},
                "reported": f"{reported[name]:.3f}" if name in reported else NOTHING,
            },
            label=name,
        )
        for name in FIGURES
    ]


def _on(measured: Measurement) -> str:
    side = measured.on.removesuffix(" side")
    return TITLES.get(side, measured.on.partition(":")[0].partition(" (")[0])


def _about(measured: Measurement) -> str:
    counts = counted(measured.photos, "photo"), counted(measured.positives, "blink"), counted(measured.groups, "group")
    return f"{measured.on}: {listed(counts)}, {measured.date}"


def about(card: Card, chosen: Chosen | None = None) -> str:
    """How a model came to be, in a line: synthetic blinks, parameters, epochs, time, threshold and seed.

    `chosen` is the threshold that stands before the card's, by which the card's figures are.
    """
    known = card.training or {}
    best = f"best epoch {known['best_epoch']} of {known['epochs']}" if "best_epoch" in known else ""
    parts = (
        f"{known['synthetic']:,} synthetic blinks" if known.get("synthetic") else "",
        f"{known['parameters']:,} parameters" if "parameters" in known else "",
        best,
        f"trained in {duration(known['seconds'])}" if "seconds" in known else "",
        flags_from(card, chosen),
        f"seed {known['seed']}" if "seed" in known else "",
    )
    return listed(parts)


def flags_from(card: Card, chosen: Chosen | None) -> str:
    """“threshold 0.50”, or the one that was chosen with the card's beside it."""
    if chosen is None:
        return f"threshold {card.threshold:.2f}"
    return f"threshold {chosen.threshold:.3f}, chosen (its card: {card.threshold:.2f}; the figures below are at that)"


def duration(seconds: float) -> str:
    """“35 s”, “4 min”, “1 h 10 min”."""
    if seconds < 100:
        return f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def curves(document: Mapping[str, Sequence[float]]) -> list[Line]:
    """The losses of a training by epoch."""
    names = {"loss": "training", "val_loss": "validation"}
    return [
        Line(title, range(1, len(document[name]) + 1), document[name], main=name == "val_loss")
        for name, title in names.items()
        if document.get(name)
    ]


# ---- comparison


def difference_columns(found: Comparison) -> list[Column]:
    """Both models by name, and what lies between them."""
    return [
        Column("name", "Figure"),
        Column("a", found.versions[0], NUMBER),
        Column("b", found.versions[1], NUMBER),
        Column("difference", "Difference", NUMBER, help="95 % interval, over the same people for both"),
        Column("said", "Beyond chance"),
    ]


def difference_rows(found: Comparison) -> list[Row]:
    """A row for each figure."""
    return [
        Row(
            one.name,
            {
                "name": one.name,
                "a": NOTHING if isnan(one.a) else f"{one.a:.3f}",
                "b": NOTHING if isnan(one.b) else f"{one.b:.3f}",
                "difference": signed(one.value, one.low, one.high),
                "said": "yes" if one.sure else "no" if not isnan(one.low) else one.reason,
            },
            label=one.name,
        )
        for one in found.differences
    ]


def signed(value: float, low: float, high: float) -> str:
    """“+0.005 (+0.001 to +0.009)”; a dash where it is not defined."""
    if isnan(value):
        return NOTHING
    said = f"{value:+.3f}" + ("" if isnan(low) else f" ({low:+.3f} to {high:+.3f})")
    return said.replace("-", "−")


def compared_on(found: Comparison) -> str:
    """On whom two models were compared."""
    photos, groups = sum(found.groups.values()), len(found.groups)
    left = f"; {counted(found.left_out, 'group')} left out, as one of them learnt from it" if found.left_out else ""
    return f"Compared on {counted(photos, 'test photo')} of {counted(groups, 'group')} that neither learnt from{left}."


# ---- work that goes on


def training_jobs(found: Iterable[Job]) -> list[Job]:
    """The jobs that train or search, in the order given."""
    return [job for job in found if job.command[0] in ("train", "tune")]


def tail(text: str, lines: int = 14) -> str:
    """The last lines of a log; a progress bar's rewritten line counts with its last state."""
    whole = [line.rpartition("\r")[2] for line in text.rstrip("\n").split("\n")]
    return "\n".join(whole[-lines:])
