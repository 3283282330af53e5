from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from dbdriver_lint.cli import main

BAD = """\
from sqlalchemy import create_engine

engine = create_engine("postgres://app:s3cret@db.internal/app")
"""
FIXED = BAD.replace("postgres:", "postgresql:")
SELECT = "--select=unknown-url-dialect,unreadable-file"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


class Run(Protocol):
    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(arguments)
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return call


def write(name: str, text: str | bytes = BAD) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_check_is_the_default_and_the_directory_too(run: Run) -> None:
    write("src/db.py")
    expected = "src/db.py:3:25: XDB102 [*] "
    for arguments in (["src"], ["check", "src"], ["src/db.py"], ["."], [], ["./src/", "src/db.py"]):
        ran = run(*arguments, SELECT, "--output-format=concise")
        assert ran.code == 1
        assert ran.out.startswith(expected), arguments
        assert "Found 1 finding in 1 file of 1." in ran.out
        assert ran.err == ""


def test_nothing_found(run: Run) -> None:
    write("a.py", "x = 1\n")
    ran = run("a.py")
    assert (ran.code, ran.out) == (0, "All checks passed (1 file).\n")


def test_full_shows_the_code_without_the_password(run: Run) -> None:
    write("db.py")
    ran = run(SELECT)
    assert '3 | engine = create_engine("postgres://app:***@db.internal/app")' in ran.out
    assert "s3cret" not in ran.out


@pytest.mark.parametrize("name", ["full", "concise", "json", "github", "gitlab", "sarif", "junit"])
def test_the_format_never_changes_the_exit_code(run: Run, name: str) -> None:
    write("db.py")
    write("clean.py", "x = 1\n")
    assert run("db.py", SELECT, "--output-format", name).code == 1
    assert run("clean.py", SELECT, "--output-format", name).code == 0
    assert run("db.py", SELECT, "--output-format", name, "--exit-zero").code == 0
    assert run("db.py", "nowhere.py", SELECT, "--output-format", name, "--exit-zero").code == 2


def test_several_paths_in_a_stable_order(run: Run) -> None:
    for name in ("b.py", "a/z.py", "a/b.py", "c.pyi"):
        write(name)
    ran = run("b.py", "c.pyi", "a", SELECT, "--output-format=concise")
    assert [line.split(":")[0] for line in ran.out.splitlines()[:4]] == ["a/b.py", "a/z.py", "b.py", "c.pyi"]


def test_standard_input(run: Run) -> None:
    write("app/dbdriver-lint.toml", 'select = ["sslmode-in-async-engine"]')
    ran = run("-", SELECT, "--output-format=concise", stdin=BAD.encode())
    assert ran.code == 1
    assert ran.out.startswith("-:3:25: XDB102 ")
    named = run("-", "--stdin-filename", "app/db.py", "--output-format=concise", stdin=BAD.encode())
    assert (named.code, named.out) == (0, "All checks passed (1 file).\n")


def test_standard_input_repaired(run: Run) -> None:
    crlf = BAD.replace("\n", "\r\n").encode()
    ran = run("-", SELECT, "--fix", stdin=crlf)
    assert ran.out.encode() == crlf.replace(b"postgres:", b"postgresql:")
    assert "(1 fixed, 0 remaining)" in ran.err
    assert ran.code == 0
    untouched = run("-", "--select=sslmode-in-async-engine", "--fix", stdin=crlf)
    assert untouched.out.encode() == crlf
    diff = run("-", SELECT, "--diff", "--stdin-filename=x.py", stdin=crlf)
    assert diff.out.startswith("--- x.py\n+++ x.py\n@@ ")
    assert '\n+engine = create_engine("postgresql://app:s3cret@db.internal/app")\r\n' in diff.out
    assert diff.code == 1


def test_fix(run: Run) -> None:
    path = write("db.py")
    ran = run(SELECT, "--fix", "--show-fixes")
    assert path.read_text() == FIXED
    assert ran.code == 0
    assert "- db.py:\n    1 × XDB102\n" in ran.out
    assert "Found 1 finding in 1 file of 1 (1 fixed, 0 remaining)." in ran.out
    again = run(SELECT, "--fix")
    assert again.out == "All checks passed (1 file).\n"
    assert path.read_text() == FIXED


