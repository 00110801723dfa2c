"""What the Tune page says of searches: rungs, trials, the best of them and the time, from plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import log10

from workbench.learning.searches import RUNNING, STOPPED, Search, Trial
from workbench.learning.spaces import METRICS, PRESETS, Rung
from workbench.ui import reporting
from workbench.ui.charts import Axis, Line
from workbench.ui.table import NUMBER, Column, Row
from workbench.ui.tuning_view import NOTHING, duration
from workbench.ui.wording import counted, listed, time_left

PRESET_TITLES = {"quick": "Quick", "thorough": "Thorough", "as-reported": "As in the first report"}
PRESET_ABOUT = {
    "quick": "Small networks for both eyes and the face’s numbers, tried briefly.",
    "thorough": "The same space for longer, and the two networks of the first report beside it.",
    "as-reported": "The first report’s own search: width and learning rate of its “final” network.",
}
_LOG = ("learning_rate",)
_TINY = 1e-12
_TICKS = 6
"""Values of an axis that can all be written beside it."""
_ENOUGH = 2
"""Trials from which lines between axes can be compared."""

# ---- in words


def title(search: Search) -> str:
    """“Quick · average precision · 22 trials · 20 Nov 2026”."""
    about = (PRESET_TITLES.get(search.preset, search.preset), search.objective, counted(len(search.trials), "trial"))
    return listed((*about, search.state, f"{_moment(search.started_at)}"))


def _moment(at: datetime) -> str:
    """A moment by the photographer's clock; searches keep UTC without a zone."""
    return f"{at.replace(tzinfo=UTC).astimezone():%-d %b %Y, %H:%M}"


def progress(search: Search) -> str:
    """“7 of 22 trials done, 1 running · best 0.947 · 4 min left”."""
    left = time_left(search.seconds_left) if search.seconds_left is not None else ""
    return listed((over(search), best(search), f"{duration(search.seconds)} spent", left))


def over(search: Search) -> str:
    """“7 of 22 trials done, 1 running”, the figures that matter bold."""
    running = f", {search.running} running" if search.running else ""
    return f"**{search.done} of {search.planned_trials} trials** done{running}"


def after(search: Search, doing: str) -> str:
    """What is done when the trials are over: the winner is trained, and compared with the current model."""
    return listed((doing, over(search), best(search)))


def best(search: Search) -> str:
    """“best 0.947 (trial 4)”."""
    found = search.best
    return f"best {search.objective} **{found.score:.3f}**" if found and found.score is not None else ""


def where(search: Search) -> str:
    """“Bracket 1, rung 2: 3 trials of up to 9 epochs”: where the search is now; empty where it is nowhere."""
    at = next((trial for trial in search.trials if trial.status == RUNNING), None)
    rung = next((one for one in search.plan if at and (one.bracket, one.rung) == (at.bracket, at.rung)), None)
    if rung is None:
        return ""
    trials, epochs = counted(rung.size, "trial"), counted(rung.epochs, "epoch")
    return f"Bracket {rung.bracket}, rung {rung.rung}: {trials} of up to {epochs}"


def verdict(search: Search) -> tuple[str, str]:
    """What came of a search as Markdown: its first sentence, or how far it is, and everything else."""
    first, stop, rest = search.verdict.partition(". ")
    stopped = f"{over(search)}. Start the same search again to go on from there." if search.state == STOPPED else ""
    more = [reporting.plain(rest), reporting.plain(beside(search)), stopped if search.verdict else ""]
    said = f"**{reporting.plain(first + stop.strip())}**" if first else stopped or progress(search)
    return said, " ".join(each for each in more if each)


def beside(search: Search) -> str:
    """What the networks of the first report reached on the same photos; empty where they were not asked."""
    found = [f"{one.network} {one.score:.3f}" for one in search.references]
    return f"The first report’s networks on the same photos: {listed(found)}." if found else ""


# ---- the ladder


def ladder(search: Search) -> str:
    """Hyperband's rungs as HTML of our own numbers: a cell for each planned trial, by what became of it."""
    brackets = sorted({rung.bracket for rung in search.plan}, reverse=True)
    return f'<div class="ladder">{"".join(_bracket(search, bracket) for bracket in brackets)}</div>'


def _bracket(search: Search, bracket: int) -> str:
    rungs = [rung for rung in search.plan if rung.bracket == bracket]
    return f'<div class="bracket"><b>Bracket {bracket}</b>{"".join(_rung(search, rung) for rung in rungs)}</div>'


def _rung(search: Search, rung: Rung) -> str:
    marks = rung_marks(search.trials, rung)
    cells = "".join(f'<i class="{mark}"></i>' for mark in marks)
    done = sum(mark in ("done", "failed") for mark in marks)
    said = f"{done} of {len(marks)}"
    epochs = counted(rung.epochs, "epoch")
    label = f"Rung {rung.rung}, up to {epochs}: {said} trials done"
    return (
        f'<div class="rung" role="img" aria-label="{label}" title="{label}">'
        f"<span>{epochs}</span><span>{cells}</span><span>{said}</span></div>"
    )


