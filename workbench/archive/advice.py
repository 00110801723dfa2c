"""The next useful step for an archive, in one sentence, with the command or page that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.archive.overview import Overview
from workbench.faults import BLINK, Fault

AIM = 500
"""Labels of each class to start training with (the first report's own number)."""

Page = Literal["import", "screen", "review", "label", "relink", "none"]


@dataclass(frozen=True)
class Step:
    """What to do next: `sentence` for the photographer, `page` that does it, and the session that it is about."""

    sentence: str
    page: Page
    session_id: str | None = None


def next_step(
    overviews: Sequence[Overview],
    screened: set[str],
    suggestions: Mapping[str, int] | None = None,
    fault: Fault = BLINK,
) -> Step:
    """The most useful thing to do.

    `screened` holds the sessions that have a screening, `suggestions` how many photos of a session wait for a decision.
    """
    if not overviews:
        return Step("Import your first session: choose its folder below.", "import")
    waiting = [one for one in overviews if one.photos and one.session.id not in screened and not one.away]
    if waiting:
        one = max(waiting, key=lambda one: one.photos)
        return Step(f"“{one.session.name}” is not screened yet: find its blinks.", "screen", one.session.id)
    unlabelled = [one for one in overviews if one.unlabelled]
    open_reviews = [one for one in unlabelled if (suggestions or {}).get(one.session.id)]
    if suggestions and open_reviews:
        return _review(open_reviews, suggestions)
    if unlabelled:
        return _label(overviews, unlabelled, fault)
    away = [one for one in overviews if one.away]
    if away:
        one = away[0]
        return Step(f"The folder of “{one.session.name}” is away: tell where it is now.", "relink", one.session.id)
    return Step("Every photo is labelled and every session screened. Import the next session.", "import")


def _review(open_reviews: Sequence[Overview], suggestions: Mapping[str, int]) -> Step:
    """Review the session with most suggestions; one that is labelled to its end has been looked at already."""
    one = max(open_reviews, key=lambda one: suggestions[one.session.id])
    count = suggestions[one.session.id]
    return Step(f"Review {count} suggestion{'s' * (count > 1)} in “{one.session.name}”.", "review", one.session.id)


def _label(overviews: Sequence[Overview], unlabelled: Sequence[Overview], fault: Fault) -> Step:
    """Label the session that was begun, else the largest: a fully labelled session is what figures can stand on."""
    one = max(unlabelled, key=lambda one: (0 < one.labelled, one.unlabelled))
    blinks, others = sum(one.faulty for one in overviews), sum(one.labelled - one.faulty for one in overviews)
    several = one.unlabelled > 1
    sentence = f"{one.unlabelled} photo{'s' * several} of “{one.session.name}” {'are' if several else 'is'} unlabelled"
    if min(blinks, others) < AIM:
        rarer, count = (fault.positive, blinks) if blinks < others else (fault.negative, others)
        sentence += f"; the archive has {count} of {AIM} {rarer} photos that a first training wants"
    return Step(f"{sentence}.", "label", one.session.id)
