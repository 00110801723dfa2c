"""Numbers and times as people say them."""

from __future__ import annotations

from collections.abc import Iterable


def counted(number: int, one: str, more: str = "") -> str:
    """“1 photo”, “1,204 photos”."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def time_left(seconds: float) -> str:
    """“35 s left”, “4 min left”, “1 h 10 min left”."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{f'{hours} h ' if hours else ''}{f'{rest} min ' if rest or not hours else ''}left"


def listed(parts: Iterable[str]) -> str:
    """The parts that say something, side by side."""
    return " · ".join(part for part in parts if part)


def share(part: int, whole: int) -> str:
    """A share in percent, “0.4 %” where a whole number would say nothing."""
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.1f} %" if 0 < percent < 1 else f"{percent:.0f} %"