def rung_marks(trials: Sequence[Trial], rung: Rung) -> list[str]:
    """What became of each place of a rung: done, failed, running, else planned."""
    here = [trial.status for trial in trials if (trial.bracket, trial.rung) == (rung.bracket, rung.rung)]
    order = {"done": 0, "failed": 1, "running": 2}
    begun = sorted((status for status in here if status in order), key=order.__getitem__)
    return [*begun, *["planned"] * max(0, rung.size - len(begun))]


# ---- trials


def settings_of(search: Search) -> list[str]:
    """What the space varies, in the order in which it is first met."""
    return list(dict.fromkeys(name for trial in search.trials for name in trial.settings))


def columns(search: Search) -> list[Column]:
    """Trial, rung, epochs and score; then what varies."""
    varied = [Column(f"set-{name}", name.replace("_", " ").capitalize(), NUMBER) for name in settings_of(search)]
    score = Column("score", search.objective.capitalize(), NUMBER, help="On the validation side, at its best epoch")
    return [
        Column("trial", "Trial", NUMBER),
        Column("rung", "Rung", help="Bracket and rung of Hyperband"),
        Column("epochs", "Epochs", NUMBER),
        score,
        *varied,
        Column("from", "Goes on from", NUMBER),
        Column("state", "State"),
    ]


def rows(search: Search) -> list[Row]:
    """A row for each trial, the best first."""
    return [_row(search, trial) for trial in ranked(search)]


def ranked(search: Search) -> list[Trial]:
    """The trials, the best first; those without a score last."""
    sign = -1 if METRICS[search.objective].more_is_better else 1
    return sorted(search.trials, key=lambda one: (one.score is None, sign * (one.score or 0.0), one.id))


def _row(search: Search, trial: Trial) -> Row:
    is_best = search.best is not None and trial.id == search.best.id
    about: dict[str, str | int] = {
        "trial": _short(trial.id),
        "rung": f"{trial.bracket} · {trial.rung}",
        "epochs": trial.epochs,
        "score": NOTHING if trial.score is None else f"{trial.score:.4f}",
        "from": _short(trial.continued_from) if trial.continued_from else "",
        "state": "best" if is_best else trial.status,
    }
    varied = {f"set-{name}": shown(trial.settings.get(name)) for name in settings_of(search)}
    return Row(trial.id, {**about, **varied}, label=f"Trial {_short(trial.id)}")


def _short(trial_id: str) -> str:
    """Keras Tuner counts trials as 0007."""
    return trial_id.lstrip("0") or "0"


def shown(value: object) -> str:
    """A setting as people read it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


# ---- charts


def trial_lines(search: Search) -> list[Line]:
    """Each trial's objective by epoch; the best one stands out."""
    chosen = search.best.id if search.best else None
    return [
        Line(_line_name(trial, chosen), range(1, len(trial.curve) + 1), trial.curve, main=trial.id == chosen)
        for trial in search.trials
        if trial.curve
    ]


def _line_name(trial: Trial, chosen: str | None) -> str:
    return f"best: trial {_short(trial.id)}" if trial.id == chosen else ""


def axes(search: Search) -> tuple[list[Axis], list[float], int]:
    """The axes of the parallel-coordinates plot, how good each of its lines is, and which is the best one's.

    No axes where there are too few trials to compare.
    """
    scored = list(search.finished)
    if len(scored) < _ENOUGH or search.best is None:
        return [], [], 0
    found = [_axis(name, [trial.settings.get(name) for trial in scored]) for name in settings_of(search)]
    scores = [trial.score or 0.0 for trial in scored]
    worth = scores if METRICS[search.objective].more_is_better else [-score for score in scores]
    return [*found, Axis(search.objective, scores)], worth, scored.index(search.best)


def _axis(name: str, values: Sequence[object]) -> Axis:
    """Numbers as they are (tenths of a learning rate evenly apart); words and yes or no by their place."""
    said = name.replace("_", " ")
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        words = sorted({shown(value) for value in values})
        return Axis(said, [words.index(shown(value)) for value in values], dict(enumerate(words)))
    if name in _LOG:
        return Axis(said, [log10(max(each, _TINY)) for each in numbers], _few(numbers, log10))
    return Axis(said, numbers, _few(numbers, float))


def _few(numbers: Sequence[float], place: Callable[[float], float]) -> dict[float, str]:
    """Words for the values of an axis, for its ends alone where they are many."""
    distinct = sorted(set(numbers))
    wanted = distinct if len(distinct) <= _TICKS else [distinct[0], distinct[-1]]
    return {place(max(number, _TINY) if place is log10 else number): f"{number:.2g}" for number in wanted}


def preset_about(name: str) -> str:
    """What a preset does, in two lines."""
    preset = PRESETS[name]
    return f"{PRESET_ABOUT[name]} Up to {preset.max_epochs} epochs a trial, about {preset.minutes:g} minutes."
