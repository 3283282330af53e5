from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

pytest.importorskip("shtab")


def completion(shell: str) -> str:
    command = [sys.executable, "-m", "dbdriver_lint", "completion", shell]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["che"], "check"),
        (["rule", "--output-f"], "--output-format"),
        (["check", "--output-format", "sar"], "sarif"),
        (["baseline", "cre"], "create"),
    ],
)
def test_bash_completes(words: list[str], expected: str) -> None:
    line = " ".join(f"'{word}'" for word in ["dbdriver-lint", *words])
    previous = words[-2] if len(words) > 1 else "dbdriver-lint"
    script = (
        completion("bash")
        + f"\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}\n"
        + f"_shtab_dbdriver_lint dbdriver-lint '{words[-1]}' '{previous}'\n"
        + 'echo "${COMPREPLY[@]}"\n'
    )
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert result.stdout.split() == [expected], result.stderr


def test_other_shells_have_every_command() -> None:
    from dbdriver_lint.cli import available

    for shell in ("zsh", "tcsh"):
        script = completion(shell)
        assert all(name in script for name in available())


def test_without_the_package_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbdriver_lint.cli import main

    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "pip install 'dbdriver-lint[completion]'" in capsys.readouterr().err
