"""The report on a model as one HTML file: figures with their doubt, plots, slices, the audit, and its card.

It needs nothing but itself: no script, no request. It names nobody: sessions and photos go by the beginning of their
opaque ids, and faces are in it only when asked for.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from workbench.archive import tables
from workbench.archive.splits import TEST
from workbench.errors import WorkbenchError
from workbench.faults import Fault
from workbench.files import write_whole
from workbench.learning import audit as audits
from workbench.learning import dossier_findings, evaluation, inspection, operating, recipes, registry, slices, svg
from workbench.learning.audit import Audit
from workbench.learning.comparing import signed
from workbench.learning.dossier_markup import (
    OPAQUE,
    Names,
    counted,
    names_in,
    page,
    paragraphs,
    share_of,
    table,
    three,
    with_interval,
)
from workbench.learning.evaluation import FIGURES, Evaluation
from workbench.learning.flags import photos
from workbench.learning.inspection import HELD_BACK, Judged
from workbench.learning.slices import Slices
from workbench.settings import Settings


class NotAReport(WorkbenchError):
    """The report was to be written over a file that is no report."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"“{path}” is there and is no HTML file, so it was not overwritten. Name a file that ends in .html."
        )


class ReportNotWritten(WorkbenchError):
    """The disk does not take the report."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The report could not be written to “{path}” ({reason}). Make room there, or name another file."
        )


class NothingToReport(WorkbenchError):
    """The model was not asked about any labelled photo."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"There is nothing to report of “{version}”: it has not judged any labelled photo yet. Label some, then "
            f"run python -m workbench evaluate."
        )


def write(path: Path, settings: Settings, engine: Engine, fault: Fault, version: str, faces: bool = False) -> None:
    """Writes the report on a model whole, from what it said when it was last evaluated.

    Raises NotAReport and ReportNotWritten as `require_writable` does, NothingToReport, and UnknownModel.
    """
    require_writable(path)
    judged = inspection.read(settings, engine, fault, version)
    if not len(judged):
        raise NothingToReport(version)
    weak = slices.slices(inspection.chosen(judged, HELD_BACK), engine, settings)
    text = html(settings, engine, judged, audits.latest(settings, fault, version), weak, faces=faces)
    try:
        write_whole(path, lambda file: file.write(text.encode()))
    except OSError as error:
        raise ReportNotWritten(path, error.strerror or str(error)) from error


