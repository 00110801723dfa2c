"""Why a model said what it said of a photo: where it looked, and what each of the face's numbers added.

TensorFlow is loaded only to look into a network, and never by a page: that reads `explanations.latest`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import Engine, select

from workbench.archive import labels, photos, sessions, tables
from workbench.archive.sessions import Session
from workbench.archive.splits import TRAINING
from workbench.archive.tables import FOLDER
from workbench.errors import WorkbenchError
from workbench.learning import cards, inputs, recipes, registry, relative, starter, traces
from workbench.learning.explanations import PHOTO_ID, PLACES, Why, as_json, keep, latest, log_odds
from workbench.learning.geometry_words import compared
from workbench.learning.model_folder import WEIGHTS
from workbench.learning.registry import Model
from workbench.learning.relative import RELATIVE
from workbench.settings import Settings
from workbench.vision import analysis, store
from workbench.vision.views import GEOMETRY, Views

__all__ = ["Usual", "Why", "as_json", "explain", "keep", "latest", "of_photos"]

GRAD_CAM = "Grad-CAM over the last convolution, place by place (HiResCAM), smoothed"
GRADIENT = "gradient × input, smoothed: this network has no convolution"
EXACT = "exact, by its formula"
_HOW = {recipes.EYES: GRAD_CAM, recipes.INITIAL: GRAD_CAM, recipes.FINAL: GRADIENT}
ABLATION = "each number in turn replaced by the usual one"
_LEARNT_FROM = 500  # photos whose median stands for what a model is used to
_SMOOTHED = 3.0  # pixels of a view
_NOTHING = 0.005  # log-odds that are not worth a line


class NotInTheArchive(WorkbenchError):
    """No photo of the archive has this id."""

    def __init__(self, photo: str) -> None:
        super().__init__(
            f"There is no photo “{photo}” in the archive. Give the ids that `screen SESSION --json` lists."
        )


class NothingToLookAt(WorkbenchError):
    """The files of photos are away, and their views were not kept."""

    def __init__(self, missing: Sequence[str]) -> None:
        some = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        super().__init__(
            f"{len(missing)} of the photos could not be looked at ({some}): their files are away and nothing was kept "
            f"of them. Plug in their drive, or relink their session, and ask again. The others are explained."
        )


@dataclass(frozen=True)
class Usual:
    """What is usual for a face: the median `geometry` (len(GEOMETRY),) of the session's photos, or, where
    `of_session` is False, of photos without the fault that the model learnt from."""

    geometry: np.ndarray
    of_session: bool

    @property
    def source(self) -> str:
        """What it was taken from, in words."""
        return "the subject's other photos" if self.of_session else "the good photos it learnt from"


def explain(settings: Settings, model: Model, seen: Views, relative_row: np.ndarray, usual: Usual | None = None) -> Why:
    """Why the model says what it says of a photo, by its views and its numbers relative to the session (4,).

    Without anything `usual` the numbers of a network are not explained. Raises BadCard for damaged weights.
    """
    own = np.asarray(relative_row, np.float32).reshape(1, len(RELATIVE))
    probability = float(model.predict([seen], own).probability[0])
    if np.isnan(probability):
        return Why(None, None, threshold=model.threshold)
    why = Why(None, None, probability=probability, threshold=model.threshold)
    recipe = model.card.settings
    if recipe is None:
        return replace(why, numbers=_of_the_starter(seen), together=why.log_odds, how=(EXACT,))
    why = _looked_at(settings, model, recipe, inputs.of_views(recipe, [seen], own)[0], why)
    return _counted(model, seen, own, usual, why) if recipe.geometry and usual is not None else why


def of_photos(
    settings: Settings,
    engine: Engine,
    model: Model,
    wanted: Sequence[str],
    executor: Executor,
    *,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Why]:
    """Explains photos by their ids, within their sessions, and keeps what was found; `tell` hears how many are done.

    Raises NotInTheArchive before anything is done, and at the end NothingToLookAt where files are away.
    """
    found: dict[str, Why] = {}
    tell(0, len(wanted))
    for session, mine in _by_session(engine, wanted):
        seen, rows, usual = _in_session(settings, engine, model, session, mine, executor)
        for photo in mine:
            if photo in seen:
                found[photo] = explain(settings, model, seen[photo], rows[photo], usual)
                keep(settings, model.fault, model.version, photo, found[photo])
                tell(len(found), len(wanted))
    missing = [photo for photo in wanted if photo not in found]
    if missing:
        raise NothingToLookAt(missing)
    return found


# ---- where it looked


def _looked_at(settings: Settings, model: Model, recipe: recipes.Settings, arrays: inputs.Arrays, why: Why) -> Why:
    from workbench.learning import networks  # TensorFlow

    path = registry.folder(settings, model.fault, model.version) / WEIGHTS
    try:
        network = _network(path, path.stat().st_mtime_ns, recipe)
    except (OSError, ValueError, KeyError) as error:
        raise cards.BadCard(path.parent / cards.NAME, f"its {WEIGHTS} are missing or damaged") from error
    (evidence,) = networks.attention(network, recipe, arrays)
    name = "eyes" if recipe.network == recipes.EYES else "frame"
    heat = {name: _heat(evidence if why.flagged else -evidence, PLACES[name])}
    return replace(why, eyes=heat.get("eyes"), frame=heat.get("frame"), how=(_HOW[recipe.network],))


@lru_cache(maxsize=1)
def _network(weights: Path, written_ns: int, recipe: recipes.Settings) -> Any:
    """The Keras model of a network, loaded once for many photos; `written_ns` tells it from one that took its place."""
    from workbench.learning import networks

    network = networks.build(recipe)
    network.load_weights(weights)
    return network


def _heat(evidence: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What speaks for the answer, of a coarse grid, (h, w) or (2, h, w), on the pixels of a view, the most being 1."""
    from scipy.ndimage import gaussian_filter

    height, width = shape[-2:]
    parts = evidence.reshape(-1, *evidence.shape[-2:]).astype(np.float32)
    fine = [Image.fromarray(part).resize((width, height), Image.Resampling.BILINEAR) for part in parts]
    smooth = [gaussian_filter(np.asarray(part), _SMOOTHED) for part in fine]
    heat = np.maximum(np.reshape(smooth, shape), 0)
    return heat / heat.max() if heat.max() > 0 else heat


