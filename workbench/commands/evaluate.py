"""`evaluate`: a model's answers against the labels, and what speaks against trusting the figures."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.commands.gathering import gathered
from workbench.faults import BLINK

if TYPE_CHECKING:
    from workbench.learning.assessment import Apart
    from workbench.learning.audit import Audit
    from workbench.learning.evaluation import Evaluation
    from workbench.learning.examples import Examples
    from workbench.learning.registry import Model

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("session", nargs=-1)
@click.option("--model", metavar="VERSION", help="A model other than the current one.")
@click.option("--audit/--no-audit", default=True, show_default=True, help="Look for what makes figures too good.")
@click.option("--folds", is_flag=True, help="Also train without each fifth of the labels: finds wrong ones (minutes).")
@click.option(
    "--record",
    metavar="NAME",
    help="Also write the figures into the model's card, as measured on NAME; never on what it learnt from.",
)
@click.option("--report", "page", type=_FILE, help="Also write one HTML file with everything that was found.")
@click.option("--faces", is_flag=True, help="With --report: show the eyes of the worst errors.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_obj
def evaluate(bench: Any, session: tuple[str, ...], model: str | None, as_json: bool, **options: Any) -> None:
    """Compare a model's answers with the labels of SESSIONs (default: the whole archive)."""
    from workbench.archive import sessions
    from workbench.learning import audit, dossier, evaluation, registry

    if options["page"]:
        dossier.require_writable(options["page"])
    chosen = [sessions.find(bench.engine, name) for name in session] or sessions.every(bench.engine)
    judge = registry.load(bench.settings, BLINK, model) if model else registry.current(bench.settings)
    with report.progress(quiet=as_json) as bar:
        found, apart = _assess(bench, bar, chosen, judge)
        measured = _to_record(judge, found, apart) if options["record"] else found
        looked, held_out = _look_further(bench, bar, judge, options)
    document = {
        "model": judge.version,
        **evaluation.as_json(found),
        **_apart_as_json(apart),
        "audit": audit.as_json(looked) if looked else None,
        "unpredicted": apart.unpredicted,
        "out_of_fold": held_out,
    }
    report.keep({**document, "audit": _without_photos(document["audit"])})
    if options["record"]:
        _record(bench, judge, measured, options["record"], shlex.join(["evaluate", *session]))
    if options["page"]:
        _write_page(bench, judge, options["page"], faces=options["faces"])
    if as_json:
        report.print_json({**document, "sessions": [one.name for one in chosen]})
    else:
        _show_figures(judge, found, apart)
        _show_findings(looked, document)


def _assess(bench: Any, bar: report.Bar, chosen: Any, judge: Model) -> tuple[Evaluation, Apart]:
    from workbench.learning import assessment
    from workbench.vision import analysis

    tell = partial(bar.telling, "Asking the model")
    with analysis.pool(bench.settings) as executor:
        found = assessment.assess(bench.settings, bench.engine, chosen, judge, executor, tell=tell)
    return found, assessment.apart(bench.settings, bench.engine, chosen, judge)


def _to_record(judge: Model, found: Evaluation, apart: Apart) -> Evaluation:
    """What may go into a card: figures on what the model has not learnt from. Raises NothingHeldBack."""
    from workbench.learning.assessment import NothingHeldBack

    if apart.learnt_from and apart.fresh is None:
        raise NothingHeldBack(judge, apart.learnt_from)
    return apart.fresh if apart.learnt_from and apart.fresh else found


def _apart_as_json(apart: Apart) -> dict[str, Any]:
    from workbench.learning import evaluation

    parts = {"not_learnt_from": apart.fresh, "held_back": apart.held_back, "test": apart.test}
    said = {name: evaluation.as_json(one) if one else None for name, one in parts.items()}
    return {"learnt_from": apart.learnt_from, **said}


def _look_further(bench: Any, bar: report.Bar, judge: Model, options: Any) -> tuple[Audit | None, int | None]:
    """The audit, and the number of photos with an out-of-fold answer; None for what was not asked."""
    if not (options["audit"] or options["folds"]):
        return None, None
    examples = gathered(bench, bar)
    looked = _audit(bench, bar, judge, examples) if options["audit"] else None
    held_out = _hold_out(bench, judge, examples, bar.telling) if options["folds"] else None
    return looked, held_out


def _audit(bench: Any, bar: report.Bar, judge: Model, examples: Examples) -> Audit:
    from workbench.archive.splits import TRAINING
    from workbench.learning import audit, inspection

    learnt = inspection.learnt_sides(bench.settings, BLINK, judge.version)
    trained = [photo for photo, side in learnt.items() if side == TRAINING]
    found = audit.audit(bench.engine, examples, judge, trained=trained, tell=bar.telling)
    audit.keep(bench.settings, BLINK, found)
    return found


def _hold_out(bench: Any, judge: Model, examples: Examples, tell: Callable[[str, int, int], None]) -> int | None:
    """How many photos have an out-of-fold answer now; None for a model that learnt from none."""
    if judge.card.settings is None:
        return None
    from workbench.learning import folds, training

    said = training.out_of_fold(examples, judge.card.settings, tell=tell)
    folds.keep(bench.settings, BLINK, judge.version, examples, said, folds.parted(examples, judge.card.settings))
    return int((said == said).sum())  # nan is not itself


def _without_photos(looked: dict[str, Any] | None) -> dict[str, Any] | None:
    """The audit as a job may keep it: its row is not searched when a client is forgotten."""
    if looked is None:
        return None
    return {**looked, "flags": [{**flag, "photos": []} for flag in looked["flags"]]}


def _record(bench: Any, judge: Model, found: Evaluation, name: str, command: str) -> None:
    from workbench.learning import cards, registry

    today = date.today().isoformat()
    registry.record(bench.settings, judge, cards.measurement(found, on=name, command=command, date=today))


def _write_page(bench: Any, judge: Model, page: Path, *, faces: bool) -> None:
    from workbench.learning import dossier

    dossier.write(page, bench.settings, bench.engine, BLINK, judge.version, faces=faces)


def _show_figures(judge: Model, found: Evaluation, apart: Apart) -> None:
    """The figures on what the model has not learnt from; where there is nothing of that, all of them with a warning."""
    if apart.learnt_from and apart.fresh:
        return report.evaluated(judge.version, apart.fresh, learnt_from=apart.learnt_from)
    if apart.learnt_from:
        report.say(
            f"It learnt from all {apart.learnt_from} labelled photos asked for, or from others of the same people: "
            f"these figures say nothing of other photos."
        )
    report.evaluated(judge.version, found)


def _show_findings(looked: Audit | None, document: dict[str, Any]) -> None:
    if document["unpredicted"]:
        report.say(f"{document['unpredicted']:,} labelled photos of other sessions were never shown to it.")
    if looked:
        for flag in looked.raised:
            report.say(report.shown(f"Warning, {flag.name}: {flag.sentence}"))
        report.say(f"The audit raised {len(looked.raised)} of {len(looked.flags)} flags.")
    if document["out_of_fold"] is not None:
        report.say(f"{document['out_of_fold']:,} photos were judged by a network that never saw their people.")
