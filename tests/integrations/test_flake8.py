"""The plugin, through the real flake8 in a process of its own, against the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.rules.registry import all_rules

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(find_spec("flake8") is None, reason="flake8 is not installed")

Places = set[tuple[str, int, int, str]]
LINE = re.compile(r"(?P<path>.+):(?P<line>\d+):(?P<column>\d+): (?P<code>XDB\d{3}) (?P<message>.+)")

BAD = """\
import os

from sqlalchemy import create_engine

engine = create_engine(f"postgres://{os.environ['DB_HOST']}/d")
"""


def run(program: str, *arguments: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", program, *arguments], cwd=cwd, input=stdin, capture_output=True, check=False
    )


def flake8(*arguments: str, cwd: Path, stdin: bytes = b"") -> Places:
    """What flake8 prints for our codes; everything else is left out."""
    result = run("flake8", "--isolated", "--select=XDB", *arguments, cwd=cwd, stdin=stdin)
    assert not result.stderr, result.stderr.decode()
    found = [LINE.fullmatch(line) for line in result.stdout.decode().splitlines()]
    assert all(found), result.stdout.decode()
    assert result.returncode == bool(found)
    return {(m["path"].removeprefix("./"), int(m["line"]), int(m["column"]), m["code"]) for m in found if m}


def command_line(*arguments: str, cwd: Path, stdin: bytes = b"") -> Places:
    result = run("dbdriver_lint", "check", "--output-format=json", *arguments, cwd=cwd, stdin=stdin)
    assert result.returncode in (0, 1), result.stderr.decode()
    return {
        (f["path"], f["start"]["line"], f["start"]["column"], f["code"]) for f in json.loads(result.stdout)["findings"]
    }


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "db.py").write_text(BAD, encoding="utf-8")
    return tmp_path


def test_every_example_of_every_rule(tmp_path: Path) -> None:
    for rule in all_rules():
        for kind, examples in (("bad", rule.bad), ("good", rule.good)):
            for number, example in enumerate(examples):
                project = tmp_path / f"{rule.code}_{kind}_{number}"
                lines = [f"{key} = {json.dumps(value)}" for key, value in example.settings.items()]
                files = {
                    "dbdriver-lint.toml": "\n".join(lines),
                    "pyproject.toml": "",
                    **example.files,
                    example.path: example.code,
                }
                for name, text in files.items():
                    (project / name).parent.mkdir(parents=True, exist_ok=True)
                    (project / name).write_text(text, encoding="utf-8")
    ours = command_line("--pedantic", ".", cwd=tmp_path)
    theirs = flake8("--jobs=2", "--xdb-pedantic", cwd=tmp_path)
    # A file that does not parse is flake8's own E999, and a `noqa` there hides what is said about itself.
    hidden = {place for place in ours if place[3] == "XDB902" or "XDB901" in (tmp_path / place[0]).read_text("utf-8")}
    assert theirs == ours - hidden
    assert {place[3] for place in ours} == {rule.code for rule in all_rules()}


@pytest.mark.parametrize(
    "data",
    [
        BAD.encode(),
        b"\xef\xbb\xbf" + BAD.encode(),
        BAD.replace("\n", "\r\n").encode(),
        BAD.replace("engine =", "if True:\n\tengine =").encode(),
        BAD.replace("engine =", "日本, engine = 1,").encode(),
        b"# coding: latin-1\n" + BAD.replace("engine =", "caf\xe9, engine = 1,").encode("latin-1"),
        b"\x0c\n" + BAD.encode().removesuffix(b"\n"),
    ],
)
def test_the_same_place_whatever_the_bytes(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "db.py").write_bytes(data)
    ours = command_line("db.py", cwd=tmp_path)
    assert {place[3] for place in ours} == {"XDB102"}
    assert flake8("db.py", cwd=tmp_path) == ours
    assert flake8("--stdin-display-name=db.py", "-", cwd=tmp_path, stdin=data) == ours


def test_standard_input_is_judged_and_not_the_file_of_that_name(bad: Path) -> None:
    changed = BAD.replace("postgres:", "postgresql:").encode()
    assert flake8("--stdin-display-name=app/db.py", "-", cwd=bad, stdin=changed) == set()
    assert flake8("app/db.py", cwd=bad) != set()


def test_message_is_on_one_line_and_masks_the_password(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text(BAD.replace("//", "//u:s3cret@"), encoding="utf-8")
    result = run("flake8", "--isolated", "--select=XDB", "db.py", cwd=tmp_path)
    lines = result.stdout.decode().splitlines()
    assert lines
    assert all(LINE.fullmatch(line) for line in lines)
    assert "s3cret" not in result.stdout.decode()


class TestWhatIsAccepted:
    @pytest.mark.parametrize(
        "comment", ["# noqa", "# noqa: XDB102", "# noqa: E501,XDB102", "# dbdriver: ignore[XDB102]"]
    )
    def test_comments(self, tmp_path: Path, comment: str) -> None:
        (tmp_path / "db.py").write_text(BAD.replace('/d")', f'/d")  {comment}'), encoding="utf-8")
        assert flake8("db.py", cwd=tmp_path) == set()

    def test_noqa_is_in_flake8s_hands(self, tmp_path: Path) -> None:
        (tmp_path / "db.py").write_text(BAD.replace('/d")', '/d")  # noqa: XDB102'), encoding="utf-8")
        assert {place[3] for place in flake8("--disable-noqa", "db.py", cwd=tmp_path)} == {"XDB102"}

    def test_flake8s_ignores(self, bad: Path) -> None:
        assert flake8("--extend-ignore=XDB1", cwd=bad) == set()
        assert flake8("--per-file-ignores=app/*:XDB102", cwd=bad) == set()

    def test_the_settings_of_the_project(self, bad: Path) -> None:
        (bad / "pyproject.toml").write_text(
            '[tool.dbdriver-lint]\nignore = ["unknown-url-dialect"]\n', encoding="utf-8"
        )
        assert flake8(cwd=bad) == set()

    def test_what_the_project_excludes(self, bad: Path) -> None:
        (bad / "pyproject.toml").write_text('[tool.dbdriver-lint]\nexclude = ["app/"]\n', encoding="utf-8")
        assert flake8(cwd=bad) == set()

    def test_the_baseline_of_the_project(self, bad: Path) -> None:
        accepted = run("dbdriver_lint", "baseline", "create", cwd=bad)
        assert accepted.returncode == 0, accepted.stderr.decode()
        (bad / "pyproject.toml").write_text(
            '[tool.dbdriver-lint]\nbaseline = "dbdriver-baseline.json"\n', encoding="utf-8"
        )
        assert flake8(cwd=bad) == set()
        (bad / "app" / "db.py").write_text(BAD + BAD.splitlines()[-1] + "\n", encoding="utf-8")
        assert {place[1] for place in flake8(cwd=bad)} == {6}
        (bad / "dbdriver-baseline.json").write_text("{}", encoding="utf-8")
        result = run("flake8", "--isolated", "--jobs=2", cwd=bad)
        assert result.returncode == 1
        assert b"dbdriver-baseline.json: not a baseline" in result.stdout + result.stderr

    def test_hardcoded_values_in_tests(self, tmp_path: Path) -> None:
        text = 'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql+psycopg2://db.example/d")\n'
        for name in ("tests/test_db.py", "db.py"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        assert {place[0] for place in flake8(cwd=tmp_path)} == {"db.py"}


class TestOptions:
    def test_config(self, bad: Path) -> None:
        (bad / "other.toml").write_text('ignore = ["XDB102"]\n', encoding="utf-8")
        assert flake8("--xdb-config=other.toml", cwd=bad) == set()

    def test_in_flake8s_own_file(self, bad: Path) -> None:
        (bad / "other.toml").write_text('ignore = ["XDB102"]\n', encoding="utf-8")
        (bad / ".flake8").write_text("[flake8]\nselect = XDB\nxdb-config = other.toml\n", encoding="utf-8")
        assert run("flake8", cwd=bad).stdout == b""

    def test_sqlalchemy_version(self, tmp_path: Path) -> None:
        text = (
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            'def connect(host):\n    return create_async_engine(f"postgresql://{host}/d")\n'
        )
        (tmp_path / "db.py").write_text(text, encoding="utf-8")
        assert flake8("--xdb-sqlalchemy-version=2.0", cwd=tmp_path) == {("db.py", 5, 32, "XDB103")}
        assert flake8("--xdb-sqlalchemy-version=2.1", cwd=tmp_path) == set()

    def test_a_wrong_setting_is_one_clear_message(self, bad: Path) -> None:
        (bad / "pyproject.toml").write_text("[tool.dbdriver-lint]\nignroe = []\n", encoding="utf-8")
        for jobs in ("--jobs=1", "--jobs=2"):
            (bad / "second.py").write_text(BAD, encoding="utf-8")
            result = run("flake8", "--isolated", jobs, cwd=bad)
            assert result.returncode == 1
            assert "pyproject.toml: ignroe: unknown setting" in (result.stdout + result.stderr).decode()


def test_a_file_without_a_database_does_not_load_the_parser(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("x = 1\n", encoding="utf-8")
    code = (
        "import sys\nfrom flake8.main.cli import main\n"
        "status = main(['--isolated', '--jobs=1', '--select=XDB', 'plain.py'])\n"
        "print(status, sorted({'libcst', 'sqlalchemy', 'dbdriver_lint.integrations.flake8'} & sys.modules.keys()))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.stdout == "0 ['dbdriver_lint.integrations.flake8']\n", result.stderr


def test_a_version_that_means_nothing_is_one_line(bad: Path) -> None:
    ran = run("flake8", "--isolated", "--xdb-sqlalchemy-version=newest", "--select=XDB", str(bad), cwd=bad.parent)
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr
    assert b"sqlalchemy-version" in ran.stdout + ran.stderr
