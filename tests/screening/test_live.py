"""Results while photos come in: the first at once, all of them settled at the end, none lost to a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, delete, func, insert, select, update

from tests import archive_rows, photographs
from tests.archive.test_forgetting import _forget
from tests.jobs.conftest import DEADLINE
from tests.learning import made_up
from tests.learning.test_registry import add_model
from tests.test_cli import environment, ok, portrait
from workbench.archive import catalog, folders, importing, sessions, tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session, UnknownSession
from workbench.learning import registry
from workbench.learning.registry import Model
from workbench.screening import exceptions, live, screen
from workbench.screening.screen import Running, Screening
from workbench.settings import HOME, Settings
from workbench.vision import analysis, store


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.fixture
def ana(settings: Settings, engine: Engine) -> Session:
    """A session of 40 photos of which 10 blink; their views are kept."""
    return made_up.archive(settings, engine, sessions=1, photos=40, closed=10)[0]


def begun(settings: Settings, engine: Engine, session: Session, executor: Executor, **about: object) -> Running:
    return screen.begin(settings, engine, session, replace(starter(settings), **about), executor)  # type: ignore[arg-type]


def starter(settings: Settings) -> Model:
    return registry.current(settings)


def there(engine: Engine, session: Session) -> Screening:
    """The newest screening, which must be there."""
    found = screen.latest(engine, session.id)
    assert found is not None
    return found


def photo(number: int) -> str:
    return f"{0:04x}{number:028x}"


def screenings(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(tables.screenings)).scalar_one()


def test_the_first_photos_have_verdicts_before_the_last_are_read(settings: Settings, engine: Engine) -> None:
    for number in range(12):
        portrait(settings.roots[1] / "Ana", f"{number:02}.jpg", number)
    (plan,) = folders.plan(settings.roots[1] / "Ana", settings)
    seen: list[tuple[int, bool]] = []
    with analysis.pool(settings) as pool:
        running: list[Running] = []

        def arrived(session: Session, photos: list[str]) -> None:
            if not running:
                running.append(screen.begin(settings, engine, session, starter(settings), pool))
            running[0].take(photos)
            found = screen.latest(engine, session.id)
            seen.append((0, False) if found is None else (len(found.verdicts), found.finished))

        importing.import_session(engine, plan, analysis.Analyst(settings), pool, arrived=arrived)  # type: ignore[arg-type]
        done = running[0].finish()
    assert seen == [(0, False), (4, False), (12, False)], "nothing known before, a small first step, the rest"
    assert done.finished and len(done.verdicts) == 12 and there(engine, sessions.find(engine, "Ana")) == done


def test_verdicts_are_settled_at_the_end_as_if_the_session_had_been_screened_whole(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    running = begun(settings, engine, ana, executor)
    for start in range(0, 40, 8):
        running.take([photo(number) for number in range(start, start + 8)])
    assert not there(engine, ana).finished and len(there(engine, ana).verdicts) >= 32
    done = running.finish()
    again = screen.screen(settings, engine, ana, starter(settings), executor)
    assert done.verdicts == again.verdicts and done.counts == {"blink": 10, "keep": 30}


def test_photos_are_looked_up_a_few_times_and_not_with_every_step(
    settings: Settings, engine: Engine, executor: Executor
) -> None:
    (long,) = made_up.archive(settings, engine, sessions=1, photos=100, closed=3)
    asked: list[int] = []
    judge = starter(settings)

    def listening(*arguments: object) -> registry.Answer:
        asked.append(len(arguments[0]))  # type: ignore[arg-type]
        return judge.predict(*arguments)  # type: ignore[arg-type]

    running = begun(settings, engine, long, executor, predict=listening)
    for number in range(100):
        running.take([photo(number)])
    assert len(asked) < 45 and sum(asked) == len(there(engine, long).verdicts), "and each is judged once till then"
    assert len(there(engine, long).verdicts) >= 90


def test_a_screening_that_took_no_photo_yet_is_not_there(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    first = screen.screen(settings, engine, ana, starter(settings), executor)
    running = begun(settings, engine, ana, executor)
    running.take([])
    assert there(engine, ana) == first and screenings(engine) == 1
    running.take([photo(1)])
    assert there(engine, ana).verdicts.keys() == {photo(1)} and not there(engine, ana).finished


def test_a_second_run_writes_no_provisional_verdicts_over_final_ones(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    def wavering(seen: Sequence[object], numbers: object) -> registry.Answer:
        """As verdicts change while a session still comes in."""
        return registry.Answer(np.full(len(seen), 0.7), np.zeros((len(seen), 1)))

    one, other = begun(settings, engine, ana, executor), begun(settings, engine, ana, executor, predict=wavering)
    for running in (one, other):
        running.take([photo(1)])
    done = one.finish()
    other.take([photo(number) for number in range(2, 9)])
    assert there(engine, ana) == done
    again = other.finish()
    assert again.finished and again.id != done.id and there(engine, ana) == again and screenings(engine) == 2


def test_the_threshold_of_a_killed_run_is_not_that_of_the_next(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    killed = screen.begin(settings, engine, ana, starter(settings), executor, threshold=0.05)
    killed.take([photo(1)])
    assert there(engine, ana).threshold == 0.05
    done = screen.screen(settings, engine, ana, starter(settings), executor)
    assert (done.threshold, done.counts["blink"]) == (0.5, 10) and screenings(engine) == 1
    strict = screen.begin(settings, engine, ana, starter(settings), executor, threshold=0.05)
    strict.take([photo(1)])
    half = there(engine, ana)
    on = screen.begin(settings, engine, ana, starter(settings), executor, threshold=0.05)
    assert on.finish().id == half.id, "the same wish goes on"


def test_photos_that_come_later_are_judged_by_the_threshold_that_the_photographer_set(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    judge = starter(settings)
    assert live.kept_threshold(settings, engine, ana, judge) == judge.threshold == 0.5
    screen.screen(settings, engine, ana, judge, executor)
    screen.set_threshold(engine, ana.id, 0.9)
    assert live.kept_threshold(settings, engine, ana, judge) == 0.9
    stopped = screen.begin(settings, engine, ana, judge, executor, threshold=0.9)
    stopped.take([photo(1)])
    screen.set_threshold(engine, ana.id, 0.3)
    assert live.kept_threshold(settings, engine, ana, judge) == 0.9, "of the newest that came to its end"
    registry.set_threshold(settings, judge.fault, judge.version, 0.4, "by hand")
    assert live.kept_threshold(settings, engine, ana, starter(settings)) == 0.4, "the model was given another since"


def test_an_unfinished_screening_of_the_same_model_is_gone_on_with(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    stopped = begun(settings, engine, ana, executor)
    stopped.take([photo(1), photo(2)])
    half = there(engine, ana)
    assert half.verdicts.keys() == {photo(1), photo(2)} and ana.id not in screen.times(engine)
    done = screen.screen(settings, engine, ana, starter(settings), executor)
    assert done.id == half.id and done.finished and len(done.verdicts) == 40
    assert screenings(engine) == 1 and ana.id in screen.times(engine)


def test_an_unfinished_screening_of_another_model_is_not_left_behind(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    stopped = begun(settings, engine, ana, executor)
    stopped.take([photo(1)])
    add_model(settings, "other")
    done = screen.screen(settings, engine, ana, registry.load(settings, starter(settings).fault, "other"), executor)
    assert screenings(engine) == 1 and done.model == "other"
    stopped.take([photo(number) for number in range(2, 9)])
    assert there(engine, ana) == done, "what still ran has no screening to write to"
    assert stopped.finish().finished


def test_a_threshold_that_is_moved_meanwhile_stands(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    running = begun(settings, engine, ana, executor)
    running.take([photo(1)])
    screen.set_threshold(engine, ana.id, 0.97)
    exceptions.set_one(engine, ana.id, "laughing", "keep")
    running.take([photo(2), photo(3)])
    assert there(engine, ana).counts["blink"] == 0
    done = running.finish()
    assert (done.threshold, done.counts["blink"]) == (0.97, 0)


def test_a_photo_that_is_forgotten_meanwhile_breaks_nothing(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    running = begun(settings, engine, ana, executor)
    going = [photo(1), photo(2)]
    running.take([photo(3), photo(1)])
    _erase(engine, going)
    running.take([photo(2), photo(4)])
    done = running.finish()
    assert done.finished and len(done.verdicts) == 38 and done.verdicts.keys().isdisjoint(going)


def test_a_photo_that_is_forgotten_while_it_is_judged_breaks_nothing(
    settings: Settings, engine: Engine, ana: Session, executor: Executor
) -> None:
    judge = starter(settings)

    def forgetting(*arguments: object) -> registry.Answer:
        _erase(engine, [photo(5)])
        return judge.predict(*arguments)  # type: ignore[arg-type]

    done = begun(settings, engine, ana, executor, predict=forgetting).finish()
    assert done.finished and len(done.verdicts) == 39


def test_a_session_that_is_forgotten_meanwhile_ends_with_a_sentence(
    settings: Settings, engine: Engine, executor: Executor
) -> None:
    photographs.jpeg(settings.roots[1] / "Ben/1.jpg", 1)
    (plan,) = folders.plan(settings.roots[1] / "Ben", settings)
    with analysis.pool(settings) as pool:
        session = importing.import_session(engine, plan, analysis.Analyst(settings), pool).session
    judge = starter(settings)

    def forgetting(*arguments: object) -> registry.Answer:
        _forget(settings, "Ben")
        return judge.predict(*arguments)  # type: ignore[arg-type]

    with pytest.raises(UnknownSession):
        begun(settings, engine, session, executor, predict=forgetting).finish()
    assert screenings(engine) == 0


def test_photos_whose_views_are_lost_are_read_again_and_told_of_meanwhile(settings: Settings, engine: Engine) -> None:
    for number in range(3):
        portrait(settings.roots[1] / "Ana", f"{number}.jpg", number)
    (plan,) = folders.plan(settings.roots[1] / "Ana", settings)
    with analysis.pool(settings) as pool:
        session = importing.import_session(engine, plan, analysis.Analyst(settings), pool).session
        store.place(settings).unlink()
        running = begun(settings, engine, session, pool)
        done = live.whole(running)
    assert len(running._told) == 3 and done.counts == {"keep": 3}


def test_an_import_that_was_killed_goes_on_with_its_screening(settings: Settings, engine: Engine) -> None:
    for number in range(14):
        photographs.jpeg(settings.roots[1] / f"Ana/{number:03}.jpg", number, size=(1200, 800))
    command = [sys.executable, "-m", "workbench", "import", str(settings.roots[1] / "Ana"), "--screen"]
    about = {"cwd": HOME, "env": {**os.environ, **environment(settings), "EYESPY_WORKERS": "1"}}
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL, **about)  # type: ignore[call-overload]
    deadline = time.monotonic() + DEADLINE
    while not (found := _first(engine)):
        assert first.poll() is None and time.monotonic() < deadline, "it never had a verdict"
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    half = there(engine, sessions.find(engine, "Ana"))
    assert not half.finished and 0 < len(half.verdicts) < 14 and half.id == found
    ok(settings, "import", settings.roots[1] / "Ana", "--screen")
    done = there(engine, sessions.find(engine, "Ana"))
    assert done.id == half.id and done.finished and len(done.verdicts) == 14 and screenings(engine) == 1


def _first(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return connection.execute(select(tables.verdicts.c.screening_id).limit(1)).scalar()


def _erase(engine: Engine, going: list[str]) -> None:
    """What forgetting does to single photos."""
    with writing(engine) as connection:
        for table in (tables.verdicts, tables.predictions, tables.standing, tables.labels):
            connection.execute(delete(table).where(table.c.photo_id.in_(going)))
        connection.execute(update(tables.files).where(tables.files.c.photo_id.in_(going)).values(photo_id=None))
        connection.execute(delete(tables.photos).where(tables.photos.c.id.in_(going)))


def test_a_file_that_a_hand_off_has_written_is_the_same_photo_also_when_it_was_moved(
    settings: Settings, engine: Engine
) -> None:
    photographs.other(settings.roots[1] / "Ana/1.tif", 1)
    photographs.other(settings.roots[1] / "Cleo/rated.tif", 2)
    ana, cleo = (folders.plan(settings.roots[1] / name, settings)[0] for name in ("Ana", "Cleo"))
    reader = analysis.Analyst(settings)
    with analysis.pool(settings) as pool:
        (before,) = importing.held(engine, importing.import_session(engine, ana, reader, pool).session).values()
        moved = importing.import_session(engine, cleo, reader, pool).session
        (rated,) = importing.held(engine, moved).values()
        with writing(engine) as connection:  # as if a hand-off had made these bytes of Ana's photo
            connection.execute(delete(tables.files).where(tables.files.c.photo_id == rated))
            connection.execute(delete(tables.photos).where(tables.photos.c.id == rated))
            connection.execute(insert(tables.aliases).values(identity=rated, photo_id=before))
        again = importing.import_session(engine, cleo, reader, pool)
    assert importing.held(engine, moved) == {"rated.tif": before} and again.counts["duplicate"] == 1


def test_only_the_files_that_are_named_are_brought_in_and_the_others_stay_what_they_were(
    settings: Settings, engine: Engine
) -> None:
    for number in range(4):
        photographs.jpeg(settings.roots[1] / f"Ana/{number}.jpg", number)
    (settings.roots[1] / "Ana/torn.jpg").write_bytes(b"no photo")
    (plan,) = folders.plan(settings.roots[1] / "Ana", settings)
    arrived: list[list[str]] = []
    with analysis.pool(settings) as pool:
        reader = analysis.Analyst(settings)
        tell = lambda session, photos: arrived.append(list(photos))  # noqa: E731
        some = importing.import_session(engine, plan, reader, pool, only={"1.jpg"}, arrived=tell)
        more = importing.import_session(engine, plan, reader, pool, only={"1.jpg", "2.jpg"}, arrived=tell)
    assert (some.counts, more.counts) == ({"new": 1}, {"known": 1, "new": 1}) and not more.problems and not more.gone
    held = importing.held(engine, some.session)
    assert held.keys() == {"1.jpg", "2.jpg"}
    assert arrived == [[], [held["1.jpg"]], [held["1.jpg"]], [held["2.jpg"]]]


def test_an_empty_session_has_nothing_to_screen(settings: Settings, engine: Engine, executor: Executor) -> None:
    nobody = archive_rows.session(engine, "Nobody", [])
    with pytest.raises(screen.NothingToScreen):
        begun(settings, engine, nobody, executor).finish()
    assert screenings(engine) == 0
