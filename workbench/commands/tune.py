"""`tune`: a search for good settings, and the searches there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.commands.gathering import gathered
from workbench.faults import BLINK
from workbench.learning import searches, spaces

if TYPE_CHECKING:
    from workbench.learning.searches import Search

_MINUTES = ", ".join(f"{preset.minutes:g} for {name}" for name, preset in spaces.PRESETS.items())


@click.command()
@click.option(
    "--preset",
    type=click.Choice(list(spaces.PRESETS)),
    default="quick",
    show_default=True,
    help="How large, and over which settings: of our network, or of the photographer's report.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help=f"Time for the trials of this run; training the winner comes after it. Default: {_MINUTES}.",
)
@click.option(
    "--objective",
    type=click.Choice(spaces.OBJECTIVES),
    default=spaces.OBJECTIVES[0],
    show_default=True,
    help="What a trial is judged by, on the validation side.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 2), default=0, show_default=True, help="Of everything random.")
@click.option("--list", "lists", is_flag=True, help="List the searches there are.")
@click.option("--show", metavar="ID", help="Show a search and its trials.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_obj
def tune(bench: Any, lists: bool, show: str | None, as_json: bool, **asked: Any) -> None:
    """Search for the settings that learn best from the labels, and train a model with them.

    Keras Tuner's Hyperband tries many settings for a short while and the best of them longer. The same labels and the
    same preset go on with the same search: what was finished is not repeated. The winner is compared with the model in
    use; it is not put in use by itself.
    """
    if lists:
        _list(searches.every(bench.settings, BLINK), as_json=as_json)
    elif show:
        _show(searches.read(bench.settings, BLINK, show), as_json=as_json)
    else:
        _tune(bench, as_json=as_json, **asked)


def _tune(bench: Any, preset: str, minutes: float | None, objective: str, seed: int, *, as_json: bool) -> None:
    from workbench.learning import tuning

    asked = spaces.Asked(spaces.PRESETS[preset], objective, minutes, seed)
    with report.progress(quiet=as_json) as bar:

        def tell(what: str, done: int, total: int) -> None:
            bar.telling(what if bar.sink else what.partition(":")[0], done, total)  # a terminal has one line for each

        examples = gathered(bench, bar)
        found = tuning.search(bench.settings, bench.engine, examples, asked, tell=tell)
    document = {
        "search": found.id,
        "trials": found.done,
        "winner": found.winner,
        "verdict": found.verdict,
        "best": found.best.score if found.best else None,
        "seconds": round(found.seconds, 1),
    }
    report.keep(document)
    if as_json:
        report.print_json(document)
    else:
        _say(found)


def _list(found: list[Search], *, as_json: bool) -> None:
    if as_json:
        report.print_json([_plain(search) for search in found])
    elif not found:
        report.say("No search yet. Start one: python -m workbench tune")
    else:
        rows = [("search", "state", "trials", "best", "winner", "started (UTC)")]
        for one in found:
            trials, score = f"{one.done} of {one.planned_trials}", _figure(one.best.score if one.best else None)
            rows.append((one.id, one.state, trials, score, one.winner or "–", f"{one.started_at:%Y-%m-%d %H:%M}"))
        _print(rows)


def _show(found: Search, *, as_json: bool) -> None:
    if as_json:
        report.print_json(_plain(found))
        return
    rows = [("trial", "rung", "epochs", "state", found.objective, "settings")]
    for one in found.trials:
        values = " ".join(f"{name}={_setting(value)}" for name, value in one.settings.items())
        about = (f"{one.bracket}·{one.rung}", f"{one.epochs} of {one.planned_epochs}", one.status, _figure(one.score))
        rows.append((one.id, *about, values))
    _print(rows)
    _say(found)


def _say(found: Search) -> None:
    report.say(
        f"{report.shown(found.id)}: {found.state}, {found.done} of {found.planned_trials} trials in "
        f"{found.seconds / 60:.1f} minutes; best {found.objective} on the validation side "
        f"{_figure(found.best.score if found.best else None)} (the trials were chosen by it, so it flatters)."
    )
    for one in found.references:
        report.say(f"For comparison, “{one.network}” as reported: {one.score:.4f}.")
    if found.verdict:
        report.say(found.verdict)
    if found.winner:
        report.say(f"The winner is not in use by itself: python -m workbench models promote {found.winner}")
    if found.state == searches.STOPPED:
        report.say("The same command goes on with this search.")


def _plain(found: Search) -> dict[str, Any]:
    counts = {"done": found.done, "running": found.running, "planned_trials": found.planned_trials}
    best = found.best.id if found.best else None
    return {**report.plain(found), **counts, "best": best, "seconds_left": found.seconds_left}


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _setting(value: float | int | str | bool) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _print(rows: Sequence[tuple[str, ...]]) -> None:
    """Rows in columns, each on a line of its own however long it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        report.say(report.shown("  ".join(map(str.ljust, row, widths)).rstrip()))
