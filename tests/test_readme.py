"""The README says what is true: its table of rules, its settings, its calls. Run as a program it renews the table."""

from __future__ import annotations

import ast
import os
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from dbdriver_lint.fixes.apply import fix_source
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.rules.registry import all_rules
from dbdriver_lint.settings.load import decode
from dbdriver_lint.settings.model import Settings

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def table() -> str:
    rows = ["| code | name | group | fix | what it finds |", "|---|---|---|---|---|"]
    for rule in all_rules():
        fix = "yes" if any(bad.fixed is not None for bad in rule.bad) else ""
        rows.append(f"| {rule.code} | {rule.name} | {rule.group} | {fix} | {rule.summary().rstrip('.')} |")
    return "\n".join(rows) + "\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_table_of_rules() -> None:
    found = TABLE.search(README.read_text(encoding="utf-8"))
    assert found
    renew = "`python tests/test_readme.py` writes it anew"
    rows = {line.split("|")[1].strip(): line for line in found.group().splitlines()}
    assert rows.items() <= {line.split("|")[1].strip(): line for line in table().splitlines()}.items(), renew
    # A new rule is one new file; that the table lists it is asked for only where a release is made.
    if os.environ.get("CI"):
        assert found.group() == table(), renew


def test_the_repair_is_what_the_tool_does() -> None:
    [diff] = blocks("diff")
    [before] = [line[1:] for line in diff.splitlines() if line.startswith("-")]
    after = [line[1:] for line in diff.splitlines() if line.startswith("+") and line != "+"]
    program = f"import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n{before}\n"
    project = Project.for_path("app/db.py")
    result = fix_source("app/db.py", program.encode(), Settings(), project, unsafe=True, check=check_source)
    assert [line for line in result.data.decode().splitlines() if line not in program.splitlines()] == after


def test_the_settings() -> None:
    settings = [
        tool["dbdriver-lint"] for block in blocks("toml") if "dbdriver-lint" in (tool := tomllib.loads(block)["tool"])
    ]
    assert settings
    for table_ in settings:
        decode(table_, "README.md", None)


def test_the_calls_give_what_their_comments_say() -> None:
    from dbdriver_lint.runtime import transform_url_for_driver

    [block] = blocks("python")
    calls = [line for line in block.splitlines() if line.startswith("transform_url_for_driver(")]
    assert calls
    for line in calls:
        call, expected = line.split("#")
        expression = ast.parse(call.strip(), mode="eval").body
        assert isinstance(expression, ast.Call)
        arguments = [ast.literal_eval(argument) for argument in expression.args]
        assert transform_url_for_driver(*arguments) == expected.strip()


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if "dbdriver-lint " in line]
)
def test_the_options_exist(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbdriver_lint.cli import main

    for folder in ("src", "examples", "app/db"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    command = shlex.split(line.split("dbdriver-lint ", 1)[1], comments=True)
    assert main(command) == 0


if __name__ == "__main__":
    README.write_text(TABLE.sub(table(), README.read_text(encoding="utf-8")), encoding="utf-8")