def test_diff_writes_nothing(run: Run) -> None:
    path = write("db.py")
    ran = run(SELECT, "--diff")
    assert ran.code == 1
    assert "\n-engine = " in ran.out
    assert ran.err == "Would fix 1 finding in 1 file.\n"
    assert path.read_text() == BAD
    write("db.py", FIXED)
    clean = run(SELECT, "--diff")
    assert (clean.code, clean.out, clean.err) == (0, "", "Nothing to fix.\n")


def test_a_diff_applies(run: Run, tmp_path: Path) -> None:
    path = write("db.py", BAD.rstrip("\n"))
    diff = run(SELECT, "--diff").out
    assert "\\ No newline at end of file\n" in diff
    subprocess.run(["git", "apply", "-p0"], input=diff.encode(), check=True)
    assert path.read_text() == FIXED.rstrip("\n")


def test_fix_only_reports_nothing(run: Run) -> None:
    write("db.py", BAD + "import os  # dbdriver: ignore[unknown-url-dialect]\n")
    ran = run(SELECT, "--fix-only")
    assert ran.code == 0
    assert ran.out == "Fixed 1 finding:\n- db.py:\n    1 × XDB102\n"


def test_fix_only_where_nothing_can_be_fixed(run: Run) -> None:
    write("db.py", FIXED)
    assert run(SELECT, "--fix-only") == Ran(0, "Nothing to fix.\n", "")
    assert run(SELECT, "--fix-only", "-q") == Ran(0, "", "")
    assert run("-", SELECT, "--fix-only", stdin=FIXED.encode()) == Ran(0, FIXED, "Nothing to fix.\n")
    assert run("-", SELECT, "--fix-only", "-q", stdin=FIXED.encode()) == Ran(0, FIXED, "")


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab"])
@pytest.mark.parametrize("option", ["--show-fixes", "--fix-only", "--add-ignores"])
def test_what_was_repaired_does_not_spoil_a_format_for_programs(run: Run, name: str, option: str) -> None:
    write("db.py", BAD + "x = 1  # dbdriver: ignore[no-such-rule]\n")
    fix = () if option == "--add-ignores" else ("--fix",)
    ran = run("db.py", SELECT + ",XDB901", *fix, option, "--output-format", name)
    assert json.loads(ran.out) is not None
    assert "- db.py:\n    1 × XDB102\n" in ran.err
    assert ("no-such-rule" in ran.out) == (option != "--fix-only")
    assert json.loads(run("db.py", SELECT, "--fix-only", "--statistics", "--output-format=json").out) == []


@pytest.mark.parametrize("option", ["--fix", "--fix-only", "--add-ignores"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("db.py", "x = 1\n"),
        ("db.py", "create_engine('postgres://h/d'"),
        ("db.py", b"create_engine \xff sqlalchemy://"),
        ("a.ipynb", "{"),
        ("a.ipynb", '{"cells": [], "nbformat": 4}'),
        (".env", "A=postgres://h/d\n"),
        ("compose.yaml", "\t: postgres://h/d\n"),
        ("db.py", ""),
    ],
)
def test_standard_input_that_is_not_changed_comes_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    option: str,
    name: str,
    text: str | bytes,
) -> None:
    monkeypatch.chdir(tmp_path)
    data = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    main(["-", option, "--stdin-filename", name])
    assert capfdbinary.readouterr().out == data


def test_a_crash_gives_standard_input_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("dbdriver_lint.fixes.apply.fix_source", crash)
    ran = run("-", "--fix", stdin=BAD.encode())
    assert (ran.code, ran.out) == (2, BAD)


@pytest.mark.parametrize("option", ["--fix", "--fix-only", "--add-ignores"])
def test_standard_input_that_is_left_out_comes_back_as_it_was(run: Run, option: str) -> None:
    excluded = ("--exclude=db.py", "--force-exclude", "--stdin-filename=db.py")
    ran = run("-", SELECT, option, *excluded, stdin=BAD.encode())
    assert (ran.code, ran.out) == (0, BAD)


