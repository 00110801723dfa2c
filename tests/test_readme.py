"""What the README claims is so."""

from __future__ import annotations

import json
import re

import pytest

from workbench.cli import main
from workbench.settings import HOME

README = (HOME / "README.md").read_text(encoding="utf-8")
FIGURES = ("AUC", "accuracy", "precision", "recall")


def row(measured: dict[str, object]) -> str:
    """A measurement of the card as the README's table shows it."""
    cells = [measured["on"], f"{measured['photos']:,}", f"{measured['positives']:,}"]
    for name in FIGURES:
        figure = measured["figures"][name]  # type: ignore[index]
        interval = f" ({figure['low']:.3f}–{figure['high']:.3f})" if figure["low"] is not None else ""
        cells.append(f"{figure['value']:.3f}{interval}")
    return f"| {' | '.join(map(str, cells))} |"


def test_the_table_of_figures_is_the_models_card() -> None:
    card = json.loads((HOME / "models/blink/starter/card.json").read_text(encoding="utf-8"))
    assert len(card["measured"]) >= 2
    for measured in card["measured"]:
        assert row(measured) in README


def test_every_command_and_only_real_ones_are_named() -> None:
    named = set(re.findall(r"^\| `(?:python -m workbench )?([a-z]+)", README, re.MULTILINE)) - {"python"}
    assert set(main.commands) - {"app", "assets"} <= named
    assert named <= set(main.commands) | {"archive", "vision", "learning", "screening", "ui", "pages", "jobs"}


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", README))
def test_every_picture_and_file_that_is_linked_is_there(link: str) -> None:
    assert (HOME / link).is_file()
