"""`explain` as a person gives it, and as a job."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from tests.learning import made_up
from tests.test_cli import ok, run
from workbench import jobs, report
from workbench.archive import catalog
from workbench.faults import BLINK
from workbench.learning import explaining
from workbench.settings import Settings

SHUT, OPEN = f"{0:032x}", f"{11:032x}"


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """One shoot of twelve photos, the first four with closed eyes."""
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=1)
    return engine


def test_each_photo_is_explained_in_words_and_kept_for_the_page(settings: Settings, engine: Engine) -> None:
    out = ok(settings, "explain", SHUT, OPEN, SHUT)
    assert out.count(SHUT) == 1 and out.index(SHUT) < out.index(OPEN)
    shut, calm = out.split(OPEN)
    assert "starter says 0.8" in shut and "a blink" in shut and "left eye closed by 0.8" in shut
    assert "no blink (it flags from 0.5 on)" in calm and "all numbers of the face together" in calm
    for photo in (SHUT, OPEN):
        assert explaining.latest(settings, BLINK, "starter", photo) is not None


def test_programs_get_one_document_and_the_job_the_same(settings: Settings, engine: Engine) -> None:
    class Sink:
        """Keeps what a job's row would."""

        def __init__(self) -> None:
            self.steps: list[tuple[int, int | None]] = []
            self.document: dict[str, object] = {}

        def step(self, what: str, done: int = 0, total: int | None = None) -> None:
            self.steps.append((done, total))

        def result(self, document: dict[str, object]) -> None:
            self.document = document

    sink = Sink()
    with report.telling(sink):
        told = json.loads(ok(settings, "explain", SHUT, OPEN, "--model", "starter", "--json"))
    assert told == sink.document and sink.steps[-1] == (2, 2)
    assert told["model"] == "starter" and [one["photo"] for one in told["photos"]] == [SHUT, OPEN]
    first, second = told["photos"]
    assert first["flagged"] and not second["flagged"]
    assert sum(value for _, value in first["numbers"]) == pytest.approx(first["together"], abs=0.01)
    assert {"eyes", "frame"}.isdisjoint(first), "pictures are for the page"


def test_it_runs_as_a_job() -> None:
    assert "explain" in jobs.LONG


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((SHUT[:8],), "There is no photo “00000000” in the archive"),
        ((SHUT, "--model", "best"), "There is no model “best”"),
        (("f" * 32,), "There is no photo"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    settings: Settings, engine: Engine, arguments: tuple[str, ...], sentence: str
) -> None:
    result = run(settings, "explain", *arguments, "--json")
    assert result.exit_code == 1 and sentence in result.stderr and result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
