"""A served archive of sessions to be reviewed, and what tests of the Screen page press and read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, update

from tests.ui.served import Served, installation, served
from tests.ui.shoot import Frame, frames, seen, shoot
from workbench.archive import catalog, photos, tables
from workbench.faults import BLINK as FAULT
from workbench.screening import exceptions, review, screen
from workbench.screening.screen import BLINK, CANT_TELL, KEEP
from workbench.settings import from_environment
from workbench.vision import store, views

WRONG = (2, 5, 6, 11, 14, 17)
"""Which of eighteen suggestions, the surest first, are no blinks."""


BUDGET = 40


TESTS = ("Undo", "Threshold", "Reload", "Gate", "Loupe", "Mouse", "Rest", "Blank", "Signs", "Away")


@dataclass
class Bench:
    """A served archive and its catalogue, read directly; sessions by name."""

    running: Served
    engine: Engine
    ids: dict[str, str] = field(default_factory=dict)

    def groups(self, name: str) -> dict[str, str]:
        """The group of each photo of a session as it stands, by the photo's name."""
        session = self.ids[name]
        screening = screen.latest(self.engine, session)
        assert screening
        stands = review.reviewed(screening, review.decisions(self.engine, session, FAULT)).verdicts
        return {photo.name: stands[photo.id].group for photo in photos.of_session(self.engine, session)}

    def state(self, name: str) -> review.State:
        screening = screen.latest(self.engine, self.ids[name])
        assert screening
        return review.state(screening, review.decisions(self.engine, self.ids[name], FAULT))


@contextmanager
def reviewing(folder: Path) -> Iterator[Bench]:
    """Serves sessions to be reviewed, one for each test by its name."""
    environment = installation(folder) | {"EYESPY_MODELS": str(folder / "models")}
    settings = from_environment(environment)
    engine = catalog.open_catalog(settings)
    kept = [Frame(KEEP, 0.01 + number / 2000, "eyes open") for number in range(378)]
    doubted = [Frame(CANT_TELL, 0.41 + number / 100, "too uncertain") for number in range(4)]
    suggested = [Frame(BLINK, 0.95 - number / 50, "lids closed") for number in range(18)]
    ids = {"Large": shoot(settings, "Large", [*kept, *doubted, *suggested])}
    for name in TESTS:
        ids[name] = shoot(settings, name, frames(keep=30, blink=4, cant_tell=2))
    (settings.roots[-1] / "Away").rename(folder / "elsewhere")
    laughing = photos.of_session(engine, ids["Signs"])[-1].id
    with catalog.writing(engine) as connection:
        said = tables.verdicts
        connection.execute(update(said).where(said.c.photo_id == laughing).values(sign="laughing"))
    exceptions.set_one(engine, ids["Signs"], "laughing", KEEP)
    ids["Many"] = shoot(settings, "Many", frames(keep=3, blink=60))
    ids["Burst"] = shoot(settings, "Burst", frames(keep=6))
    alike = photos.of_session(engine, ids["Burst"])[:4]
    frame = np.random.default_rng(7).integers(0, 255, views.FRAME, np.uint8)
    store.put(settings, {photo.id: replace(seen(), frame=frame) for photo in alike})
    ids["Arriving"] = shoot(settings, "Arriving", frames(keep=8, blink=4))
    with served(environment) as running:
        yield Bench(running, engine, ids)


class Presses:
    """The keyboard, which counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def __call__(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1

    def reach(self, index: int, columns: int) -> None:
        """Goes forwards to the tile of that place, by whole rows where that is shorter."""
        places = self.page.locator(".review .tile").evaluate_all("all => all.map(t => t.ariaSelected)")
        down, across = divmod(index - places.index("true"), columns)
        self(*["ArrowDown"] * down, *["ArrowRight"] * across)


def opened(page: Page, bench: Bench, name: str) -> Page:
    if page.url.endswith(f"/screen?session={bench.ids[name]}"):
        page.keyboard.press("1")
    elif page.url.startswith(f"{bench.running.address}/screen"):  # loading Streamlit again would be most of the time
        page.get_by_role("combobox").first.click()
        page.get_by_role("option", name=name, exact=True).click()
        expect(page).to_have_url(re.compile(bench.ids[name]))
    else:
        page.goto(f"{bench.running.address}/screen?session={bench.ids[name]}")
    expect(page.locator(f".review[data-scope='{bench.ids[name]}']")).to_have_count(1)
    return page


def step(page: Page, title: str) -> Locator:
    return page.locator(".steps button").filter(has_text=title)


def at(page: Page, title: str) -> None:
    expect(step(page, title)).to_have_attribute("aria-pressed", "true")


def count(page: Page, title: str, number: int) -> None:
    expect(step(page, title).locator("b")).to_have_text(str(number))


def saved(page: Page) -> None:
    expect(page.locator(".review .unsaved")).to_have_text("")


def looked(page: Page) -> None:
    """Waits until every photo of the step was to be seen: what was not is not accepted."""
    expect(page.locator(".lead .next")).not_to_contain_text("not seen yet")


def badges(page: Page) -> list[str]:
    return page.locator(".review .tile .badge").all_text_contents()
