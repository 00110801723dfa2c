"""`models`: the models there are, which one is in use, and which is the better one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from workbench import report
from workbench.faults import BLINK

if TYPE_CHECKING:
    from workbench.learning.cards import Card, Measurement
    from workbench.learning.comparing import Comparison
    from workbench.learning.registry import Chosen, Listed

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
_NONE = "–"
_SHOWN = ("AUC", "accuracy")
_INTERVAL = "difference (95 % interval)"
_WHOLE = ("network", *_SHOWN, "date", _INTERVAL, "value (95 % interval)")
"""Columns that are never broken into lines."""


@click.group(invoke_without_command=True)
@_AS_JSON
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """The models there are: list them (the default), show, compare, promote, roll back, delete or add one.

    A model is named by its VERSION. The one in use is marked; it changes only when you promote another.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=as_json)


@models.command("list")
@_AS_JSON
@click.pass_obj
def list_(bench: Any, as_json: bool) -> None:
    """List all models: those that ship first, then the newest."""
    from workbench.learning import registry

    found = registry.listed(bench.settings, BLINK)
    current, rows = registry.current_version(bench.settings, BLINK), [_listed(one) for one in found]
    if as_json:
        report.print_json({"current": current, "models": rows})
        return
    _print(("", "model", "network", "labels", *_SHOWN, "date"), [_row(row) for row in rows])
    for one in found:
        measured = one.card.tested if one.card else None
        note = f"{one.version}: measured on {measured.on}" if measured else one.problem
        if note:
            report.say(report.shown(note))
    if not any(one.is_current for one in found):
        report.say(f"The model in use, “{report.shown(current)}”, is not there. Promote one of these.")


@models.command()
@click.argument("version")
@_AS_JSON
@click.pass_obj
def show(bench: Any, version: str, as_json: bool) -> None:
    """Show the card of a model: what it is, what it does badly, what it learnt from and how good it is."""
    from workbench.learning import registry

    card = registry.read_card(bench.settings, BLINK, version)
    summary = registry.summary(bench.settings, BLINK, version)
    chosen = registry.chosen_threshold(bench.settings, BLINK, version)
    is_current = version == registry.current_version(bench.settings, BLINK)
    if as_json:
        besides = {
            "is_current": is_current,
            "summary": summary,
            "chosen_threshold": report.plain(chosen) if chosen else None,
        }
        report.print_json({**report.plain(card), **besides})
    else:
        _show(card, summary, chosen, is_current=is_current)


@models.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@_AS_JSON
@click.pass_obj
def compare(bench: Any, a: str, b: str | None, as_json: bool) -> None:
    """Compare model A with model B (default: the current one).

    Both answer for the labelled photos of the test side, without those of people that either has learnt from.
    """
    from workbench.learning import comparing, registry
    from workbench.vision import analysis

    first = registry.load(bench.settings, BLINK, a)
    second = registry.load(bench.settings, BLINK, b) if b else registry.current(bench.settings, BLINK)
    with analysis.pool(bench.settings) as executor, report.working("Comparing", quiet=as_json):
        found = comparing.compare(bench.settings, bench.engine, BLINK, first, second, executor)
    report.keep(comparing.as_json(found))
    if as_json:
        report.print_json(comparing.as_json(found))
    else:
        _compared(found)


@models.command()
@click.argument("version")
@_AS_JSON
@click.pass_obj
def promote(bench: Any, version: str, as_json: bool) -> None:
    """Put a model in use. The one before it stays and can be rolled back to."""
    from workbench.learning import registry

    before = registry.current_version(bench.settings, BLINK)
    registry.promote(bench.settings, BLINK, version)
    _in_use(bench, version, f"before it was “{before}”" if before != version else "it was already", as_json=as_json)


@models.command()
@_AS_JSON
@click.pass_obj
def rollback(bench: Any, as_json: bool) -> None:
    """Put the model in use again that was there before the current one."""
    from workbench.learning import registry

    before = registry.current_version(bench.settings, BLINK)
    version = registry.rollback(bench.settings, BLINK)
    _in_use(bench, version, f"“{before}” stays and can be promoted again", as_json=as_json)


@models.command()
@click.argument("version")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_AS_JSON
@click.pass_obj
def delete(bench: Any, version: str, yes: bool, as_json: bool) -> None:
    """Delete a model. Those that ship, the one in use, and one that a job works with stay."""
    from workbench.learning import registry, traces

    registry.deletable(bench.settings, BLINK, version)
    if not yes:
        click.confirm(f"Delete the model “{report.shown(version)}”? This cannot be undone", abort=True, err=True)
    bench.require_unused(version)
    registry.delete(bench.settings, BLINK, version)
    traces.forget_model(bench.settings, bench.engine, BLINK, version)
    if as_json:
        report.print_json({"deleted": version})
    else:
        report.say(f"“{report.shown(version)}” is deleted.")


