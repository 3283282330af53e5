"""The index of the rules says what the rules say. Run as a program it is written anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dbdriver_lint.rules import index, table
from dbdriver_lint.rules.registry import all_rules

HEADER = '"""Made by ``python tests/rules/test_index.py`` from the rules: see :mod:`dbdriver_lint.rules.index`."""\n\n'


def written() -> str:
    rows = "".join(f"    {tuple(index.entry_of(rule))!r},\n" for rule in all_rules())
    needle = 'Needle = str | tuple[tuple[str, ...], tuple[str, ...]]\n"""A word of the gate, or two parts of one."""\n'
    kind = "tuple[tuple[str, str, str, str, bool, tuple[str, ...], tuple[Needle, ...]], ...]"
    text = f"{HEADER}from __future__ import annotations\n\n{needle}\nROWS: {kind} = (\n{rows})\n"
    command = [sys.executable, "-m", "ruff", "format", "-", "--stdin-filename", str(Path(table.__file__))]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_the_index_is_of_these_rules() -> None:
    renew = "`python tests/rules/test_index.py` writes it anew"
    assert {entry.code: entry for entry in index.entries()} == {r.code: index.entry_of(r) for r in all_rules()}, renew


def test_a_rule_that_was_added_since_is_known(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(index, "ROWS", table.ROWS[1:])
    index.entries.cache_clear()
    assert [entry.code for entry in index.entries()] == [rule.code for rule in all_rules()]
    index.entries.cache_clear()


def test_a_file_without_candidates_imports_no_rule(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("import os\n")
    program = (
        "import sys\nfrom dbdriver_lint.cli import main\n"
        f"assert main(['check', '--isolated', '--no-cache', {str(tmp_path / 'plain.py')!r}]) == 0\n"
        "print(*[name for name in sys.modules if name.startswith('dbdriver_lint.rules.')])\n"
        "assert not {'libcst', 'sqlalchemy'} & set(sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    needed = {f"dbdriver_lint.rules.{name}" for name in ("index", "registry", "table")}
    assert set(run.stdout.splitlines()[-1].split()) <= needed


if __name__ == "__main__":
    Path(table.__file__).write_text(written(), encoding="utf-8")