# ---- what the numbers added


def _of_the_starter(seen: Views) -> tuple[tuple[str, float], ...]:
    """What each eye adds to the starter's log-odds, exactly: their sum (Shapley values of two players, 1953)."""
    closed = [seen.measure(name) or 0.0 for name in starter.EYES]
    rows = np.zeros((4, len(GEOMETRY)))
    columns = [GEOMETRY.index(name) for name in starter.EYES]
    half = starter.HALF  # an eye closed by so much says nothing
    rows[:, columns] = [(half, half), (closed[0], half), (half, closed[1]), closed]
    none, first, second, both = (log_odds(each) for each in starter.probability(rows))
    parts = ((first - none) + (both - second)) / 2, ((second - none) + (both - first)) / 2
    names = [f"{side} eye closed by {value:.2f}" for side, value in zip(("left", "right"), closed, strict=True)]
    return _largest_first({f"{name} (undecided at {half:.2f})": part for name, part in zip(names, parts, strict=True)})


def _counted(model: Model, seen: Views, own: np.ndarray, usual: Usual, why: Why) -> Why:
    """The explanation with what each number adds: by how much the log-odds fall when it is what is usual."""
    assert seen.geometry is not None
    swapped = [(name,) for name in GEOMETRY] + [GEOMETRY]
    geometry = np.array([_with_usual(seen.geometry, usual.geometry, names, GEOMETRY) for names in swapped])
    others = np.repeat(own, len(swapped), axis=0)
    if usual.of_session:  # the same facts once more, as differences to the median, of which the median has none
        others = np.array([_with_usual(own[0], np.zeros(len(RELATIVE)), names, RELATIVE) for names in swapped])
    said = model.predict([replace(seen, geometry=row) for row in geometry], others).probability
    added = [log_odds(why.probability or 0.0) - log_odds(float(each)) for each in said]
    pairs = zip(GEOMETRY, seen.geometry, usual.geometry, strict=True)
    names = [compared(name, float(value), float(middle), than=usual.source) for name, value, middle in pairs]
    numbers = _largest_first(dict(zip(names, added[:-1], strict=True)))
    return replace(why, numbers=numbers, together=added[-1], how=(*why.how, ABLATION))