def test_a_cache_folder_that_was_asked_for_and_cannot_be_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("db.py", "x = 1\n")
    write("taken", "")
    said = f"warning: {Path('taken').absolute()}: no results are kept here: "
    assert run("db.py", "--cache-dir", "taken").err.startswith(said)
    assert run("db.py", "--cache-dir", "taken", "-q") == Ran(0, "", "")
    write("dbdriver-lint.toml", 'cache-dir = "taken"')
    ran = run("db.py")
    assert (ran.code, ran.err.startswith(said)) == (0, True)
    monkeypatch.setenv("DBDRIVER_LINT_CACHE_DIR", "taken")
    assert run("db.py", "--isolated").err.startswith(said)
    monkeypatch.delenv("DBDRIVER_LINT_CACHE_DIR")
    write(".dbdriver-lint-cache", "")  # nobody chose it
    assert run("db.py", "--isolated").err == ""


def test_a_read_only_file_is_not_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("db.py")
    monkeypatch.setattr("os.access", lambda *_: False)
    ran = run(SELECT, "--fix")
    assert ran.code == 2
    assert "error: db.py is read-only" in ran.err
    assert "XDB102" in ran.out
    assert path.read_text() == BAD


def test_selection(run: Run) -> None:
    write("db.py")
    assert "XDB102" not in run("--ignore=XDB102,hardcoded-driver-url").out
    assert "XDB102" in run("--select=error", "--ignore", "XDB1", "--extend-select", "XDB102").out
    assert run("--select", "XDB4").code == 0


def test_paths_and_options_in_any_order(run: Run) -> None:
    for name in ("a.py", "b.py"):
        write(name)
    ran = run("a.py", "--output-format", "concise", "b.py", "--select=XDB102")
    assert [line.partition(":")[0] for line in ran.out.splitlines()[:2]] == ["a.py", "b.py"]
    assert run("a.py", "--exit-zero", "--", "--no-such.py").code == 2


def test_a_selector_that_names_nothing(run: Run) -> None:
    write("db.py")
    ran = run("--select", "unknown-dialect")
    assert ran.code == 2
    assert ran.err == (
        "dbdriver-lint: error: command line: select: there is no rule, prefix or group `unknown-dialect`;"
        " did you mean `unknown-url-dialect`?\n"
    )


def test_a_bad_setting_stops_the_run_and_names_its_place(run: Run) -> None:
    write("db.py")
    write("pyproject.toml", '[tool.dbdriver-lint]\nselect = "XDB1"\n')
    ran = run()
    assert ran.code == 2
    assert ran.err == (
        'dbdriver-lint: error: pyproject.toml: select: expected a list of strings, not a string; write ["XDB1"]\n'
    )
    assert run("--isolated", SELECT).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--frobnicate"],
        ["--output-format=xml"],
        ["--jobs=0"],
        ["--jobs=many"],
        ["-", "a.py"],
        ["--stdin-filename=a.py"],
        ["--statistics", "--output-format=sarif"],
        ["--config=nowhere.toml"],
        ["rule"],
        ["rule", "XDB999"],
    ],
)
def test_usage_errors(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "error: " in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--selct=XDB1"], "there is no option `--selct`; did you mean `--select`?"),
        (["rule", "--al"], "there is no option `--al`; did you mean `--all`?"),
        (["-Z", "src"], "there is no option `-Z`; `dbdriver-lint check --help` shows those there are"),
        (["completion", "bash", "zsh"], "`zsh` is one argument too many"),
        (["--jobs", "abc"], "argument --jobs/-j: expected a number of processes, 1 or more, not `abc`"),
        (["--select", ""], "--select names no rule; leave it out for the groups `error` and `design`"),
        (["--jobs=-3"], "argument --jobs/-j: expected a number of processes, 1 or more, not `-3`"),
    ],
)
def test_a_usage_error_is_one_line_with_the_remedy(run: Run, arguments: list[str], error: str) -> None:
    assert run(*arguments) == Ran(2, "", f"dbdriver-lint: error: {error}\n")


