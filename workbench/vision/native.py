"""Keeps the terminal clear of what TensorFlow and LiteRT say for themselves, below Python, where no setting reaches."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_STDERR = 2  # the descriptor: C++ knows nothing of sys.stderr
_CHATTER = re.compile(
    rb"WARNING: All log messages before absl|I\d{4} \d\d:\d\d:\d\d|I0000 00:00:\d|INFO: Created TensorFlow"
    rb"|To enable the following instructions"
)
"""How lines begin that say nothing to a photographer: notes, not warnings and not errors."""
_one_at_a_time = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """As long as this lasts, notes of native libraries on stderr are dropped; all else that came is shown at its end.

    For the moment in which a library is loaded: what is written meanwhile, also by Python, waits until then.
    """
    with _one_at_a_time, tempfile.TemporaryFile() as said:
        try:
            before = os.dup(_STDERR)
        except OSError:  # there is no stderr
            yield
            return
        try:
            _turn(said.fileno())
            yield
        finally:
            _turn(before)
            os.close(before)
            _show(said)


def _turn(to: int) -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
    os.dup2(to, _STDERR)


def _show(said: IO[bytes]) -> None:
    said.seek(0)
    for line in said:
        if not _CHATTER.match(line):
            os.write(_STDERR, line)
