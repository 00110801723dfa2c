"""`train`: a network from the labels of the archive, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.archive.splits import SIDES
from workbench.commands.gathering import gathered
from workbench.faults import BLINK
from workbench.learning import recipes

if TYPE_CHECKING:
    from workbench.learning.cards import Card
    from workbench.learning.examples import Examples

QUICK_EPOCHS = 6
"""Of the networks that are fitted on a part of the labels."""
_SHOWN = ("accuracy", "precision", "recall", "F1", "AUC", "average precision")


@click.command()
@click.option("--network", type=click.Choice(recipes.NETWORKS), default=recipes.EYES, show_default=True, help="Which.")
@click.option("--epochs", type=click.IntRange(1, 500), help="Passes at most; default: as the network's recipe says.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Of everything random.")
@click.option("--synthetic", type=click.FloatRange(0, 1), help="Share of drawn blinks; default: more with fewer real.")
@click.option("--photos", type=click.IntRange(10), help="Learn from at most so many photos.")
@click.option("--name", metavar="VERSION", help="What to call the model.")
@click.option("--promote", is_flag=True, help="Make it the current model when it is done.")
@click.option("--sizes", is_flag=True, help="No model: fit a quick one on ¼, ½, ¾ and all labels; is more worth it?")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_obj
def train(bench: Any, sizes: bool, as_json: bool, **options: Any) -> None:
    """Train a network on the labels of the archive.

    Photos are not read again. People of the validation side decide when to stop and where the threshold lies; nobody
    of the test side is learnt from. The current model stays until the new one is promoted.
    """
    if sizes and (options["promote"] or options["name"]):
        raise click.UsageError("--sizes makes no model, so there is nothing to --promote or to --name.")
    recipe = _recipe(**{name: options[name] for name in ("network", "epochs", "seed", "synthetic")})
    with report.progress(quiet=as_json) as bar:
        examples = _examples(bench, bar, options["photos"], recipe)
        document = _sizes(bench, bar, examples, recipe) if sizes else _train(bench, bar, examples, recipe, options)
    report.keep(document)
    if as_json:
        report.print_json(document)
    elif sizes:
        report.say(document["sentence"])
    else:
        _show(document)


def _recipe(network: str, epochs: int | None, seed: int, synthetic: float | None) -> recipes.Settings:
    standard = recipes.STANDARD[network]
    share = standard.synthetic if synthetic is None else synthetic
    return replace(standard, seed=seed, epochs=epochs or standard.epochs, synthetic=share)


def _examples(bench: Any, bar: report.Bar, photos: int | None, recipe: recipes.Settings) -> Examples:
    """What is learnt from. Too little of it is told at once, before TensorFlow is loaded."""
    from workbench.learning import lessons

    found = gathered(bench, bar)
    chosen = lessons.at_most(found, photos) if photos else found
    lessons.require_enough(chosen, recipe)
    return chosen


def _train(
    bench: Any, bar: report.Bar, examples: Examples, recipe: recipes.Settings, options: Mapping[str, Any]
) -> dict[str, Any]:
    from workbench.learning import cards, readiness, registry, traces, training

    warnings = [warning.sentence for warning in readiness.look(bench.engine, BLINK).warnings]
    version = training.train(
        bench.settings, examples, recipe, version=options["name"], warnings=warnings, tell=bar.telling
    )
    traces.begin(bench.settings, bench.engine, BLINK, version)
    if options["promote"]:
        registry.promote(bench.settings, BLINK, version)
    card = cards.read(bench.settings.models / BLINK.name / version / cards.NAME)
    return _document(card, promoted=options["promote"])


def _sizes(bench: Any, bar: report.Bar, examples: Examples, recipe: recipes.Settings) -> dict[str, Any]:
    from workbench.learning import sizing, training

    quick = replace(recipe, epochs=min(recipe.epochs, QUICK_EPOCHS))
    found = training.at_sizes(examples, quick, tell=bar.telling)
    sizing.keep(bench.settings, BLINK, found)
    return {**report.plain(found), "side": "validation"}


def _document(card: Card, *, promoted: bool) -> dict[str, Any]:
    about = card.training or {}
    measured = {one.on.removesuffix(" side"): one for one in card.measured}
    return {
        "version": card.version,
        "fault": card.fault,
        "network": card.settings.network if card.settings else None,
        "threshold": card.threshold,
        "threshold_from": about.get("threshold_from"),
        "seconds": about.get("seconds"),
        "parameters": about.get("parameters"),
        "counts": about.get("counts"),
        "synthetic": about.get("synthetic"),
        "figures": {side: report.plain(measured[side]) if side in measured else None for side in SIDES},
        "reported": recipes.REPORTED.get(card.settings.network) if card.settings else None,
        "objective": recipes.OBJECTIVE,
        "warnings": about.get("warnings", []),
        "promoted": promoted,
    }


def _show(found: Mapping[str, Any]) -> None:
    reported = found["reported"]
    report.figures_by_side(found["figures"], reported, names=_SHOWN)
    report.say(
        f"{report.shown(found['version'])}: {found['parameters']:,} parameters, {found['seconds']:.0f} s, threshold "
        f"{found['threshold']:g} ({found['threshold_from']})."
    )
    test = (found["figures"]["test"] or {"figures": {}})["figures"].get("accuracy", {}).get("value")
    if test is not None:
        reached = "reached" if test >= found["objective"] else "not reached"
        report.say(f"The objective of {found['objective']:.0%} accuracy is {reached} on the test side.")
    for warning in found["warnings"]:
        report.say(warning)
    if not found["promoted"]:
        report.say(f"It is not in use yet: python -m workbench models promote {found['version']}")
