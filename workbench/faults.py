"""The faults a photo can have, each a yes/no question with two class names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A yes/no question about a photo: `positive` is the class that has the fault, `views` what a model looks at."""

    name: str
    positive: str
    negative: str
    views: tuple[str, ...]
    meaning: str

    @property
    def classes(self) -> tuple[str, str]:
        """Both class names in the order of a model's outputs: negative first."""
        return self.negative, self.positive


BLINK = Fault(
    name="blink",
    positive="BLINKING",
    negative="NON_BLINKING",
    views=("frame", "eyes", "geometry"),
    meaning="The lids are closed, or partially closed in a blink. A smiling squint, eyes that are narrow by "
    "nature and a gaze downwards are not blinking.",
)

FAULTS = {fault.name: fault for fault in (BLINK,)}
UNSURE = "UNSURE"
