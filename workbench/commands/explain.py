"""`explain`: why a model said what it said of single photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.faults import BLINK

if TYPE_CHECKING:
    from workbench.learning.explanations import Why

_SHOWN = 8
"""Numbers of a photo that are listed."""


@click.command()
@click.argument("photo", metavar="PHOTO_ID", nargs=-1, required=True)
@click.option("--model", metavar="VERSION", help="A model other than the current one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_obj
def explain(bench: Any, photo: tuple[str, ...], model: str | None, as_json: bool) -> None:
    """Say why a model said what it said of photos: where it looked, and what each of the face's numbers added.

    PHOTO_ID is a photo as `screen SESSION --json` names it. The pictures are kept for the Inspect page.
    """
    from workbench.learning import explaining, registry
    from workbench.vision import analysis

    judge = registry.load(bench.settings, BLINK, model) if model else registry.current(bench.settings)
    wanted = list(dict.fromkeys(photo))
    with analysis.pool(bench.settings) as executor, report.progress(quiet=as_json) as bar:
        found = explaining.of_photos(
            bench.settings,
            bench.engine,
            judge,
            wanted,
            executor,
            tell=lambda done, total: bar.telling("Looking into the model", done, total),
        )
    document = {"model": judge.version, "photos": [_plain(one, found[one]) for one in wanted]}
    report.keep(document)
    if as_json:
        report.print_json(document)
        return
    for one in wanted:
        _show(one, judge.version, found[one])


def _plain(photo: str, why: Why) -> dict[str, Any]:
    from workbench.learning.explanations import as_json

    return {"photo": photo, "flagged": why.flagged, **as_json(why)}


def _show(photo: str, version: str, why: Why) -> None:
    if why.probability is None or why.log_odds is None:
        report.say(f"{photo}: {version} said nothing, for it found no face.")
        return
    verdict = "a blink" if why.flagged else "no blink"
    report.say(f"{photo}: {version} says {why.probability:.3f}, {verdict} (it flags from {why.threshold:g} on).")
    for name, added in why.numbers[:_SHOWN]:
        report.say(f"  {added:+6.2f}  {name}")
    if why.together is not None:
        report.say(f"  {why.together:+6.2f}  all numbers of the face together, of {why.log_odds:+.2f} log-odds in all")
    report.say(f"  {'; '.join(why.how)}.")
