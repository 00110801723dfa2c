"""The benchmark of opening a screened session reads real rows, and tells a ratio."""

from __future__ import annotations

from pathlib import Path

from benchmarks import screen_page
from workbench.archive import catalog, sessions
from workbench.screening import screen


def test_its_archive_is_one_of_screened_sessions_that_a_page_can_read(tmp_path: Path) -> None:
    settings = screen_page.make(tmp_path, 3, 30)
    engine = catalog.open_catalog(settings)
    every = sessions.every(engine)
    found = [screen.latest(engine, session.id) for session in every]
    assert [len(one.verdicts) if one and one.finished else 0 for one in found] == [30, 30, 30]
    screen_page.read(settings, engine, every[1])


def test_its_table_tells_seconds_of_both_archives_and_their_ratio() -> None:
    found = [screen_page.Took("what a page reads", 0.2, 0.3), screen_page.Took("the page's script", 1.0, 2.5)]
    lines = screen_page.shown(found, 100, 600).splitlines()
    assert lines[1].split()[-7:] == ["0.200", "0.300", "1.50", "aim", "2", "s", "ok"]
    assert lines[2].endswith("MISSED")