def test_bad_input_is_one_message_each_and_the_rest_is_linted(run: Run) -> None:
    write("bad_syntax.py", BAD + "def f(:\n")
    write("latin1.py", BAD.encode() + b"# \xe9\n")
    write("empty.py", b"")
    write("nul.py", BAD.encode() + b"\0")
    write("declared.py", b"# -*- coding: latin-1 -*-\n" + BAD.encode() + b"# \xe9\n")
    Path("dangling.py").symlink_to("nowhere.py")
    Path("loop.py").symlink_to("loop.py")
    Path("pipe.d").mkdir()
    os.mkfifo("pipe.d/p.py")
    write("good.py")
    ran = run(SELECT, "--output-format=concise")
    assert ran.code == 1
    assert ran.err == ""
    found = {":".join(line.split(":")[:2]): line for line in ran.out.splitlines() if "XDB" in line}
    assert sorted(found) == [
        "bad_syntax.py:4",
        "dangling.py:1",
        "declared.py:4",
        "good.py:3",
        "latin1.py:4",
        "loop.py:1",
        "nul.py:1",
        "pipe.d/p.py:1",
    ]
    assert "no such file or directory" in found["dangling.py:1"]
    assert "not valid utf-8" in found["latin1.py:4"]


def test_what_is_missing_is_an_error_and_the_rest_is_linted(run: Run) -> None:
    write("db.py")
    ran = run("nowhere", "db.py", SELECT, "--output-format=concise")
    assert ran.code == 2
    assert ran.err == "error: nowhere: no such file or directory\n"
    assert "XDB102" in ran.out


def test_a_file_that_cannot_be_had_is_no_finding_where_that_rule_is_off(run: Run) -> None:
    write("old/template.ipynb", "{{ cells }}")
    Path("dangling.py").symlink_to("nowhere.py")
    write("dbdriver-lint.toml", 'per-file-ignores = { "old/" = ["XDB902"] }')
    ran = run("--output-format=concise")
    assert ran.code == 1
    assert [line.split()[:2] for line in ran.out.splitlines() if "XDB" in line] == [["dangling.py:1:1:", "XDB902"]]
    assert ran.err.startswith("warning: old/template.ipynb:1: the file cannot be read, so nothing in it was checked: ")
    ran = run("--ignore=XDB902")
    assert (ran.code, len(ran.err.splitlines())) == (0, 2)


def test_a_file_that_vanishes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py")
    write("b.py")
    opened = os.open

    def vanishing(path: str, *rest: int) -> int:
        if path == "a.py":
            Path("a.py").unlink()
        return opened(path, *rest)

    monkeypatch.setattr("os.open", vanishing)
    ran = run(SELECT, "--output-format=concise")
    assert ran.code == 1
    assert "a.py:1:1: XDB902 the file cannot be read, so nothing in it was checked: no such file" in ran.out
    assert "b.py:3:25: XDB102" in ran.out


def test_a_crash_is_an_internal_error_and_the_rest_is_linted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbdriver_lint.rules.registry import find_rule

    rule = find_rule("unknown-url-dialect")
    assert rule is not None
    hook = rule.hooks[0]
    judge = getattr(rule, hook)

    def crashing(self: object, fact: object, context: object) -> object:
        if "crash" in context.source.path:  # type: ignore[attr-defined]
            raise ValueError("at mysql://root:hunter2@db")
        return judge(self, fact, context)

    monkeypatch.setattr(rule, hook, crashing)
    write("crash.py")
    write("fine.py")
    ran = run(SELECT, "--output-format=concise", "--exit-zero")
    assert ran.code == 2
    assert ran.err.startswith("error: crash.py: internal error in rule XDB102: ValueError: at mysql://root:***@db (")
    assert ran.out.startswith("fine.py:3:25: XDB102 ")


def test_output_file(run: Run) -> None:
    write("db.py")
    ran = run(SELECT, "--output-format=json", "--output-file=report.json")
    assert (ran.code, ran.out) == (1, "")
    assert json.loads(Path("report.json").read_text())["findings"][0]["path"] == "db.py"
    assert run(SELECT, "--output-file=nowhere/report.json").code == 2


