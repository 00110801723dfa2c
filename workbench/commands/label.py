"""`label`: where labelling stands, and labels out of the catalogue and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workbench import report
from workbench.archive import exchange, progress
from workbench.faults import BLINK
from workbench.learning import agreement

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option("--status", is_flag=True, help="Say where labelling stands (as does no option at all).")
@click.option("--export", "out", type=_FILE, help="Write all labels into a CSV file.")
@click.option("--import", "source", type=_FILE, help="Take labels in from such a CSV file.")
@click.option(
    "--folders", type=_FOLDER, help="Fill a folder with links to the labelled photos, one sub-folder a class."
)
@click.option("--copy", is_flag=True, help="With --folders: copies instead of links.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_obj
def label(
    bench: Any, status: bool, out: Path | None, source: Path | None, folders: Path | None, copy: bool, as_json: bool
) -> None:
    """Say where labelling stands, and take labels out of the catalogue and back in."""
    engine, done = bench.engine, {}
    if source:
        taken = exchange.import_table(engine, source)
        done["import"] = report.plain(taken)
        report.say(
            f"{taken.new} new labels, {taken.known} known, {taken.older} older than what is here, "
            f"{len(taken.unknown)} of unknown photos.",
            quiet=as_json,
        )
        for name in taken.unknown:
            report.say(f"{report.shown(name)}: not in the archive", quiet=as_json)
    if out:
        done["export"] = {"labels": exchange.export_table(engine, out, BLINK), "file": str(out)}
        report.say(f"{done['export']['labels']} labels written to {out}.", quiet=as_json)
    if folders:
        done["folders"] = dict(exchange.export_folders(bench.settings, engine, folders, BLINK, copy=copy))
        counts = ", ".join(f"{number} {name}" for name, number in sorted(done["folders"].items()))
        report.say(f"{counts or 'No photo is labelled'}: {folders}", quiet=as_json)
    if status or not done:
        done["status"] = _status(bench, quiet=as_json)
    if as_json:
        report.print_json(done)


def _status(bench: Any, *, quiet: bool) -> dict[str, Any]:
    found = progress.standing(bench.engine, BLINK, bench.settings.labeller)
    pairs = agreement.agreements(bench.engine, BLINK)
    report.say(
        f"{found.positive} of {found.aim} {BLINK.positive}, {found.negative} of {found.aim} {BLINK.negative}, "
        f"{found.unsure} unsure, in {found.sessions} sessions; "
        f"{found.this_hour} by {bench.settings.labeller} this hour.",
        quiet=quiet,
    )
    if found.with_fault:
        report.say(
            f"Half of the blinks come from {found.half} of the {found.with_fault} sessions that have any.", quiet=quiet
        )
    for pair in pairs:
        kappa = "no kappa, as both said one class alone" if pair.kappa != pair.kappa else f"kappa {pair.kappa:.2f}"
        report.say(f"{pair.one} and {pair.other} agree on {pair.alike} of {pair.photos} photos ({kappa}).", quiet=quiet)
    return {**report.plain(found), "agreements": [report.plain(pair) for pair in pairs]}
