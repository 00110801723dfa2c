"""What the review on the Screen page is given, as plain values: its photos, what stands, its bursts, its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from workbench.archive.photos import Photo
from workbench.jobs import Job
from workbench.screening.likeness import Burst
from workbench.screening.review import Decision, State
from workbench.screening.sampling import SIZE
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening
from workbench.ui import labelling
from workbench.ui.wording import counted, listed, time_left

TITLES = {BLINK: "Blink", CANT_TELL: "Can’t tell", KEEP: "Keep"}
EXCEPTIONS = {
    "laughing": "Laughing",
    "looking down": "Looking down",
    "closed on purpose": "Eyes closed on purpose",
}
"""The signs as the page asks for them."""


# ---- the photos


def judged(photos: Iterable[Photo], screening: Screening) -> list[Photo]:
    """The photos that have a verdict, in the order in which they were given."""
    return [photo for photo in photos if photo.id in screening.verdicts]


def rows(photos: Iterable[Photo], screening: Screening) -> tuple[tuple[Any, ...], ...]:
    """A short row for each judged photo: id, name, probability, obstacle, sign, width, height, time, has it a face."""
    return tuple(_row(photo, screening) for photo in judged(photos, screening))


def _row(photo: Photo, screening: Screening) -> tuple[Any, ...]:
    verdict = screening.verdicts[photo.id]
    taken = f"{photo.captured_at:%-d %b %Y, %H:%M:%S}" if photo.captured_at else ""
    about = (photo.width, photo.height, taken, photo.faces != 0)
    return (photo.id, photo.name, verdict.probability, verdict.obstacle or "", verdict.sign or "", *about)


def burst_places(bursts: Sequence[Burst], photos: Sequence[Photo]) -> tuple[tuple[int, ...], ...]:
    """Bursts as places in `photos`, the best-eyed frame first; a photo that is not among them is left out."""
    places = {photo.id: place for place, photo in enumerate(photos)}
    found = (tuple(places[photo] for photo in burst.photos if photo in places) for burst in bursts)
    return tuple(burst for burst in found if len(burst) > 1)


def decided(decisions: Mapping[str, Decision]) -> tuple[tuple[str, str, str], ...]:
    """What stands by a person: photo, group and kind of gesture."""
    return tuple((one.photo_id, one.group, one.kind) for one in decisions.values())


def fingerprint(screening: Screening) -> str:
    """Names the photos of a screening as they are now: it changes when verdicts arrive or become final."""
    return f"{screening.id}.{len(screening.verdicts)}.{screening.finished_at}"


def sample_size(decisions: Mapping[str, Decision], asked: int) -> int:
    """How many keepers are shown: whole samples, all that were begun, and `asked` if that is more."""
    seen = sum(one.audited for one in decisions.values())
    return max(asked, SIZE, -(-seen // SIZE) * SIZE)


def namespace(settings: Any) -> str:
    """Names what a browser keeps unsent: of this catalogue and labeller, and apart from the labelling desk's."""
    return f"{labelling.namespace(settings)}.screen"


# ---- in words


def progress(job: Job | None, screening: Screening | None, photos: int, rate: float | None, left: float | None) -> str:
    """How far a screening is: “120 of 412 looked at · 21 photos a second · 14 s left”."""
    seen = len(screening.verdicts) if screening and not screening.finished else 0
    if job is not None and job.status == "queued":
        return "Waiting for other work to end"
    if job is not None and screening is not None and screening.finished:
        return listed(["Being looked at again", _rate(rate), time_left(left) if left is not None else ""])
    far = f"{seen:,} of {photos:,} looked at" if photos else "Looking into the folder …"
    if job is None:
        return f"Stopped: {far}"
    return listed([far, _rate(rate), time_left(left) if left is not None else ""])


def _rate(rate: float | None) -> str:
    if rate is None:
        return ""
    return f"{rate:.0f} photos a second" if rate >= 2 else f"{rate:.1f} photos a second"


def about(screening: Screening, photos: int) -> str:
    """Which model judged how many photos, and when by the photographer's clock; the catalogue keeps UTC."""
    at = screening.finished_at or screening.at
    when = f"{at.replace(tzinfo=UTC).astimezone():%-d %b %Y, %H:%M}"
    return listed([counted(photos, "photo"), f"{screening.model}, {when}"])


def still_open(state: State, finished: bool) -> list[tuple[str, str]]:
    """What keeps the hand-off closed, each with the step that leads there."""
    lines = []
    if not finished:
        lines.append(("The photos are still being looked at.", BLINK))
    if state.open_blink:
        lines.append((f"{counted(state.open_blink, 'suggested blink')} that you have not decided on.", BLINK))
    if state.open_cant_tell:
        lines.append((f"{counted(state.open_cant_tell, 'photo')} under “Can’t tell” not decided on.", CANT_TELL))
    return lines
