"""What XDB901 says of a rule does not hang on which rules this process has met before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dbdriver_lint
from dbdriver_lint.cli import main

CODE = """\
a = 1  # dbdriver: ignore[async-migration-env] a rule that is off by default
b = 2  # dbdriver: ignore[unknown-url-dialect] was postgres
c = 3  # dbdriver: ignore[unknown-url-dialct] misspelt
"""


def test_a_rule_that_was_not_loaded_is_one_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app.py").write_text(CODE)
    ran = subprocess.run(
        [sys.executable, "-m", "dbdriver_lint", "check", "--no-cache", "--output-format=json", "app.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(dbdriver_lint.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {finding["start"]["line"]: finding["message"] for finding in json.loads(ran.stdout)["findings"]}
    assert list(found) == [2, 3], ran.stderr
    assert found[2].startswith("`# dbdriver: ignore` suppresses nothing for `unknown-url-dialect`")
    assert found[3].endswith("did you mean `unknown-url-dialect`?")


BAD = """\
from sqlalchemy import create_engine

engine = create_engine("postgres://db.internal/app")  # dbdriver: ignore[{}] a fork
"""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("unkown-url-dialect", "unknown-url-dialect"),
        ("unknown_url_dialect", "unknown-url-dialect"),
        ("Unknown-URL-dialects", "unknown-url-dialect"),
        ("XDB1O2", "XDB102"),
        ("XDBlO2", "XDB102"),
        ("unkown-url-dialect, XDB1O2", "unknown-url-dialect"),  # one is enough
        ("XDB1O2, XDB102, unknown-dialect", "XDB102"),
        ("mixed-engines-in-clas, unkown-url-dialect", "unknown-url-dialect"),  # the first is not needed
        ("sslmode-in-async-engin, unkown-url-dialect", "sslmode-in-async-engine, unknown-url-dialect"),  # not in force
    ],
)
@pytest.mark.parametrize("options", [(), ("--unsafe-fixes",)])
def test_a_misspelt_name_is_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, meant: str, options: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(BAD.format(written))
    code = main(["--fix", "--no-cache", "--select", "XDB102,XDB901,XDB301", *options, "app.py"])
    if "unknown-dialect" in written and not options:
        assert (code, Path("app.py").read_text()) == (1, BAD.format(written))
    else:
        assert (code, Path("app.py").read_text()) == (0, BAD.format(meant))


@pytest.mark.parametrize("written", ["no-such-rule", "XDB999", "XDBX", "sqlalchemy"])
def test_a_name_that_resembles_none_is_not_removed_safely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(f"x = 1  # dbdriver: ignore[{written}] why not\n")
    assert main(["--fix", "--no-cache", "app.py"]) == 1
    assert Path("app.py").read_text() == f"x = 1  # dbdriver: ignore[{written}] why not\n"
    said = f"names `{written}`, which is no rule, so it suppresses nothing; write the name of a rule, or remove it"
    assert said in capsys.readouterr().out
    assert main(["--fix", "--unsafe-fixes", "--no-cache", "app.py"]) == 0
    assert Path("app.py").read_text() == "x = 1\n"
