"""Cells of CSV files that a spreadsheet must not run as formulas, escaped so that they can be read back."""

from __future__ import annotations

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def escape(value: Any) -> Any:
    """A text that a spreadsheet would run gets an apostrophe before it, as does one that begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def restore(cell: str) -> str:
    """What `escape` was given."""
    return cell[1:] if cell.startswith("'") else cell
