from __future__ import annotations

import json
from pathlib import Path

import pytest

from dbdriver_lint.cli import main
from dbdriver_lint.rules.registry import all_rules

BAD = 'from sqlalchemy import create_engine\n\nengine = create_engine("postgres://db.internal/app")\n'
SELECT = "--select=unknown-url-dialect"

Result = tuple[int, str, str]


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> Result:
    code = main(arguments)
    out, err = capfd.readouterr()
    return code, out, err


def test_rule_page(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capfd, "rule", "XDB102")
    assert code == 0
    assert out.startswith("# unknown-url-dialect (XDB102)\n")
    assert "## Why is this bad?" in out
    assert "```python" in out
    assert run(capfd, "rule", "unknown-url-dialect")[1] == out
    assert "\x1b[" in run(capfd, "rule", "xdb102", "--color=always")[1]


def test_every_rule_has_a_page(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capfd, "rule", "--all", "--output-format=json")
    assert code == 0
    described = json.loads(out)
    assert [rule["code"] for rule in described] == [rule.code for rule in all_rules()]
    assert all(rule["summary"] and rule["documentation"] for rule in described)
    table = run(capfd, "rule", "--all")[1]
    assert len(table.splitlines()) == len(described)
    pages = run(capfd, "rule", "--all", "--output-format=markdown")[1]
    assert pages.count("\n## Fix safety\n") == len(described)


def test_an_unknown_rule_names_the_nearest(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capfd, "rule", "unknown-dialect")
    assert code == 2
    assert "did you mean `unknown-url-dialect`?" in err


def test_config_show_can_be_read_back(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import tomllib

    Path("dbdriver-lint.toml").write_text(
        'select = ["XDB1"]\nasync-driver = "asyncpg"\n[per-file-ignores]\n"a b/" = ["XDB101"]\n', encoding="utf-8"
    )
    code, out, _ = run(capfd, "config", "--show", "src/db.py")
    assert code == 0
    assert 'select = ["XDB1"]  # dbdriver-lint.toml\n' in out
    assert "pedantic = false  # default\n" in out
    read_back = tomllib.loads(out)
    assert read_back["per-file-ignores"] == {"a b/": ["XDB101"]}
    assert read_back["async-driver"] == "asyncpg"


def test_config_why(capfd: pytest.CaptureFixture[str]) -> None:
    Path("dbdriver-lint.toml").write_text('ignore = ["XDB102"]', encoding="utf-8")
    code, out, _ = run(capfd, "config", "--why", "XDB102", "db.py")
    assert code == 0
    assert out == "XDB102  unknown-url-dialect  off  ignore `XDB102` (dbdriver-lint.toml)\n"
    everything = run(capfd, "config", "--why")[1]
    assert len(everything.splitlines()) == len(all_rules())
    test_code = run(capfd, "config", "--why", "hardcoded-driver-url", "tests/test_db.py")[1]
    assert "off  the file is test code" in test_code


def test_config_schema(capfd: pytest.CaptureFixture[str]) -> None:
    assert "select" in json.loads(run(capfd, "config", "--schema")[1])["properties"]


def test_a_baseline_of_nothing_is_not_written(capfd: pytest.CaptureFixture[str]) -> None:
    Path("good.py").write_text("x = 1\n", encoding="utf-8")
    assert run(capfd, "baseline", "create")[:2] == (0, "There is nothing to accept, so no baseline was written.\n")
    assert not Path("dbdriver-baseline.json").exists()


def test_baseline_from_start_to_end(capfd: pytest.CaptureFixture[str]) -> None:
    old = Path("old.py")
    old.write_text(BAD, encoding="utf-8")
    code, out, _ = run(capfd, "baseline", "create", SELECT)
    assert code == 0
    assert out.startswith("Accepted 1 finding in dbdriver-baseline.json.\nName it in [tool.dbdriver-lint]: ")
    Path("dbdriver-lint.toml").write_text('baseline = "dbdriver-baseline.json"', encoding="utf-8")

    code, out, _ = run(capfd, SELECT)
    assert code == 0
    assert out == "All checks passed (1 file).\nNot shown: 1 accepted by the baseline.\n"
    assert run(capfd, SELECT, "--no-baseline")[0] == 1

    Path("new.py").write_text(BAD, encoding="utf-8")
    code, out, _ = run(capfd, SELECT, "--output-format=concise")
    assert code == 1
    assert out.startswith("new.py:3:25: XDB102 ")

    code, out, _ = run(capfd, "baseline", "update", SELECT)
    assert out == (
        "Took 0 out of dbdriver-baseline.json; it accepts 1 finding now.\n"
        "New and not added: 1; `dbdriver-lint check` shows them.\n"
    )
    old.write_text("x = 1\n", encoding="utf-8")
    assert "Gone, but still in the baseline: 1;" in run(capfd, SELECT)[1]
    assert "Took 1 out of" in run(capfd, "baseline", "update", SELECT)[1]
    assert "accepts 0 findings" in run(capfd, "baseline", "show")[1]
    assert "Added as new: 1." in run(capfd, "baseline", "update", SELECT, "--allow-growth")[1]
    assert run(capfd, SELECT)[0] == 0
    shown = run(capfd, "baseline", "show")[1]
    assert "By rule:\n     1  XDB102  unknown-url-dialect\n" in shown
    assert "By file:\n     1  new.py\n" in shown


def test_baseline_errors(capfd: pytest.CaptureFixture[str]) -> None:
    Path("db.py").write_text(BAD, encoding="utf-8")
    code, _, err = run(capfd, SELECT, "--baseline=absent.json")
    assert code == 2
    assert "absent.json: the baseline cannot be read" in err
    Path("broken.json").write_text("{", encoding="utf-8")
    assert run(capfd, SELECT, "--baseline=broken.json")[0] == 2
    code, _, err = run(capfd, "baseline", "create", "--baseline=broken.json")
    assert code == 2
    assert "exists; `dbdriver-lint baseline update`" in err


def test_an_incomplete_look_does_not_shrink_the_baseline(capfd: pytest.CaptureFixture[str]) -> None:
    Path("db.py").write_text(BAD, encoding="utf-8")
    run(capfd, "baseline", "create", SELECT)
    before = Path("dbdriver-baseline.json").read_text(encoding="utf-8")
    Path("db.py").write_text("x = 1\n", encoding="utf-8")
    code, _, err = run(capfd, "baseline", "update", SELECT, "db.py", "nowhere.py")
    assert code == 2
    assert "nowhere.py" in err
    assert Path("dbdriver-baseline.json").read_text(encoding="utf-8") == before


def test_what_config_shows_can_be_pasted(capfd: pytest.CaptureFixture[str]) -> None:
    Path("dbdriver-lint.toml").write_text('per-file-ignores = { "a b/" = ["XDB1"] }\n')
    for options in (["--isolated"], []):
        code, shown, _ = run(capfd, "config", *options)
        assert code == 0
        Path("dbdriver-lint.toml").write_text(shown)
        assert run(capfd, "config")[:2] == (0, shown.replace("  # default", "  # dbdriver-lint.toml"))
