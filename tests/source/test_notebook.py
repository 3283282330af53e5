from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dbdriver_lint.cli import main
from dbdriver_lint.source.files import NotebookError, file_of
from dbdriver_lint.source.notebook import Notebook
from dbdriver_lint.source.text import Position

ENGINE = 'engine = create_engine("postgres://app:s3cret@db.internal/app")'
SELECT = "--select=unknown-url-dialect,unreadable-file"


def notebook(*cells: str | list[str], language: str = "python", indent: int | None = 1) -> bytes:
    """A notebook as Jupyter writes it, with things in it that must stay."""
    document: dict[str, Any] = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", ENGINE]},
            *(
                {
                    "cell_type": "code",
                    "execution_count": 3,
                    "metadata": {},
                    "outputs": [{"data": 1e-05}],
                    "source": cell,
                }
                for cell in cells
            ),
        ],
        "metadata": {"kernelspec": {"language": language, "name": "k"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=indent).replace("1e-05", "0.000010").encode() + b"\n"


FIRST = ["%load_ext sql\n", "from sqlalchemy import create_engine\n", "files = !ls\n"]
SECOND = ["if True:\n", "    !pip install x\n", f"    {ENGINE}\n", "engine?"]


def test_the_cells_as_one_source() -> None:
    parsed = Notebook.parse("n.ipynb", notebook(FIRST, SECOND))
    assert parsed.code == (
        "# dbdriver-lint: cell 2\n"
        "pass  # dbdriver-lint: magic 0\n"
        "from sqlalchemy import create_engine\n"
        "pass  # dbdriver-lint: magic 1\n"
        "\n"
        "# dbdriver-lint: cell 3\n"
        "if True:\n"
        "    pass  # dbdriver-lint: magic 2\n"
        f"    {ENGINE}\n"
        "pass  # dbdriver-lint: magic 3\n"
    )
    compile(parsed.code, "n", "exec")
    cell, place = parsed.place(Position(9, 30))
    assert (cell.number, place) == (3, Position(3, 30))
    cell, place = parsed.place(Position(3, 1))
    assert (cell.number, place) == (2, Position(2, 1))


def test_a_magic_over_several_lines() -> None:
    lines = ["if True:\n", "    !gcloud add {project} \\\n", "  --role=x \\\n", "      --member=y\n", "    x = 1"]
    data = notebook(lines)
    parsed = Notebook.parse("n", data)
    compile(parsed.code, "n", "exec")
    assert parsed.code.count("\n") == 1 + len(lines)
    assert parsed.with_code(parsed.code) == data
    assert parsed.with_code(parsed.code.replace("x = 1", "x = 2")) == data.replace(b"x = 1", b"x = 2")


def test_what_is_no_magic() -> None:
    code = 'x = """\n%s\n!no\n"""\ny = (7\n    % 3)\nif x != y: pass\n"%d" % 1\nz = "a?"  # why?'
    assert Notebook.parse("n", notebook(code)).magics == ()


def test_cells_in_other_languages_are_left_out() -> None:
    assert [c.number for c in Notebook.parse("n", notebook("%%bash\nls", "%%time\nx = 1", "x")).cells] == [3, 4]
    assert Notebook.parse("n", notebook("x", language="R")).cells == ()


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("as_text", [True, False])
def test_only_the_changed_cell_is_written(indent: int | None, as_text: bool) -> None:
    cells = [FIRST, SECOND, ["x = 1"]]
    data = notebook(*("".join(cell) if as_text else cell for cell in cells), indent=indent)
    parsed = Notebook.parse("n", data)
    assert parsed.with_code(parsed.code) == data
    fixed = parsed.with_code(parsed.code.replace("postgres:", "postgresql:"))
    markdown, code = data.split(b'"code"', 1)
    assert fixed == markdown + b'"code"' + code.replace(b"postgres:", b"postgresql:")


def test_an_inserted_line() -> None:
    data = notebook(FIRST, SECOND)
    parsed = Notebook.parse("n", data)
    fixed = parsed.with_code(parsed.code.replace("from sqlalchemy", "import os\nfrom sqlalchemy"))
    assert json.loads(fixed)["cells"][1]["source"] == [FIRST[0], "import os\n", *FIRST[1:]]


def test_letters_are_written_as_the_file_writes_them() -> None:
    data = notebook("x = 'ü'\ny = 1")
    parsed = Notebook.parse("n", data)
    assert b"\\u00fc" in parsed.with_code(parsed.code.replace("y = 1", "y = 2"))
    raw = json.dumps(json.loads(data), ensure_ascii=False).encode()
    parsed = Notebook.parse("n", raw)
    assert "ü".encode() in parsed.with_code(parsed.code.replace("y = 1", "y = 2"))


def test_a_repair_over_a_boundary_is_refused() -> None:
    parsed = Notebook.parse("n", notebook("x = 1", "y = 2"))
    with pytest.raises(NotebookError, match="boundary"):
        parsed.with_code(parsed.code.replace("# dbdriver-lint: cell 3\n", ""))
    with pytest.raises(NotebookError, match="boundary"):
        parsed.with_code("import os\n" + parsed.code)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"cells": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_notebook(data: bytes) -> None:
    with pytest.raises(NotebookError):
        Notebook.parse("n", data)


def test_names_of_cells() -> None:
    assert file_of("a/n.ipynb:cell 3") == "a/n.ipynb"
    assert file_of("a/n.py:cell 3") == "a/n.py:cell 3"


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main([*arguments, SELECT])
    return code, *capfd.readouterr()


def test_linted_and_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    data = notebook(FIRST, SECOND)
    path = Path("n.ipynb")
    path.write_bytes(data)
    code, out, _ = run(capfd)
    assert code == 1
    assert " --> n.ipynb:cell 3:3:29\n" in out
    assert (
        '3 |     engine = create_engine("postgres://app:***@db.internal/app")\n  |                             ^^^^^^^^\n'
        in out
    )
    assert "3 +" not in out
    assert '  +     engine = create_engine("postgresql://app:***@db.internal/app")' in out

    code, out, _ = run(capfd, "--output-format=json")
    (finding,) = json.loads(out)["findings"]
    assert finding["path"] == "n.ipynb:cell 3"
    assert finding["start"] == {"line": 3, "column": 29}
    assert "file=n.ipynb,line=3" in run(capfd, "--output-format=github")[1]

    code, out, _ = run(capfd, "--fix")
    assert code == 0
    markdown, rest = data.split(b'"code"', 1)
    assert path.read_bytes() == markdown + b'"code"' + rest.replace(b"postgres:", b"postgresql:")
    assert run(capfd)[1] == "All checks passed (1 file).\n"


def test_a_comment_in_a_cell_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.ipynb").write_bytes(notebook(FIRST, f"{ENGINE}"))
    assert run(capfd, "--add-ignores=old")[0] == 0
    assert "# dbdriver: ignore[unknown-url-dialect] old" in Path("n.ipynb").read_text()
    assert "1 suppressed" in run(capfd)[1]


def test_a_broken_notebook_is_one_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.ipynb").write_bytes(b'{"cells": [')
    Path("syntax.ipynb").write_bytes(notebook([*FIRST, ENGINE], "def f(:\n    pass"))
    code, out, err = run(capfd, "--output-format=concise")
    assert (code, err) == (1, "")
    assert out.splitlines()[0].startswith("broken.ipynb:1:12: XDB902 ")
    assert out.splitlines()[1].startswith("syntax.ipynb:cell 3:")
