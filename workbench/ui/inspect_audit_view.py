"""What the audit says: its flags in plain words, the raised ones first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.learning import flags
from workbench.learning.audit import Audit
from workbench.learning.flags import Flag
from workbench.ui.labelling import clock
from workbench.ui.wording import counted

TITLES = {
    flags.PAINTED: "Does it look at the eyes?",
    flags.BACKGROUND: "Does the background give the label away?",
    flags.DUPLICATES: "Is the same picture on two sides?",
    flags.SUBJECTS: "Is one person on two sides?",
    flags.IMBALANCE: "Does the session give the label away?",
    flags.DIFFERENT: "Do labels contradict each other?",
}
"""The question that each flag answers."""
_AUC = (flags.PAINTED, flags.BACKGROUND)
_SHARES = (flags.DUPLICATES, flags.IMBALANCE)
_PEOPLE = (flags.SUBJECTS,)
RAISED, CALM, UNKNOWN = "warning", "fine", "not known"
MARKS = {RAISED: "▲", CALM: "✓", UNKNOWN: "?"}


@dataclass(frozen=True)
class Told:
    """A flag as it is shown: `name` for an address, `state` one of MARKS, `figure` in words (empty: none)."""

    name: str
    title: str
    state: str
    figure: str
    sentence: str
    photos: tuple[str, ...]


def told(found: Audit) -> list[Told]:
    """The flags, raised ones first, then what could not be told."""
    order = [RAISED, UNKNOWN, CALM]
    return sorted(map(tell, found.flags), key=lambda one: order.index(one.state))


def tell(flag: Flag) -> Told:
    """One flag in words."""
    state = RAISED if flag.raised else UNKNOWN if flag.figure is None else CALM
    return Told(flag.name, TITLES[flag.name], state, figure(flag), flag.sentence, flag.photos)


def figure(flag: Flag) -> str:
    """“AUC .93 (.91–.95)”, “3.2 %”, “12 photos”; empty where there is none."""
    if flag.figure is None:
        return ""
    if flag.name in _AUC:
        between = "" if flag.low is None or flag.high is None else f" ({flag.low:.2f}–{flag.high:.2f})"
        return f"AUC {flag.figure:.2f}{between}; chance is 0.50"
    if flag.name in _SHARES:
        return f"{100 * flag.figure:.1f} %"
    return counted(int(flag.figure), *(("person", "people") if flag.name in _PEOPLE else ("photo",)))


def headline(found: Audit) -> str:
    """What came of it as a whole, and when it was made."""
    number = len(found.raised)
    over = f"Audited {made(found.at)} over {counted(found.photos, 'labelled photo')}"
    if not number:
        return f"{over}: nothing speaks against its figures."
    speaks = "one finding speaks" if number == 1 else f"{number} findings speak"
    return f"{over}: {speaks} against its figures. Read this before you trust them."


def made(at: str) -> str:
    """The audit's time by the photographer's clock."""
    try:
        return clock(datetime.fromisoformat(at).replace(tzinfo=None))
    except ValueError:
        return "at an unknown time"


def older(found: Audit, labelled_at: datetime | None) -> str:
    """Whether a label was given since, the last one at `labelled_at` (UTC); empty where none was."""
    try:
        since = labelled_at is not None and labelled_at > datetime.fromisoformat(found.at).replace(tzinfo=None)
    except ValueError:
        since = True
    return "Labels were given or taken back since then: evaluate again." if since else ""


def chosen(said: list[Told], asked: str | None) -> Told | None:
    """The flag whose photos are shown: the one that the address names, else the first raised one with photos."""
    named = next((one for one in said if one.name == asked and one.photos), None)
    return named or next((one for one in said if one.state == RAISED and one.photos), None)
