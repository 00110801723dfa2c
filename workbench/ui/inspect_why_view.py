"""Why a model said what it said of a photo: in words, as bars, and as heat over what it looked at."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from workbench.faults import Fault
from workbench.learning.explanations import Why
from workbench.ui.inspect_gallery_view import percent
from workbench.ui.inspect_sheet import Shown
from workbench.vision.views import Views

BARS = 10
"""Numbers that are listed; the others add less."""
_THAN = " than in "
_HEAT = np.array([255, 176, 64], np.float32)
_STRENGTH = 0.62
_EYES_LARGER, _FRAME_LARGER = 4, 2


def verdict(why: Why, fault: Fault, version: str, shown: Shown | None, threshold: float) -> str:
    """What the model says of the photo, from where on it flags, `threshold`, and what the label says.

    Where it flagged from elsewhere on when the photo was explained, both are said.
    """
    label = f" It is labelled {shown.value} by {shown.labeller}." if shown and shown.value else ""
    if why.probability is None:
        return f"“{version}” says nothing of this photo: no face was found in it.{label}"
    flags = "flags it" if why.probability >= threshold else "does not flag it"
    likely = f"a {fault.name} is {percent(why.probability)} likely"
    now, then = percent(threshold), percent(why.threshold)
    before = f" (from {then} on when it was explained)" if then != now else ""
    return f"“{version}” {flags}: {likely}, and it flags from {now} on{before}.{label}"


def bars(why: Why) -> list[dict[str, Any]]:
    """The largest contributions: name, signed figure, and the length as a share of the longest; over 0 towards the
    fault."""
    longest = max((abs(value) for _, value in why.numbers), default=0.0)
    tail = f"{_THAN}{compared_with(why)}"
    return [
        {"name": name.removesuffix(tail), "figure": signed(value), "share": value / longest if longest else 0.0}
        for name, value in why.numbers[:BARS]
    ]


def compared_with(why: Why) -> str:
    """What all numbers are compared with, “the subject's other photos”; empty where it is not one and the same."""
    tails = {name.partition(_THAN)[2] for name, _ in why.numbers}
    return tails.pop() if len(tails) == 1 else ""


def signed(value: float) -> str:
    """“+1.20”, “−0.35”."""
    return f"{value:+.2f}".replace("-", "−")


def rest(why: Why) -> str:
    """What the bars leave out, and what all of the numbers come to; empty where there are none."""
    if not why.numbers:
        return ""
    more = len(why.numbers) - BARS
    left = f"{more} more add less than these. " if more > 0 else ""
    if why.together is None or why.log_odds is None:
        return left.strip()
    return (
        f"{left}All numbers of the face together: {signed(why.together)} of {signed(why.log_odds)} log-odds in all; "
        f"they overlap, so they need not sum up."
    )


def how(why: Why) -> str:
    """The methods by name."""
    return "; ".join(why.how)


# ---- heat over what it looked at


def pictures(why: Why, seen: Views | None, fault: Fault) -> list[dict[str, Any]]:
    """The views as the model sees them, plain and with heat: a title, and pictures as data URIs with their width.

    Nothing where it looks at no picture, or where none is kept.
    """
    towards = f"for a {fault.name}" if why.flagged else f"against a {fault.name}"
    found = []
    if seen is not None and seen.eyes is not None and why.eyes is not None:
        found.append(_told("Both eyes", np.hstack(list(seen.eyes)), np.hstack(list(why.eyes)), _EYES_LARGER, towards))
    if seen is not None and why.frame is not None:
        found.append(_told("The whole photo", seen.frame, why.frame, _FRAME_LARGER, towards))
    return found


def _told(title: str, grey: np.ndarray, heat: np.ndarray, larger: int, towards: str) -> dict[str, Any]:
    plain, over = (uri(heated(grey, each), larger) for each in (np.zeros(grey.shape), heat))
    return {
        "title": f"{title}, as the model sees it; orange is what spoke {towards}",
        "wide": grey.shape[1] > grey.shape[0],
        "sources": (plain, over),
        "said": (f"{title}, plain", f"{title}, with heat"),
    }


def heated(grey: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A grey picture uint8 (h, w) with heat 0..1 (h, w) over it, uint8 (h, w, 3)."""
    weight = _STRENGTH * np.asarray(heat, np.float32)[..., None]
    return (grey[..., None] * (1 - weight) + _HEAT * weight).round().astype(np.uint8)


def uri(picture: np.ndarray, larger: int) -> str:
    """A picture (h, w, 3) so many times larger, as a PNG in a data URI."""
    height, width = picture.shape[:2]
    image = Image.fromarray(picture).resize((width * larger, height * larger), Image.Resampling.BICUBIC)
    data = io.BytesIO()
    image.save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


# ---- what is asked for


def next_ones(photo: str, others: Sequence[str], explained: Sequence[str], most: int) -> list[str]:
    """The photo, and as many of the others after it as one job explains, without those that are explained."""
    known = set(explained)
    at = others.index(photo) if photo in others else -1
    after = [one for one in others[at + 1 :] if one not in known and one != photo]
    return [photo, *after[: most - 1]]