def require_writable(path: Path) -> None:
    """To be asked before the work: raises NotAReport where a file of another kind is there, or ReportNotWritten."""
    if path.is_dir():
        raise ReportNotWritten(path, "it is a folder")
    if path.exists() and path.suffix.lower() not in (".html", ".htm"):
        raise NotAReport(path)
    above = next(place for place in path.absolute().parents if place.exists())
    if not above.is_dir():
        raise ReportNotWritten(path, f"“{above}” is no folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise ReportNotWritten(path, f"“{above}” may not be written to")


def html(
    settings: Settings, engine: Engine, judged: Judged, audit: Audit | None, weak: Slices, *, faces: bool = False
) -> str:
    """The report. `judged` are all photos the model judged, `weak` the slices of those that are held back.

    With `faces` the worst errors show both eyes of each photo, and so can be recognised.
    """
    names = names_in(engine)
    card = registry.read_card(settings, judged.fault, judged.model)
    held, test = inspection.chosen(judged, HELD_BACK), inspection.chosen(judged, TEST)
    title = f"“{judged.model}”: what it gets right and wrong"
    parts = (
        f"<h1>{escape(title)}</h1>",
        _about(settings, judged, faces=faces, names=names),
        _figures(held, test),
        _beside_the_starter(settings, engine, test),
        _threshold(engine, held, test),
        _plots(held),
        dossier_findings.weak(weak, names),
        dossier_findings.audit(audit, names),
        dossier_findings.errors(settings, engine, held, faces=faces),
        dossier_findings.card(card, names),
    )
    return page(title, "".join(parts))


# ---- sections


def _about(settings: Settings, judged: Judged, *, faces: bool, names: Names) -> str:
    fault, chosen = judged.fault, registry.chosen_threshold(settings, judged.fault, judged.model)
    how = f" It was chosen: {chosen.how}." if chosen else ""
    shown = "Eyes of single photos are shown" if faces else "No face is shown"
    return paragraphs(
        f"Written {tables.now():%Y-%m-%d %H:%M} UTC. {fault.positive}: {fault.meaning}",
        f"{photos(len(judged))} with a label and an answer of the model, {int(judged.truth.sum()):,} of them "
        f"{fault.positive}, in {counted(len(set(judged.sessions.tolist())), 'session')} and {_people(judged)}; "
        f"{photos(judged.unpredicted)} with a label it was not asked about. A photo is flagged from "
        f"{judged.threshold:g} on.{names.out_of(how)}",
        f"Sessions and photos go by the first {OPAQUE} letters of their ids. {shown}.",
        kind="dim",
    )


def _figures(held: Judged, test: Judged) -> str:
    sides = {"held back": _evaluated(held), "test": _evaluated(test)}
    reported = {f"{network}, as reported": recipes.REPORTED[network] for network in recipes.REPORTED}
    rows = [
        [
            name,
            *(with_interval(found.figure(name)) for found in sides.values()),
            f"{recipes.OBJECTIVE:.2f}" if name == "accuracy" else "",
            *(f"{each[name]:.3f}" if name in each else "" for each in reported.values()),
        ]
        for name in FIGURES
    ]
    notes = [f"{side}, {figure.name}: {figure.reason}" for side, found in sides.items() for figure in found.figures]
    return (
        "<h2>How good it is</h2>"
        + paragraphs(
            f"Held back are {photos(len(held))} of {_people(held)} that it was not trained on; its threshold may have "
            f"been chosen on some of them, which flatters it a little. The test side is {photos(len(test))} of "
            f"{_people(test)}; {photos(test.left_out)} of it are left out, as they were neither labelled with their "
            f"whole session nor picked by chance, or the model learnt from them.",
        )
        + table(("figure", "held back (95 % interval)", "test (95 % interval)", "objective", *reported), rows)
        + paragraphs(
            "Intervals are by bootstrap over people or shoots. What was reported is the photographer's own report, and "
            "of other photos.",
            *(note for note in notes if not note.endswith(": ")),
            kind="dim",
        )
    )


def _beside_the_starter(settings: Settings, engine: Engine, test: Judged) -> str:
    """The model's figures less the starter's on the test photos that both judged; nothing where there are none."""
    if test.model == registry.STARTER:
        return ""
    other = inspection.chosen(inspection.read(settings, engine, test.fault, registry.STARTER), TEST)
    _, mine, starters = np.intersect1d(test.photos, other.photos, assume_unique=True, return_indices=True)
    test, other = test.take(mine), other.take(starters)
    if not len(test):
        return ""
    thresholds = other.threshold, test.threshold
    found = evaluation.paired(test.truth, other.probability, test.probability, test.groups, thresholds=thresholds)
    rows = [[one.name, three(one.a), three(one.b), signed(one), one.reason] for one in found]
    return f"<h3>Beside the starter, on {photos(len(test))} of the test side</h3>" + table(
        ("figure", "starter", test.model, "difference (95 % interval)", ""), rows
    )


def _threshold(engine: Engine, held: Judged, test: Judged) -> str:
    share = operating.share_of_blinks(engine, held.fault)
    told = []
    for name, side in (("Held back", held), ("Test", test)):
        if len(side):
            swept = operating.sweep(side.truth, side.probability)
            said = operating.sentence(swept, side.threshold, share=share.value, fault=side.fault)
            told.append(f"{name}: {said}")
    source = (
        f"The share of {held.fault.name}s is that of {share.sessions:,} shoots labelled to their end "
        f"({photos(share.photos)})."
        if share.value is not None
        else f"No shoot is labelled to its end, so the share of {held.fault.name}s in a session is not known."
    )
    matrices = "".join(_matrix(name, side) for name, side in (("held back", held), ("test", test)) if len(side))
    return f"<h2>At the threshold of {held.threshold:g}</h2>" + paragraphs(*told, source) + matrices


def _matrix(name: str, judged: Judged) -> str:
    tn, fp, fn, tp = inspection.confusion(judged)
    unjudged = np.isnan(judged.probability)
    negative, positive = judged.fault.classes
    rows = [
        [
            f"labelled {positive}",
            share_of(tp, tp + fn),
            share_of(fn, tp + fn),
            f"{int((unjudged & judged.truth).sum()):,}",
        ],
        [
            f"labelled {negative}",
            share_of(fp, tn + fp),
            share_of(tn, tn + fp),
            f"{int((unjudged & ~judged.truth).sum()):,}",
        ],
    ]
    return f"<h3>Confusion matrix, {name}</h3>" + table(("", "flagged", "not flagged", "could not judge"), rows)


def _plots(held: Judged) -> str:
    truth, said, threshold = held.truth, held.probability, held.threshold
    swept = operating.sweep(truth, said)
    does = swept.at(threshold)
    alarms = does.alarms / max(1, swept.judged_negatives)
    recall = does.found / max(1, swept.judged_positives)
    precision = does.found / (does.found + does.alarms) if does.found + does.alarms else np.nan
    faults, p = f"{held.fault.name}s", f"probability of a {held.fault.name}"
    good, found = "good frames flagged", f"{faults} found"
    at = f"; at the threshold {recall:.3f} of the {faults}"
    plots = {
        "ROC": svg.curve(
            operating.roc(swept), across=good, up=found, mark=(alarms, recall), said=f"ROC{at}, {alarms:.3f} alarms"
        ),
        "Precision and recall": svg.curve(
            operating.precision_recall(swept),
            across=f"recall: {found}",
            up=f"precision: {faults} among flagged",
            mark=(recall, precision),
            said=f"precision over recall{at}",
        ),
        f"Good frames (blue) and {faults} (red) by score": svg.histogram(
            operating.histogram(truth, said),
            threshold=threshold,
            across=p,
            said=f"scores of good frames and of {faults}",
        ),
        "Calibration, with 95 % intervals": svg.calibration(
            operating.calibration(truth, said),
            across=p,
            up=f"share that are {faults}",
            said=f"share of {faults} over the probability said",
        ),
    }
    drawn = (f"<figure>{plot}<figcaption>{escape(caption)}</figcaption></figure>" for caption, plot in plots.items())
    return f'<h2>Plots of the photos held back</h2><div class="plots">{"".join(drawn)}</div>'


# ---- words


def _evaluated(judged: Judged) -> Evaluation:
    return evaluation.evaluate(judged.truth, judged.probability, judged.groups.tolist(), threshold=judged.threshold)


def _people(judged: Judged) -> str:
    return counted(len(set(judged.groups.tolist())), "person or shoot", "people or shoots")
