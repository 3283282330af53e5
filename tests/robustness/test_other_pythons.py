"""Files for other versions of Python than the one that runs the linter: read, or refused once with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import indent

import pytest

from dbdriver_lint.cli import main

HEAD = "from sqlalchemy import create_engine\n"
TAIL = 'create_engine("postgres://db.internal/app")\n'
NEWER = {
    "type_alias": "type Alias[T: int = str] = list[T]\n",
    "type_parameters": "def generic[T, *Ts, **P](x: T) -> T: ...\nclass Box[T]: ...\n",
    "nested_quotes": "text = f'{x!r:{'nested'}} {f'{f'{1}'}'}'\n",
    "comment_in_text": "text = f'{\n    x  # comment\n}'\n",
    "bare_except": "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n",
    "template": "url = t'postgresql+asyncpg://{user}:{password}@{host}/app'\n",
    "lazy_import": "lazy import json, os.path as path\n",
    "lazy_from": "lazy from json import dumps as text\nlazy = lazy\n",
    "flat_list": "flat = [*inner for inner in outer]\n",
    "flat_set": "flat = {*inner for inner in outer}\n",
    "flat_dict": "flat = {**inner for inner in outer}\n",
    "flat_generator": "flat = (*inner for inner in outer)\nf(*inner for inner in outer)\n",
    "plus_pattern": "match x:\n    case +1:\n        pass\n    case -1 | +2.5:\n        pass\n",
}
"""Syntax of Python 3.12 to 3.15: LibCST reads it whatever Python it runs on."""
OLDER = {
    "print_statement": "print 'postgresql://', url\n",
    "exec_statement": "exec code in scope\n",
    "raise_tuple": "raise ValueError, 'message', None\n",
    "except_comma": "try:\n    pass\nexcept Exception, error:\n    print >>sys.stderr, `error`\n",
    "octal": "mode = 0777\n",
    "unequal": "mode = 1 <> 2\n",
    "long": "mode = 1L\n",
    "raw_unicode": "url = ur'postgresql://'\n",
    "tuple_parameter": "def f((a, b), c): pass\n",
    "tabs": "if a:\n        x = 1\n\ty = 2\n",
}
UNKNOWN = {"future": "defer class Later: pass\n", "keyword": "lazy lazy import json\n"}
"""What no Python reads."""
REFUSED = OLDER | UNKNOWN


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()
    for name, code in (NEWER | REFUSED).items():
        Path(f"{name}.py").write_text(HEAD + code + TAIL)
        Path(f"{name}_without.py").write_text(code.replace("postgresql", "nothing"))
    return tmp_path


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_each_file_is_read_or_refused_once(project: Path, jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--select=XDB102,XDB902", "--no-cache", "--output-format=json", "--jobs", jobs)
    assert main(["check", *options, "."]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == []
    found = [(finding["path"].removesuffix(".py"), finding["code"]) for finding in report["findings"]]
    assert sorted(found) == sorted([(name, "XDB102") for name in NEWER] + [(name, "XDB902") for name in REFUSED])
    for finding in report["findings"]:
        if finding["code"] == "XDB902":
            assert finding["message"].startswith("This file was not linted: syntax error: ")
            assert finding["start"]["line"] > 1  # where it is, not somewhere


def test_what_is_refused_is_not_written_and_the_rest_is_repaired(project: Path) -> None:
    main(["check", "--select=XDB102", "--no-cache", "--fix", "--unsafe-fixes", "--jobs=1", "."])
    for name, code in NEWER.items():
        assert Path(f"{name}.py").read_text() == HEAD + code + TAIL.replace("postgres:", "postgresql:"), name
    for name, code in REFUSED.items():
        assert Path(f"{name}.py").read_text() == HEAD + code + TAIL, name


@pytest.mark.parametrize(
    "imported",
    [
        "lazy from sqlalchemy import create_engine\n",
        "lazy from sqlalchemy import create_engine as make\ncreate_engine = make\n",
        "lazy import sqlalchemy\ncreate_engine = sqlalchemy.create_engine\n",
        "lazy from engines import create_engine\n",
    ],
)
def test_lazy_imports_are_imports(
    imported: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()
    Path("engines.py").write_text("lazy from sqlalchemy import create_engine\n")
    Path("app.py").write_text(imported + TAIL)
    assert main(["check", "--select=XDB102", "--no-cache", "--output-format=concise", "app.py"]) == 1
    assert "XDB102" in capsys.readouterr().out


def _function(code: str, *, url: str = "1") -> str:
    return "def function(x, e, inner, outer):\n" + indent(f"first = {url}\n{code}", "    ") + "    return first\n\n"


@pytest.mark.parametrize("name", NEWER | REFUSED)
def test_a_function_that_nothing_is_asked_of_is_not_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()
    code = (NEWER | REFUSED)[name].replace("postgresql://", "nothing")
    Path("app.py").write_text(HEAD + _function(code) + TAIL)
    assert main(["check", "--select=XDB102,XDB902", "--no-cache", "--output-format=concise", "app.py"]) == 1
    assert "app.py:" in (out := capsys.readouterr().out)
    assert "XDB102" in out
    assert "XDB902" not in out


@pytest.mark.parametrize("name", NEWER | REFUSED)
def test_a_function_that_matters_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()
    Path("other.py").write_text(_function((NEWER | REFUSED)[name], url='"postgres://db.internal/app"'))
    Path("here.py").write_text(HEAD + Path("other.py").read_text() + "create_engine(function())\n")
    Path("app.py").write_text(HEAD + "from other import function\ncreate_engine(function())\n")
    main(["check", "--select=XDB102,XDB902", "--no-cache", "--output-format=json", "here.py", "app.py"])
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == []
    found = [(finding["path"], finding["code"]) for finding in report["findings"]]
    if name in NEWER:
        assert found == [("app.py", "XDB102"), ("here.py", "XDB102")]
    else:
        assert found == [("here.py", "XDB902")]
