"""The labelled photos of the archive, for the commands that learn from them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from workbench import report

if TYPE_CHECKING:
    from workbench.learning.examples import Examples


def gathered(bench: Any, bar: report.Bar) -> Examples:
    """Every labelled photo whose views are kept, or whose file is there; told of on the bar."""
    from workbench.learning import examples
    from workbench.vision import analysis

    tell = partial(bar.telling, "Gathering labelled photos")
    with analysis.pool(bench.settings) as executor:
        return examples.gather(bench.settings, bench.engine, executor, tell=tell)