@models.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--name", metavar="VERSION", help="What to call it here (default: the folder's name).")
@_AS_JSON
@click.pass_obj
def add(bench: Any, folder: Path, name: str | None, as_json: bool) -> None:
    """Add a model from elsewhere: its card.json and its weights, read into one of our own networks.

    Nothing in FOLDER is ever run. It is not in use until you promote it.
    """
    from workbench.learning import traces, training

    with report.working("Reading the model", quiet=as_json):
        version = training.adopt(bench.settings, BLINK, folder, name or folder.resolve().name)
    traces.begin(bench.settings, bench.engine, BLINK, version)
    if as_json:
        report.print_json({"added": version})
    else:
        report.say(f"“{report.shown(version)}” is added. Compare it: python -m workbench models compare {version}")


def _in_use(bench: Any, version: str, besides: str, *, as_json: bool) -> None:
    from workbench.learning import registry

    if as_json:
        report.print_json({"current": version, "previous": registry.previous(bench.settings, BLINK)})
    else:
        report.say(f"“{report.shown(version)}” is in use now; {report.shown(besides)}.")


# ---- a model in a list


def _listed(one: Listed) -> dict[str, Any]:
    """A model of a list as JSON values."""
    about: dict[str, Any] = {"version": one.version, "current": one.is_current, "shipped": one.shipped}
    if one.card is None:
        return {**about, "problem": one.problem}
    at = one.card.trained_at
    return {
        **about,
        "network": one.card.network,
        "labels": dict(one.card.learnt_from),
        "trained_at": at.isoformat() if at else None,
        "measured": report.plain(one.card.tested) if one.card.tested else None,
    }


def _row(one: Mapping[str, Any]) -> list[str]:
    mark, version = "*" if one["current"] else "", one["version"]
    if "problem" in one:
        return [mark, version, "broken", *[""] * 4]
    measured = one["measured"] or {"figures": {}, "date": ""}
    figures = [_figure(measured["figures"].get(name)) for name in _SHOWN]
    date = (one["trained_at"] or measured["date"])[: len("2026-11-22")]
    return [mark, version, one["network"], _labels(one["labels"]), *figures, date]


def _labels(counts: Mapping[str, int]) -> str:
    return f"{sum(counts.values()):,}" if counts else _NONE


def _figure(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return _NONE
    sure = figure["low"] is not None and figure["high"] is not None
    return f"{figure['value']:.3f}" + (f" ({figure['low']:.3f}–{figure['high']:.3f})" if sure else "")


# ---- a model by itself


def _show(card: Card, summary: str, chosen: Chosen | None, *, is_current: bool) -> None:
    lines = [f"{card.version} ({card.network}){', in use' if is_current else ''}", card.description, card.how]
    lines += [_threshold(card, chosen), *_learnt(card)]
    lines += [f"Limit: {limit}" for limit in card.limits] + [f"Licence: {licence}" for licence in card.licences]
    for line in lines:
        if line:
            report.say(report.shown(line))
    if summary:
        report.say("\n".join(map(report.shown, summary.splitlines())))
    for measured in card.measured:
        _measured(measured)


def _threshold(card: Card, chosen: Chosen | None) -> str:
    if chosen is None:
        return f"A photo is flagged from {card.threshold:g} on."
    since = f"since {chosen.at:%Y-%m-%d}, {chosen.how}"
    return f"A photo is flagged from {chosen.threshold:g} on ({since}); its card says {card.threshold:g}."


def _learnt(card: Card) -> list[str]:
    """What is known of the training, a line each."""
    if card.training is None:
        return []
    labels = ", ".join(f"{number:,} {name}" for name, number in card.learnt_from.items())
    at, synthetic = card.trained_at, card.training.get("synthetic")
    warnings = card.training.get("warnings")
    return [
        f"Learnt from: {labels or 'not said'}{f', {synthetic} drawn blinks' if synthetic else ''}.",
        f"Trained: {at:%Y-%m-%d %H:%M} UTC." if at else "",
        *(f"Warning: {warning}" for warning in (warnings if isinstance(warnings, list) else [])),
    ]


def _measured(one: Measurement) -> None:
    counts = f"{one.photos} photos, {one.positives} of them blinks, in {one.groups} groups, {one.date}"
    report.say(report.shown(f"On {one.on} ({counts}):"))
    rows = [[name, _figure(figure), str(figure.get("reason", ""))] for name, figure in one.figures.items()]
    _print(("figure", "value (95 % interval)", "note"), rows)


# ---- two models


def _compared(found: Comparison) -> None:
    from workbench.learning.comparing import people, signed

    rows = [[one.name, _three(one.a), _three(one.b), signed(one)] for one in found.differences]
    _print(("figure", *found.versions, _INTERVAL), rows)
    for reason in dict.fromkeys(one.reason for one in found.differences if one.reason):
        report.say(f"{', '.join(one.name for one in found.differences if one.reason == reason)}: {reason}")
    report.say(report.shown(found.sentence))
    left_out = f", {people(found.left_out)} left out, as one of the two learnt from them" if found.left_out else ""
    report.say(f"Compared on the test side: {people(len(found.groups))}{left_out}:")
    for group, photos in sorted(found.groups.items()):
        report.say(f"  {group}  {photos} photo{'' if photos == 1 else 's'}")


def _three(number: float) -> str:
    return f"{number:.3f}" if number == number else _NONE


def _print(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in names:
        table.add_column(report.shown(name), overflow="fold", no_wrap=name in _WHOLE)
    for row in rows:
        table.add_row(*map(report.shown, row))
    Console(markup=False, highlight=False).print(table)
