"""Threads that sleep while they wait: asked for before torch is there, and never against the user."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from spotting_core.computing.waiting_threads import POLICY

_ASK = """
import sys, app.command_line as line
assert "torch" not in sys.modules
line.app = lambda: print(__import__("os").environ["OMP_WAIT_POLICY"])
line.main()
"""


@pytest.mark.parametrize(("own", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_the_command_line_asks_before_torch_is_there(own: str | None, expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != POLICY}
    environment |= {POLICY: own} if own is not None else {}
    done = subprocess.run([sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected
