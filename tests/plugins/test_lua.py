"""The plug-ins' Lua: every file compiles, and what is no editor's runs by itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.conftest import DARKTABLE, HERE, PLUGIN, run

SOURCES = sorted([*PLUGIN.glob("*.lua"), *(one for one in HERE.rglob("*.lua") if "darktable" not in one.name)])
WINDOWS = "true"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_what_lightroom_runs_is_lua_5_1(source: Path, program: Callable[[str], str]) -> None:
    run([program("luac5.1"), "-p", source], dict(os.environ))


@pytest.mark.parametrize("source", [DARKTABLE, *PLUGIN.glob("*.lua")], ids=lambda path: path.name)
def test_what_darktable_runs_is_lua_5_4(source: Path, program: Callable[[str], str]) -> None:
    run([program("luac5.4"), "-p", source], dict(os.environ))


@pytest.fixture(params=["lua5.1", "lua5.4"])
def call(request: pytest.FixtureRequest, program: Callable[[str], str]) -> Callable[..., str]:
    """Calls a function of a pure module with values in Lua's spelling, in both versions of Lua."""

    def answer(name: str, *values: str) -> str:
        module, function = name.split(".")
        command: list[str | Path] = [program(request.param), HERE / "pure.lua", PLUGIN / f"{module}.lua", function]
        return run([*command, *values], dict(os.environ))

    return answer


def quoted(text: str) -> str:
    """Text as Lua spells it."""
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'


@pytest.mark.parametrize(
    "name", ["plain", "Ana's shoot", '$HOME `id` \\ "x" & ;|*?', "Zoë 写真", "-rf", "%PATH%", "\n"]
)
def test_a_word_of_the_shell_stays_what_it_is(call: Callable[..., str], name: str) -> None:
    word = call("Command.quote", quoted(name))
    assert subprocess.check_output(["sh", "-c", f"printf %s {word}"]) == name.encode()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("C:\\Eye Spy", '"C:\\Eye Spy"'),
        ("C:\\Ana & Bo (1)", '"C:\\Ana & Bo (1)"'),
        ("C:\\", '"C:\\\\"'),
        ('a"b', "error: "),
        ("C:\\100%", "error: "),
    ],
)
def test_a_word_for_windows_is_quoted_or_refused(call: Callable[..., str], name: str, word: str) -> None:
    assert call("Command.quote", quoted(name), WINDOWS).startswith(word)


def test_the_command_on_windows_is_one_quoted_whole(call: Callable[..., str]) -> None:
    ask = (
        "{folder = [[C:\\Eye Spy]], roots = [[D:\\Shoots]], list = [[T:\\l.txt]], out = 'o', err = 'e', windows = true}"
    )
    assert call("Command.screen", ask) == (
        '"(cd /d "C:\\Eye Spy" && set "PYTHONUTF8=1" && set "EYESPY_ROOTS=D:\\Shoots" && '
        '"C:\\Eye Spy\\.venv\\Scripts\\python.exe" -m workbench screen --photos "T:\\l.txt" --lines) > "o" 2> "e""'
    )


@pytest.mark.parametrize(("given", "status"), [("0", 0), ("256", 1), ("768", 3), ("3", 3), ("true", 0), ("nil", 1)])
def test_the_exit_status_is_found_as_each_system_gives_it(call: Callable[..., str], given: str, status: int) -> None:
    assert float(call("Command.status", given)) == status


def test_lines_become_verdicts_by_path(call: Callable[..., str]) -> None:
    lines = "blink\t0.9312\t/a/Zoë 1.jpg\r\ncant_tell\t\t/a/2.jpg\nwarning: nothing\nmaybe\t0.1\t/a/3.jpg\n"
    one, two = call("Verdicts.parse", quoted(lines)).split("}, ")
    assert one == "{/a/2.jpg={group=cant_tell, path=/a/2.jpg"
    assert two == "/a/Zoë 1.jpg={group=blink, path=/a/Zoë 1.jpg, probability=0.9312}}"


def test_a_character_that_terminals_do_not_show_is_found_again(call: Callable[..., str]) -> None:
    lines = "keep\t0.1\t/a/Shot 9.41\\u202fAM\\xa0\\U0001f600.jpg\n"
    assert "/a/Shot 9.41\u202fAM\u00a0\U0001f600.jpg={group=keep" in call("Verdicts.parse", quoted(lines))


def test_a_list_has_each_path_once_and_none_that_would_be_two(call: Callable[..., str]) -> None:
    paths = f"{{{quoted('/a/1.jpg')}, {quoted('/a/1.jpg')}, {quoted('/a/two' + chr(10) + 'lines')}, 'b'}}"
    assert call("Verdicts.list", paths) == "/a/1.jpg\nb\n"


WISH = "blink='red', cant_tell='yellow', keep='none'"


@pytest.mark.parametrize(
    ("group", "has", "wish", "change"),
    [
        ("blink", "", WISH, "{label=red}"),
        ("blink", "colour='none', words='None'", WISH, "{label=red}"),
        ("blink", "colour='red'", WISH, "nil"),
        ("blink", "colour='yellow', given='yellow'", WISH, "{label=red}"),
        ("blink", "colour='yellow'", WISH, "{left=true}"),
        ("blink", "colour='yellow', given='red'", WISH, "{left=true}"),
        ("blink", "colour='blue', words='Blue'", WISH, "{left=true}"),
        ("blink", "colour='custom', words='Rot'", WISH, "{left=true}"),
        ("blink", "colour='gray', words='Rot'", WISH, "{left=true}"),
        ("blink", "colour='gray', words='Rot'", WISH + ", overwrite=true", "{label=red}"),
        ("blink", "colour='blue'", WISH + ", reject=true", "{left=true, reject=true}"),
        ("cant_tell", "colour='grey', words=''", WISH + ", reject=true, pick=true", "{label=yellow}"),
        ("keep", "", WISH, "nil"),
        ("keep", "colour='red'", WISH, "nil"),
        ("keep", "", WISH + ", pick=true, reject=true", "{pick=true}"),
        ("keep", "", "blink='none', cant_tell='none', keep='green'", "{label=green}"),
    ],
)
def test_what_a_photo_gets_leaves_the_photographers_own_labels(
    call: Callable[..., str], group: str, has: str, wish: str, change: str
) -> None:
    assert call("Verdicts.change", f"'{group}'", f"{{{has}}}", f"{{{wish}}}") == change


def test_what_went_wrong_is_the_end_of_what_was_said(call: Callable[..., str]) -> None:
    assert call("Verdicts.problem", quoted("Error: “/x” lies outside.\n\n")) == "“/x” lies outside."
    assert call("Verdicts.problem", quoted("\n".join("abcdefgh"))) == "d\ne\nf\ng\nh"
    assert call("Verdicts.problem", "''") == "The workbench said nothing about why."
