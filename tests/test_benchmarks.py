"""The benchmarks run: they make their photos, measure the program's own functions, and print ratios."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import _camera, screening_speed
from workbench.archive import identity
from workbench.archive.decoding import decode
from workbench.settings import HOME, Settings


@pytest.fixture(scope="module")
def report() -> dict[str, object]:
    """What the quick run of the speed benchmark prints."""
    command = [sys.executable, "-m", "benchmarks.screening_speed", "--quick", "--json"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.heavy
def test_the_speed_benchmark_tells_a_ratio_for_photos_with_and_without_preview(report: dict) -> None:
    assert [speed["kind"] for speed in report["speeds"]] == ["without preview", "with preview"]
    for speed in report["speeds"]:
        assert speed["ratio"] > 0
        assert speed["lowest_ratio"] <= speed["ratio"] <= speed["highest_ratio"]
        assert speed["session_seconds"] > 0


@pytest.mark.heavy
def test_the_speed_benchmark_tells_the_memory_of_sessions_of_several_lengths(report: dict) -> None:
    assert list(report["peaks"]) == ["1", "2"]
    assert min(report["peaks"].values()) > 1


def test_the_report_as_text_names_each_kind_and_its_ratio() -> None:
    speed = screening_speed.Speed("with preview", 2, 25.0, 80.0, 3.2, 3.1, 3.3, 3.2)
    text = screening_speed.shown(screening_speed.Report(100, 9.5, 2, (speed,), {50: 200.0, 100: 201.0}))
    assert "with preview" in text
    assert "3.20 (3.10–3.30)" in text
    assert "600 photos with preview, 2 worker(s): 8 s (plain decoding alone: 24 s)" in text
    assert "200 MB for 50 photos, 201 MB for 100 photos" in text


@pytest.mark.heavy
def test_the_photos_of_the_benchmark_are_like_a_cameras(tmp_path: Path, settings: Settings) -> None:
    shot = _camera.expose(settings.assets / "astronaut.png", (80, 0, 380, 300), seed=1)
    _camera.write_session(tmp_path / "plain", [shot], count=3, embedded=False)
    _camera.write_session(tmp_path / "previewed", [shot], count=3, embedded=True)
    plain, previewed = (sorted((tmp_path / name).iterdir()) for name in ("plain", "previewed"))
    assert all(8e6 < file.stat().st_size < 12e6 for file in plain), "the size of a camera's JPEG of 24 MP"
    assert len({identity.identity(file.read_bytes()) for file in plain}) == 3, "three different photos"
    image, facts = decode(previewed[2], at_least=1440)
    assert (image.size, facts["width"], facts["height"]) == ((1080, 1620), 4000, 6000), "its preview, upright"
    with Image.open(plain[0]) as whole:
        assert whole.size == (6000, 4000), "held lying"


def test_a_trial_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        screening_speed.Trial(photos=0)
