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
from workbench.faults import BLINK

if TYPE_CHECKING:
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
@click.option("--record", metavar="NAME", help="Also write the figures into the model's card, as measured on NAME.")
@click.option("--report", "page", type=_FILE, help="Also write one HTML file with everything that was found.")
@click.option("--faces", is_flag=True, help="With --report: show the eyes of the worst errors.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_obj
def evaluate(bench: Any, session: tuple[str, ...], model: str | None, as_json: bool, **options: Any) -> None:
    """Compare a model's answers with the labels of SESSIONs (default: the whole archive)."""
    from workbench.archive import sessions
    from workbench.learning import audit, evaluation, registry

    chosen = [sessions.find(bench.engine, name) for name in session] or sessions.every(bench.engine)
    judge = registry.load(bench.settings, BLINK, model) if model else registry.current(bench.settings)
    with report.progress(quiet=as_json) as bar:
        found = _assess(bench, bar, chosen, judge)
        looked, held_out = _look_further(bench, bar, judge, options)
    document = {
        "model": judge.version,
        **evaluation.as_json(found),
        "audit": audit.as_json(looked) if looked else None,
        "unpredicted": _unpredicted(bench, judge),
        "out_of_fold": held_out,
    }
    report.keep({**document, "audit": _without_photos(document["audit"])})
    if options["record"]:
        _record(bench, judge, found, options["record"], shlex.join(["evaluate", *session]))
    if options["page"]:
        _write_page(bench, judge, options["page"], faces=options["faces"])
    if as_json:
        report.print_json({**document, "sessions": [one.name for one in chosen]})
    else:
        _show(judge, found, looked, document)


def _assess(bench: Any, bar: report.Bar, chosen: Any, judge: Model) -> Evaluation:
    from workbench.learning import assessment
    from workbench.vision import analysis

    tell = partial(bar.telling, "Asking the model")
    with analysis.pool(bench.settings) as executor:
        return assessment.assess(bench.settings, bench.engine, chosen, judge, executor, tell=tell)


def _look_further(bench: Any, bar: report.Bar, judge: Model, options: Any) -> tuple[Audit | None, int | None]:
    """The audit, and the number of photos with an out-of-fold answer; None for what was not asked."""
    if not (options["audit"] or options["folds"]):
        return None, None
    examples = _examples(bench, bar)
    looked = _audit(bench, bar, judge, examples) if options["audit"] else None
    held_out = _hold_out(bench, judge, examples, bar.telling) if options["folds"] else None
    return looked, held_out


def _examples(bench: Any, bar: report.Bar) -> Examples:
    from workbench.learning import examples
    from workbench.vision import analysis

    tell = partial(bar.telling, "Gathering labelled photos")
    with analysis.pool(bench.settings) as executor:
        return examples.gather(bench.settings, bench.engine, executor, tell=tell)


def _audit(bench: Any, bar: report.Bar, judge: Model, examples: Examples) -> Audit:
    from workbench.learning import audit

    found = audit.audit(bench.engine, examples, judge, tell=bar.telling)
    audit.keep(bench.settings, BLINK, found)
    return found


def _hold_out(bench: Any, judge: Model, examples: Examples, tell: Callable[[str, int, int], None]) -> int | None:
    """How many photos have an out-of-fold answer now; None for a model that learnt from none."""
    if judge.card.settings is None:
        return None
    from workbench.learning import folds, training

    said = training.out_of_fold(examples, judge.card.settings, tell=tell)
    folds.keep(bench.settings, BLINK, judge.version, examples, said)
    return int((said == said).sum())  # nan is not itself


def _unpredicted(bench: Any, judge: Model) -> int:
    """Labelled photos of the archive that the model was never asked about."""
    from workbench.learning import inspection

    return inspection.read(bench.settings, bench.engine, BLINK, judge.version).unpredicted


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


def _show(judge: Model, found: Evaluation, looked: Audit | None, document: dict[str, Any]) -> None:
    report.evaluated(judge.version, found)
    if document["unpredicted"]:
        report.say(f"{document['unpredicted']:,} labelled photos of other sessions were never shown to it.")
    if looked:
        for flag in looked.raised:
            report.say(report.shown(f"Warning, {flag.name}: {flag.sentence}"))
        report.say(f"The audit raised {len(looked.raised)} of {len(looked.flags)} flags.")
    if document["out_of_fold"] is not None:
        report.say(f"{document['out_of_fold']:,} photos were judged by a network that never saw their people.")
