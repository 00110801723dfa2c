"""The report as a file that goes out of the house: it fetches nothing, names nobody, and says what is not known."""

from __future__ import annotations

import base64
import io
import re
import resource
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Engine, insert, select

from tests import archive_rows
from tests.learning.shelf import add_model
from tests.ui import shoot
from workbench.archive import catalog, photos, sessions, splits, tables
from workbench.faults import BLINK
from workbench.learning import audit, dossier, dossier_markup, flags, inspection, operating, registry, svg
from workbench.learning.audit import Audit
from workbench.learning.flags import Flag
from workbench.settings import Settings

VOID = {"meta", "img", "circle", "path", "rect", "br"}
NAMES = ("Ana <b>Lopez</b>", "Zoë & Co")


class Page(HTMLParser):
    """Tags, attributes and words of a page; it must be well formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words += f"{data} "

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """Eight labelled shoots of 24 photos, on all sides of a split; the starter has judged some of them wrongly."""
    engine = catalog.open_catalog(settings)
    rng = np.random.default_rng(0)
    for number in range(8):
        ids = [f"{number:04x}{photo:028x}" for photo in range(24)]
        name = NAMES[number] if number < len(NAMES) else f"shoot no. {number}"
        archive_rows.session(engine, name, ids, subject=f"Person {number}", gender="female" if number % 2 else "male")
        for place, photo in enumerate(ids):
            archive_rows.say(engine, photo, BLINK.classes[place < 6])
        said(engine, "starter", ids, rng)
    splits.assign(engine, BLINK)
    return engine


def said(engine: Engine, model: str, ids: list[str], rng: np.random.Generator) -> None:
    """What a model said of photos of which the first six are blinks; nothing of the last one."""
    truth = np.arange(len(ids)) < 6
    probability = np.clip(np.where(truth, 0.8, 0.2) + rng.normal(0, 0.25, len(ids)), 0.01, 0.99)
    about = {"fault": BLINK.name, "model": model}
    rows = [{"photo_id": photo, "probability": float(p), **about} for photo, p in zip(ids, probability, strict=True)]
    rows[-1]["probability"] = None
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.predictions), rows)


def written(
    settings: Settings, engine: Engine, tmp_path: Path, version: str = "starter", *, faces: bool = False
) -> str:
    path = tmp_path / "report.html"
    dossier.write(path, settings, engine, BLINK, version, faces=faces)
    return path.read_text(encoding="utf-8")


def test_the_report_stands_alone_and_runs_nothing(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    text = written(settings, engine, tmp_path)
    page = Page(text)
    assert not re.search(r"https?:|//\w|url\(|@import|javascript:", text)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe", "img", "form", "object", "base"})
    assert not any(name.startswith("on") or name in ("href", "src") for _, about in page.tags for name in about)
    (policy,) = [about["content"] for about in page.all("meta") if "http-equiv" in about]
    assert policy is not None and "default-src 'none'" in policy and "script" not in policy
    assert len(page.all("svg")) == 4 and all(about["aria-label"] for about in page.all("svg"))
    assert len(text) < 200_000


def test_no_session_subject_or_file_is_named_in_it(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    names = [session.name for session in sessions.every(engine)]
    flag = Flag(
        flags.IMBALANCE, True, 0.9, None, None, f"See “{names[0]}” of Person 3, in {Path('/nowhere') / names[1]}."
    )
    calm = [Flag(name, False, None, None, None, "Nothing.") for name in flags.NAMES if name != flags.IMBALANCE]
    every = sorted([flag, *calm], key=lambda one: flags.NAMES.index(one.name))
    audit.keep(settings, BLINK, Audit("starter", "2026-11-22T12:00:00", "abc", 192, tuple(every)))
    registry.set_threshold(settings, BLINK, "starter", 0.5, f"for {names[2]}")
    text = written(settings, engine, tmp_path)
    words = Page(text).words
    assert not [name for name in names if name in words or name in text]
    assert "Person" not in words and ".jpg" not in text and "/nowhere" not in text and "<b>" not in text
    first, second, third = (session.id[:8] for session in sessions.every(engine)[:3])
    assert f"See “{first}” of subject" in words and f"in {second}." in words and f"It was chosen: for {third}." in words
    assert all(f"session {session.id[:8]}" in words for session in sessions.every(engine) if session.id in held(engine))
    assert words.index("raised") < words.index("not raised"), "what is raised comes first"


def held(engine: Engine) -> set[str]:
    """The sessions that are not on the test side."""
    side_of = splits.sides(engine)
    with engine.connect() as connection:
        rows = connection.execute(select(tables.files.c.session_id, tables.files.c.photo_id)).all()
    return {row.session_id for row in rows if side_of[row.photo_id] != "test"}


def test_its_figures_and_its_matrix_are_those_of_the_inspection(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    judged = inspection.read(settings, engine, BLINK, "starter")
    side = inspection.chosen(judged, inspection.HELD_BACK)
    tn, fp, fn, tp = inspection.confusion(side)
    words = Page(written(settings, engine, tmp_path)).words
    assert f"labelled BLINKING {tp} ({tp / (tp + fn):.1%}) {fn} " in words
    assert f"labelled NON_BLINKING {fp} ({fp / (tn + fp):.1%}) {tn} " in words
    accuracy = (tn + tp) / len(side)
    assert re.search(rf"accuracy {accuracy:.3f} \(0\.\d+–0\.\d+\)", words)
    share = operating.share_of_blinks(engine, BLINK).value
    swept = operating.sweep(side.truth, side.probability)
    assert operating.sentence(swept, side.threshold, share=share) in words
    wrong = [str(side.photos[row])[:8] for cell in ("fn", "fp") for row in inspection.cell(side, cell)[:3]]
    assert wrong and all(photo in words for photo in wrong)


def test_a_trained_model_stands_beside_the_starter(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    add_model(settings, "mine", description="Fits & <fits>.", limits=["Never measured on “shoot no. 5”."])
    for number in range(8):
        said(engine, "mine", [f"{number:04x}{photo:028x}" for photo in range(24)], np.random.default_rng(number + 50))
    text = written(settings, engine, tmp_path, "mine")
    words = Page(text).words
    assert re.search(r"Beside the starter, on \d+ photos of the test side", words)
    assert "Fits & <fits>." in words and "shoot no. 5" not in words
    assert "Beside the starter" not in Page(written(settings, engine, tmp_path)).words


def test_faces_are_shown_only_when_asked_for_and_without_metadata(settings: Settings, tmp_path: Path) -> None:
    session = shoot.shoot(settings, "Ana", shoot.frames(keep=4))
    engine = catalog.open_catalog(settings)
    ids = [photo.id for photo in photos.of_session(engine, session)]
    for photo in ids:
        archive_rows.say(engine, photo, BLINK.positive)
    with catalog.writing(engine) as connection:
        about = {"fault": BLINK.name, "model": "starter", "probability": 0.1}
        connection.execute(insert(tables.predictions), [{"photo_id": photo, **about} for photo in ids])
    (settings.roots[-1] / "Ana" / "IMG_0003.jpg").unlink()
    assert Page(written(settings, engine, tmp_path)).all("img") == []
    page = Page(written(settings, engine, tmp_path, faces=True))
    assert len(page.all("img")) == 3 and "its file is away" in page.words
    for image in page.all("img"):
        source = str(image["src"])
        assert source.startswith("data:image/jpeg;base64,")
        with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as eyes:
            assert eyes.size == (480, 180) and not eyes.getexif() and "icc_profile" not in eyes.info


def test_what_cannot_be_said_is_said_so(settings: Settings, tmp_path: Path) -> None:
    """One person, a few photos, no blink: nothing to draw, no interval, no audit."""
    engine = catalog.open_catalog(settings)
    with pytest.raises(dossier.NothingToReport, match="evaluate"):
        written(settings, engine, tmp_path)
    archive_rows.session(engine, "Ana", ids := [f"{number:032x}" for number in range(3)])
    for photo in ids:
        archive_rows.say(engine, photo, BLINK.negative)
    with catalog.writing(engine) as connection:
        about = {"fault": BLINK.name, "model": "starter", "probability": 0.3}
        connection.execute(insert(tables.predictions), [{"photo_id": photo, **about} for photo in ids])
    words = Page(written(settings, engine, tmp_path)).words
    for part in ("recall: no photo has the fault", "nothing to draw: needs judged photos of both classes", "None."):
        assert part in words
    assert "No audit was made yet" in words and "no interval from fewer than 3 groups" in words


def test_only_a_report_is_written_over(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    photo = tmp_path / "IMG_1.jpg"
    photo.write_bytes(b"a photo")
    with pytest.raises(dossier.NotAReport, match=r"ends in \.html"):
        dossier.write(photo, settings, engine, BLINK, "starter")
    assert photo.read_bytes() == b"a photo"
    with pytest.raises(registry.UnknownModel):
        dossier.write(tmp_path / "new.html", settings, engine, BLINK, "best")
    assert [path.name for path in tmp_path.glob("*.html")] == []
    for _ in range(2):
        dossier.write(tmp_path / "new.HTML", settings, engine, BLINK, "starter")


def test_names_are_taken_out_as_whole_words_the_longest_first() -> None:
    names = dossier_markup.Names({"Ana": "11111111", "Ana B": "22222222", "": "x", "C++ (2)": "33333333"})
    assert names.out_of("Ana B and Ana, Anabel; C++ (2)!") == "22222222 and 11111111, Anabel; 33333333!"
    assert dossier_markup.Names({}).out_of("Ana") == "Ana"


def test_a_plot_keeps_its_points_in_place_and_its_words_escaped() -> None:
    line = operating.Curve(np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.5, 0.0]))
    page = Page(svg.curve(line, across="a < b", up="up", mark=(0.5, 1.0), said="“x” & y"))
    (path,) = [about for about in page.all("path") if about["class"] == "line"]
    places = [tuple(map(float, step.split())) for step in str(path["d"]).removeprefix("M").split(" L")]
    (x0, y0), (x1, y1), (x2, y2) = places
    assert y0 > y1 == y2 and x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    (mark,) = page.all("circle")
    assert (float(str(mark["cx"])), float(str(mark["cy"]))) == (x1, y1)
    assert "a < b" in page.words and page.all("svg")[0]["aria-label"] == "“x” & y"


def test_whether_a_report_can_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("a table")
    with pytest.raises(dossier.NotAReport):
        dossier.require_writable(tmp_path / "list.csv")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(dossier.ReportNotWritten, match="it is a folder"):
        dossier.require_writable(tmp_path / "folder.html")
    with pytest.raises(dossier.ReportNotWritten, match=r"list\.csv” is no folder"):
        dossier.require_writable(tmp_path / "list.csv" / "deeper" / "report.html")
    dossier.require_writable(tmp_path / "new" / "report.html")
    assert not (tmp_path / "new").exists()


def test_a_report_that_the_disk_does_not_take_is_one_sentence(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    dossier.write(tmp_path / "report.html", settings, engine, BLINK, "starter")
    before = (tmp_path / "report.html").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(dossier.ReportNotWritten, match=r"report\.html” \(.+\)\. Make room there"):
            dossier.write(tmp_path / "report.html", settings, engine, BLINK, "starter")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "report.html").read_bytes() == before
