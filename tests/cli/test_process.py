"""How the process ends: all is written, the handlers of others are called, and the exit code is the command's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys
from dbdriver_lint import cli
atexit.register(print, "handled")
cli.main = lambda: print("found", end=" ") or print("said", end=" ", file=sys.stderr) or {code}
cli.run_process()
print("not reached")
"""


@pytest.mark.parametrize("code", [0, 1, 130])
def test_the_end_of_the_process(code: int) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-c", PROGRAM.format(code=code)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == code
    assert run.stdout.split() == ["found", "handled"]
    assert run.stderr.split() == ["said"]