def test_statistics(run: Run) -> None:
    write("db.py", BAD + BAD)
    ran = run(SELECT, "--statistics")
    assert ran.out.splitlines()[0].split() == ["2", "XDB102", "[*]", "unknown-url-dialect"]
    assert json.loads(run(SELECT, "--statistics", "--output-format=json").out)[0]["count"] == 2


def test_colours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("db.py")
    assert "\x1b[" not in run(SELECT).out
    assert "\x1b[" in run(SELECT, "--color=always").out
    assert "\x1b]8" not in run(SELECT, "--color=always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(SELECT).out
    assert "\x1b[32m+engine" in run(SELECT, "--diff").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(SELECT).out
    assert "\x1b[" in run(SELECT, "--color=always").out


def test_suppressed_findings_are_counted(run: Run) -> None:
    write("db.py", BAD.rstrip() + "  # dbdriver: ignore[unknown-url-dialect] old\n")
    ran = run(SELECT)
    assert ran.code == 0
    assert ran.out == "All checks passed (1 file).\nNot shown: 1 suppressed by comments.\n"


def test_add_ignores(run: Run) -> None:
    path = write("db.py", BAD.replace("\n", "\r\n"))
    diff = run(SELECT, "--add-ignores", "--diff")
    assert "+engine" in diff.out
    assert path.read_bytes() == BAD.replace("\n", "\r\n").encode()
    ran = run(SELECT, "--add-ignores=legacy, see issue 12")
    assert ran.code == 0
    assert "Accepted 1 finding:\n- db.py:\n    1 × XDB102\n" in ran.out
    comment = b"  # dbdriver: ignore[unknown-url-dialect] legacy, see issue 12\r\n"
    assert path.read_bytes() == BAD.replace("\n", "\r\n").encode().rstrip() + comment
    again = run(SELECT, "--add-ignores")
    assert again.out.startswith("All checks passed")
    assert run(SELECT, "--add-ignores", "--fix").code == 2
    assert run(SELECT, "--add-ignores=a # b").code == 2


def test_the_same_problem_is_not_told_again_and_again(run: Run) -> None:
    ran = run(*(f"nowhere{number}.py" for number in range(20)))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 6
    assert ran.err.endswith("… and the same for 15 more: no such file or directory\n")


def test_a_pattern_that_git_could_not_read(run: Run) -> None:
    write("db.py", "x = 1\n")
    said = "dbdriver-lint: error: command line: exclude: `!` is no pattern that git could read\n"
    assert run("--exclude", "legacy,!") == Ran(2, "", said)
    for setting in ('exclude = ["a\\\\"]', 'test-patterns = ["a\\\\"]', 'per-file-ignores = { "a\\\\" = ["XDB1"] }'):
        write("dbdriver-lint.toml", setting)
        said = f"dbdriver-lint.toml: {setting.split()[0]}: `a\\` is no pattern that git could read"
        assert run() == Ran(2, "", f"dbdriver-lint: error: {said}\n")
    Path("dbdriver-lint.toml").unlink()
    write(".gitignore", "!\nnot\\\nout.py\n")  # git passes over what it cannot read
    write("out.py")
    assert run() == Ran(0, "All checks passed (1 file).\n", "")


def test_an_empty_cache_folder_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("src/db.py", "x = 1\n")
    write("dbdriver-lint.toml", 'cache-dir = ""')
    monkeypatch.setenv("DBDRIVER_LINT_CACHE_DIR", "")
    assert run("src", "--cache-dir", "").code == 0
    assert list(Path().glob("*.json")) == []


def test_an_empty_path_is_named(run: Run) -> None:
    assert run("").err == "error: ``: no such file or directory\n"


def test_the_table_of_pyproject_in_our_own_file(run: Run) -> None:
    write("dbdriver-lint.toml", "[tool.dbdriver-lint]\npedantic = true\n")
    assert "tool: unknown setting; in this file they stand at the top, without `[tool.dbdriver-lint]`" in run().err


def test_help_of_a_command(run: Run) -> None:
    assert run("help", "engines") == run("engines", "--help")


def test_help_and_version(run: Run) -> None:
    assert run("--version").out.startswith("dbdriver-lint 0.")
    assert "dbdriver-lint <command> --help" in run("--help").out
    assert run("check", "--help").code == 0


# Real processes.


def start(*arguments: str, cwd: Path, **more: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dbdriver_lint", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen(command, cwd=cwd, env=environment, **pipes)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["rule", "XDB102"], ["config", "--schema"], ["clean.py"]]
)
def test_nothing_heavy_is_imported(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text("x = 1\n")
    code = (
        "import sys; from dbdriver_lint.cli import main; code = main(sys.argv[1:]);"
        "heavy = {'libcst', 'sqlalchemy', 'pathspec', 'concurrent.futures', 'multiprocessing'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", code, *arguments], cwd=tmp_path, env=environment, capture_output=True)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text(BAD * 300)
    process = start(SELECT, "db.py", cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 1


def test_worker_processes_give_the_same_report(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"db{number:02}.py").write_text(BAD if number % 2 else f"x = {number}\n")
    reports = []
    for jobs in ("1", "2"):
        process = start(SELECT, "--jobs", jobs, ".", cwd=tmp_path)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (1, b"")
        reports.append(out)
    assert reports[0] == reports[1]
    assert reports[0].count(b"-->") == 20


def test_ctrl_c_ends_a_run_with_workers_cleanly(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"db{number:03}.py").write_text(BAD * 20)
    process = start(SELECT, "--jobs", "2", ".", cwd=tmp_path, start_new_session=True)
    time.sleep(2)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode != 1:  # 1: it was faster than us
        assert (process.returncode, err) == (130, b"interrupted\n")


def test_a_run_that_looks_at_nothing_says_so(run: Run) -> None:
    write("notes.txt", "nothing")
    ran = run()
    assert ran.code == 0
    assert "warning: no Python files or notebooks in ." in ran.err
    write("db.py", "x = 1\n")
    assert run().err == ""
    assert run("notes.txt").err == ""


def test_a_command_that_is_misspelt(run: Run) -> None:
    ran = run("engine")
    assert ran.code == 2
    assert "no command and no file `engine`; did you mean `dbdriver-lint engines`?" in ran.err
    assert "no such file or directory" in run("srcc").err
    write("engine/db.py", "x = 1\n")
    assert run("engine").code == 0


def test_accepted_is_not_fixed(run: Run) -> None:
    write("db.py")
    ran = run("--add-ignores", SELECT)
    assert ran.code == 0
    assert "(1 accepted, 0 remaining)" in ran.out


def test_quiet_says_what_was_found_and_nothing_else(run: Run) -> None:
    write("db.py")
    write("requirements.txt", "sqlalchemy\n==\n")
    assert "warning: requirements.txt:2" in run(SELECT).err
    ran = run(SELECT, "--quiet", "--output-format", "concise")
    assert (ran.code, ran.err) == (1, "")
    assert [line.split()[1] for line in ran.out.splitlines()] == ["XDB102"]
    assert run(SELECT, "--quiet", "--diff").err == ""
    assert run(SELECT, "-q", "--fix") == Ran(0, "", "")
    assert run(SELECT, "-q", "missing.py").err.startswith("error: missing.py")


@pytest.mark.parametrize("name", ["--fix", "-x.py", "--unknown.py"])
def test_behind_two_dashes_everything_is_a_path(run: Run, name: str) -> None:
    write("db.py")
    write(name)
    ran = run(SELECT, "--output-format", "concise", "--", name, "db.py")
    assert ran.code == 1
    assert ran.out.count("XDB102") == 2
    assert Path("db.py").read_text() == BAD
    assert Path(name).read_text() == BAD


def test_a_path_is_no_reason(run: Run) -> None:
    write("src/db.py")
    ran = run(SELECT, "--add-ignores", "src")
    assert (ran.code, Path("src/db.py").read_text()) == (2, BAD)
    assert "`src` would be the reason" in ran.err
