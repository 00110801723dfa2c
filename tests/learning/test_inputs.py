from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.learning import made_up
from workbench.learning import inputs, relative
from workbench.learning.inputs import NUMBERS
from workbench.learning.recipes import EYES, FINAL, STANDARD
from workbench.vision.views import GEOMETRY


def test_what_is_absent_is_nought_and_said_to_be() -> None:
    geometry = np.full((2, len(GEOMETRY)), 0.5, np.float32)
    of_session = np.array([[0.1, 0.2, 0.3, 0.4], [np.nan] * 4], np.float32)
    rows = inputs.numbers(geometry, of_session)
    assert rows.shape == (2, len(NUMBERS)) and rows.dtype == np.float32
    assert rows[0, len(GEOMETRY) : -2].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert rows[1, len(GEOMETRY) : -2].tolist() == [0, 0, 0, 0]
    assert rows[:, -2:].tolist() == [[1, 1], [1, 0]]


def test_hidden_rows_are_hidden_whole_and_say_so() -> None:
    rows = inputs.numbers(np.ones((4000, len(GEOMETRY)), np.float32), np.ones((4000, 4), np.float32))
    before = rows.copy()
    found = inputs.hidden(rows, 0.25, np.random.default_rng(0))
    assert np.array_equal(rows, before)
    known, of_session = found[:, -2] == 1, found[:, -1] == 1
    assert (~known).mean() == pytest.approx(0.25, abs=0.03) and of_session.mean() == pytest.approx(0.5, abs=0.03)
    assert not found[~known].any() and not (of_session & ~known).any()
    assert not found[~of_session, len(GEOMETRY) : -2].any() and found[known, : len(GEOMETRY)].all()


def test_each_network_gets_its_own_views_of_the_photos_that_have_them() -> None:
    rng = np.random.default_rng(0)
    seen = [made_up.seen(False, rng), made_up.seen(True, rng, face=False), made_up.seen(True, rng)]
    arrays, there = inputs.of_views(STANDARD[FINAL], seen, relative.absent(3))
    assert set(arrays) == {"frame"} and there.tolist() == [True, True, True]
    arrays, there = inputs.of_views(STANDARD[EYES], seen, relative.absent(3))
    assert there.tolist() == [True, False, True] and arrays["eyes"].shape == (2, 2, 48, 64)
    assert np.array_equal(arrays["numbers"][1, : len(GEOMETRY)], seen[2].geometry)
    alone, _ = inputs.of_views(replace(STANDARD[EYES], geometry=False), seen, relative.absent(3))
    assert set(alone) == {"eyes"}


@pytest.mark.parametrize("network", [FINAL, EYES])
def test_no_photo_gives_arrays_of_none(network: str) -> None:
    arrays, there = inputs.of_views(STANDARD[network], [], relative.absent(0))
    assert there.shape == (0,) and all(len(array) == 0 for array in arrays.values())