def _with_usual(row: np.ndarray, usual: np.ndarray, names: Sequence[str], columns: Sequence[str]) -> np.ndarray:
    return np.where([column in names for column in columns], usual, row).astype(np.float32)


def _largest_first(added: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    worth = [(name, float(value)) for name, value in added.items() if abs(value) >= _NOTHING]
    return tuple(sorted(worth, key=lambda pair: -abs(pair[1])))


# ---- a photo within its session


def _by_session(engine: Engine, wanted: Sequence[str]) -> list[tuple[Session, list[str]]]:
    """The photos by the session in which they are judged: a shoot first, where they have others to compare with."""
    files = tables.files.c
    known: dict[str, set[str]] = {photo: set() for photo in wanted if PHOTO_ID.fullmatch(photo)}
    with engine.connect() as connection:
        for photo in known:
            known[photo] |= set(connection.execute(select(files.session_id).where(files.photo_id == photo)).scalars())
    for photo in wanted:
        if not known.get(photo):
            raise NotInTheArchive(photo)
    every = sorted(sessions.every(engine), key=lambda session: session.kind != FOLDER)
    home = {photo: next(session.id for session in every if session.id in ids) for photo, ids in known.items()}
    parts = [(session, [photo for photo in known if home[photo] == session.id]) for session in every]
    return [(session, mine) for session, mine in parts if mine]


def _in_session(
    settings: Settings, engine: Engine, model: Model, session: Session, mine: Sequence[str], executor: Executor
) -> tuple[dict[str, Views], dict[str, np.ndarray], Usual | None]:
    """The views of a session's photos, their numbers relative to it, as screening has them, and what is usual."""
    shoot = session.kind == FOLDER
    every = [photo for photo in photos.of_session(engine, session.id) if shoot or photo.id in mine]
    seen = analysis.views_of(settings, session, every, executor)
    there = [photo.id for photo in every if photo.id in seen]
    in_order = [seen[photo] for photo in there]
    numbers = relative.of_session(in_order) if shoot else relative.absent(len(there))
    usual = (_median(in_order, of_session=True) if shoot else None) or _learnt(settings, engine, model)
    return seen, dict(zip(there, numbers, strict=True)), usual


def _learnt(settings: Settings, engine: Engine, model: Model) -> Usual | None:
    """What is usual among photos without the fault that the model learnt from, where they are still known."""
    said = traces.learnt_lines(registry.folder(settings, model.fault, model.version))
    learnt = {line.split()[0] for line in said if line.endswith(TRAINING)}
    standing = labels.current(engine, model.fault) if learnt else {}
    good = sorted(photo for photo in learnt if photo in standing and standing[photo].value == model.fault.negative)
    return _median(list(store.get(settings, good[:_LEARNT_FROM]).values()), of_session=False)


def _median(seen: Sequence[Views], *, of_session: bool) -> Usual | None:
    rows = [one.geometry for one in seen if one.geometry is not None]
    return Usual(np.median(rows, axis=0), of_session) if len(rows) >= relative.ENOUGH else None
