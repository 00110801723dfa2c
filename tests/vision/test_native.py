from __future__ import annotations

import os
import sys

import pytest

from workbench.vision import native

CHATTER = b"I0000 00:00:1795366174.140857    9190 cudart_stub.cc:31] Could not find cuda drivers on your machine.\n"
DELEGATE = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"


def test_notes_of_native_libraries_are_dropped_and_everything_else_is_shown(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with native.quiet():
        os.write(2, CHATTER + b"E0000 00:00:1795366174.1 90 memory.cc:1] No memory\n" + DELEGATE)
        print("a warning of Python", file=sys.__stderr__, flush=True)
    os.write(2, b"afterwards\n")
    lines = capfd.readouterr().err.splitlines()
    assert [line[:5] for line in lines] == ["E0000", "a war", "after"]


def test_an_error_passes_and_stderr_is_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), native.quiet(), native.quiet():
        os.write(2, b"what came before it\n")
        raise RuntimeError
    os.write(2, DELEGATE)
    assert capfd.readouterr().err == f"what came before it\n{DELEGATE.decode()}"
