"""How the process ends: all is written, the handlers of others are called, and the exit code is the command's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


FULL = Path("/dev/full")


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in which `LINT` is the command, in a folder with one finding."""
    (folder / "db.py").write_text('import sqlalchemy\nengine = sqlalchemy.create_engine("postgres://db/app")\n')
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "LANG": "C.UTF-8"}
    script = f'LINT() {{ "{sys.executable}" -m dbdriver_lint "$@"; }}; {line}'
    return subprocess.run(["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("LINT db.py >&-", 1),
        ("LINT db.py >&- 2>&-", 1),
        ("LINT db.py <&- >&- 2>&-", 1),
        ("LINT db.py --jobs 2 . >&-", 1),
        ("LINT db.py missing.py >&- 2>&-", 2),
        ("LINT db.py missing.py 2>&- | grep -c XDB102 >&2; exit 2", 2),
        ("LINT rule XDB102 >&-", 0),
        ("LINT --version >&-", 0),
        ("LINT check --help >&-", 0),
    ],
)
def test_closed_output_is_as_if_thrown_away(tmp_path: Path, line: str, code: int) -> None:
    run = shell(line, tmp_path)
    assert run.returncode == code
    assert run.stdout == ""
    assert "Traceback" not in run.stderr


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    "arguments", ["db.py", "db.py --output-format json", "rule XDB102", "--version", "--help", "check --help"]
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written(tmp_path: Path, arguments: str, unbuffered: str) -> None:
    run = shell(f"export PYTHONUNBUFFERED={unbuffered}; LINT {arguments} >{FULL}", tmp_path)
    assert run.returncode == 2
    assert run.stderr == "dbdriver-lint: error: standard output cannot be written: no space left on device\n"


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    "arguments", ["missing.py", "--no-such-option", "--select no-such-rule", "db.py missing.py >&2"]
)
def test_errors_that_cannot_be_written_keep_their_exit_code(tmp_path: Path, arguments: str) -> None:
    assert shell(f"LINT {arguments} 2>{FULL}", tmp_path).returncode == 2


def test_closed_input(tmp_path: Path) -> None:
    run = shell("LINT - <&-", tmp_path)
    assert (run.returncode, run.stderr) == (2, "dbdriver-lint: error: standard input is closed\n")


def test_without_docstrings(tmp_path: Path) -> None:
    run = shell(
        "export PYTHONOPTIMIZE=2 PYTHONDONTWRITEBYTECODE=1; LINT db.py --select XDB102 --output-format json", tmp_path
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert '"code": "XDB102"' in run.stdout


@pytest.mark.parametrize("arguments", ["", "../db.py", "engines", "config", "doctor --url sqlite://", "inputs ."])
def test_a_current_folder_that_is_gone(tmp_path: Path, arguments: str) -> None:
    run = shell(f"mkdir gone; cd gone; rmdir ../gone; LINT {arguments}", tmp_path)
    said = "dbdriver-lint: error: the current folder cannot be found: no such file or directory"
    assert (run.returncode, run.stdout) == (2, "")
    assert [line for line in run.stderr.splitlines() if "dbdriver" in line] == [said]
