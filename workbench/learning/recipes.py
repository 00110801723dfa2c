"""What a network is and how it is trained: one flat dataclass, written into the card of every model it made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

INITIAL, FINAL, EYES = "initial", "final", "eyes"
NETWORKS = (INITIAL, FINAL, EYES)
OBJECTIVE = 0.8
"""The accuracy that the photographer's report was after."""
REPORTED: Mapping[str, Mapping[str, float]] = {
    INITIAL: {"training accuracy": 0.817, "accuracy": 0.777, "precision": 0.7785, "recall": 0.7733, "F1": 0.7759},
    FINAL: {"training accuracy": 0.86, "accuracy": 0.79, "precision": 0.77, "recall": 0.82, "F1": 0.775},
}
"""What the photographer's report says of the two networks, on 1,000 headshots that are not ours."""


@dataclass(frozen=True)
class Settings:
    """Describes any network and its training.

    `network` is one of NETWORKS. Of *eyes*: `filters` of the first of `depth` convolutions, doubled from one to the
    next; `geometry` joins the face's numbers. `dense` is the width of the last hidden layer, which is the embedding.
    `augmentation` 0..2 scales every change made to training pictures; `synthetic` is the share of synthetic blinks
    among the blinks a network learns from, None lets the number of real ones decide. An epoch of *eyes* is
    `steps` batches of `batch` photos, half of them blinks; 0 steps are one pass over the photos.
    """

    network: str = EYES
    filters: int = 16
    depth: int = 3
    dense: int = 64
    dropout: float = 0.2
    geometry: bool = True
    learning_rate: float = 2e-3
    epochs: int = 12
    batch: int = 32
    steps: int = 25
    augmentation: float = 1.0
    synthetic: float | None = None
    patience: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise ValueError(f"the network must be one of {', '.join(NETWORKS)}, got {self.network}")
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise ValueError(f"{name} must lie in {low}..{high}, got {value!r}")
        if self.synthetic is not None and not 0 <= self.synthetic <= 1:
            raise ValueError(f"synthetic must lie in 0..1, got {self.synthetic!r}")

    @property
    def views(self) -> tuple[str, ...]:
        """The views that the network looks at."""
        if self.network != EYES:
            return ("frame",)
        return ("eyes", "geometry") if self.geometry else ("eyes",)


_LIMITS: Mapping[str, tuple[float, float]] = {
    "filters": (4, 256),
    "depth": (1, 4),
    "dense": (8, 1024),
    "dropout": (0, 0.9),
    "learning_rate": (1e-6, 1),
    "epochs": (1, 500),
    "batch": (1, 1024),
    "steps": (0, 10_000),
    "augmentation": (0, 2),
    "patience": (1, 500),
    "seed": (0, 2**31 - 1),
}

_REPORTED = Settings(
    FINAL,
    dense=256,
    dropout=0.0,
    geometry=False,
    learning_rate=1e-4,
    epochs=10,
    steps=0,
    augmentation=0.0,
    synthetic=0.0,
    patience=10,
)
STANDARD: Mapping[str, Settings] = {
    INITIAL: replace(_REPORTED, network=INITIAL, filters=256, depth=2, dense=64, learning_rate=1e-3),
    FINAL: _REPORTED,
    EYES: Settings(),
}
"""How each network is trained unless something else is said: the first two as the photographer reported them."""


def as_json(settings: Settings) -> dict[str, Any]:
    """The settings in the words of JSON."""
    return asdict(settings)


def from_json(document: Any) -> Settings:
    """The settings of a JSON object. Raises ValueError for what is none, or has names that there are not."""
    known = {field.name for field in fields(Settings)}
    if not isinstance(document, dict) or "network" not in document or not document.keys() <= known:
        raise ValueError(f"settings need a network and may have {', '.join(sorted(known))}")
    whole = [name for name in ("filters", "depth", "dense", "epochs", "batch", "steps", "patience", "seed")]
    if any(not isinstance(document.get(name, 0), int) for name in whole):
        raise ValueError(f"{', '.join(whole)} must be whole numbers")
    return Settings(**document)
