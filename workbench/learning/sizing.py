"""Accuracy against number of labels: is it worth labelling more? Answered on the validation side."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.faults import BLINK, Fault
from workbench.files import write_whole
from workbench.learning.evaluation import Difference
from workbench.learning.keeping import keeping
from workbench.settings import Settings

SHARES = (0.25, 0.5, 0.75, 1.0)
MORE = 250
"""Photos of each class that the photographer thinks of adding."""
FIGURE = "accuracy"
_FILE = ".sizes.json"


@dataclass(frozen=True)
class Size:
    """A network fitted on a `share` of the labels: `photos` of them, `blinks` with the fault; figures on validation.

    `figures` has for each name a dict of value, low and high, None where undefined.
    """

    share: float
    photos: int
    blinks: int
    figures: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Sizes:
    """All sizes, smallest first; `data` is the fingerprint of the labels, `sentence` says what they tell."""

    at: str
    data: str
    sizes: tuple[Size, ...]
    sentence: str


def sentence(half: Size, whole: Size, last: Difference) -> str:
    """What the last doubling of the labels brought, and so what MORE of each class may bring."""
    said = f"From {half.photos:,} to {whole.photos:,} labelled photos the {FIGURE} on the validation side changed by"
    doublings = math.log2((whole.photos + 2 * MORE) / max(1, whole.photos)) / math.log2(
        max(1.01, whole.photos / max(1, half.photos))
    )
    if math.isnan(last.low):
        return f"{said} {last.value:+.3f}; there are too few photos or errors to say whether that is more than chance."
    interval = f"{last.value:+.3f} ({last.low:+.3f} to {last.high:+.3f})"
    if not last.sure or last.value <= 0:
        return (
            f"{said} {interval}, no more than chance: {MORE} more of each of the same kind are hardly worth it. Other "
            f"people, rooms and cameras may be."
        )
    return f"{said} {interval}. At that rate {MORE} more of each would bring about {last.value * doublings:+.3f}."


def keep(settings: Settings, fault: Fault, found: Sizes) -> None:
    """Keeps the answer for the page. Raises NotKept."""
    document = vars(found) | {"sizes": [vars(size) for size in found.sizes]}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    place = settings.models / fault.name / _FILE
    with keeping("The answer is not kept", place):
        write_whole(place, lambda file: file.write(text.encode()))


def latest(settings: Settings, fault: Fault = BLINK) -> Sizes | None:
    """The last answer; None when the question was never asked, or the file is not one of ours."""
    try:
        document = json.loads((settings.models / fault.name / _FILE).read_text(encoding="utf-8"))
        return Sizes(**{**document, "sizes": tuple(Size(**size) for size in document["sizes"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
