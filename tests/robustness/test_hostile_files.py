"""Files that are made to take all memory or time: read within bounds, or refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from oracle import time_bound

from dbdriver_lint.cli import main
from dbdriver_lint.project import forget

APP = (
    "import os\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
    'engine = create_async_engine(os.environ["DATABASE_URL"])\n'
)
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(12)
)
DEEP = 100_000
FILES = {
    "compose.yaml": {
        "aliases": BOMB + "services:\n  app:\n    environment: *m\n",
        "deep": "a: " + "[" * 50_000,
        "merge": "a: &a\n  environment: &e {DATABASE_URL: 'postgresql://h/d'}\n" + "b: {<<: *a}\n" * 5_000,
        "itself": "a: &a [*a]\nenvironment: *a\n",
    },
    ".env": {
        "interpolated": "A=${A}${A}\n" * 5_000 + "DATABASE_URL=postgresql://h/" + "${A}" * 20_000 + "\n",
        "open quote": "DATABASE_URL='postgresql://" + "\\\\" * 100_000,
        "spaces": "DATABASE_URL" + " " * 200_000 + "=postgresql://h/d",
    },
    "alembic.ini": {
        "interpolated": "[alembic]\nscript_location = %(a)s\na = %(a)s%(a)s\nsqlalchemy.url = %(sqlalchemy.url)s\n",
        "many": "[alembic]\nscript_location = a\n" + "".join(f"[a{n}]\nscript_location = a\n" for n in range(20_000)),
        "continued": "[alembic]\nscript_location = a\n" + "   b\n" * 100_000,
    },
    "dbdriver-lint.toml": {
        "deep": "select = " + "[" * DEEP,
        "tables": "a = " + "{a=" * DEEP,
        "patterns": "exclude = [" + '"' + "**/" * 5_000 + '",' * 1 + "]\n",
    },
    "pyproject.toml": {"deep": "a = " + "[" * DEEP, "dotted": "[tool." + "a." * 20_000 + "b]\n"},
    "Pipfile.lock": {"deep": '{"default": ' + "[" * DEEP},
    "uv.lock": {"long": '[[package]]\nname = "' + "a" * 1_000_000 + '"\nversion = "1"\n'},
    "requirements.txt": {
        "itself": "-r requirements.txt\n" * 1_000,
        "long": "sqlalchemy" + "[a" * 50_000 + "\n" + "sqlalchemy>=" + "1." * 50_000 + "\n",
        "continued": "\\\n" * 100_000,
    },
    "setup.py": {
        "deep": "setup(install_requires=" + "[" * DEEP,
        "sum": "setup(install_requires=" + "[] + " * 50_000 + "[])",
    },
    "setup.cfg": {"long": "[options]\ninstall_requires =\n" + "  sqlalchemy>=1\n" * 20_000},
    ".gitignore": {"stars": ("*a" * 40 + "b\n") * 5, "many": "**/a/**/b/**\n" * 3_000},
    "notebook.ipynb": {
        "deep": '{"cells": ' + "[" * DEEP,
        "numbers": '{"cells": [' + "1" * 1_000_000 + "]}",
        "cells": json.dumps({"cells": [{"cell_type": "code", "source": "create_engine\n"}] * 1_000}),
    },
    "dbdriver-baseline.json": {"deep": "[" * DEEP},
    "module.py": {
        "deep": "from sqlalchemy import create_engine\ncreate_engine(" + "(" * DEEP + ")" * DEEP + ")\n",
        "long line": "create_engine('" + "a" * 2_000_000 + "')\n",
        "many lines": "from sqlalchemy import create_engine\n" + "x = 1\n" * 30_000 + "create_engine('postgres://h')\n",
        "quotes": "create_engine(" + "'" * 200_001,
        "colons": "create_engine('" + "://" * 50_000 + "')\n",
        "ats": "from sqlalchemy import create_engine\ncreate_engine('postgres://" + "a:b@" * 30_000 + "')\n",
        "password words": "# create_engine\n" + "password = " * 50_000 + "\n",
        "braces": "create_engine('postgres://u:" + "{a_" * 30_000 + "@h')\n",
        "odbc": "create_engine('mssql:///?odbc_connect=" + "PWD={" * 30_000 + "')\n",
        "number": "from sqlalchemy import create_engine\ncreate_engine('postgres://h', pool_size="
        + "9" * 100_000
        + ")\n",
        "imports": "from .module import *\nfrom module import *\nimport module\n" * 2_000 + "create_engine(URL)\n",
        "a word on each line": "# create_engine\n" * 200_000,
        "ignores": "create_engine  # dbdriver: ignore[" + "XDB101," * 10_000 + "]\n",
        "ignores, open": "create_engine  # dbdriver: ignore[" + "XDB101," * 100_000 + "\n",
        "ignores, a reason": "create_engine  # dbdriver: ignore[XDB101] a" + " " * 300_000 + "b\n",
        "ignores, noqa": "create_engine  # noqa: " + "XDB101," * 20_000 + "\n",
        "ignores, each line": "x = 1  # dbdriver: ignore[XDB101] create_engine\n" * 1_000,
    },
}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in FILES.items() for kind in kinds])
def test_bounded(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    Path("app.py").write_text(APP)
    Path(name).write_text(FILES[name][kind])
    forget()
    with time_bound(0):
        code = main(["check", "--select=all", "--jobs=1", "--no-cache", "--output-format=full", "."])
        if name not in ("module.py", "notebook.ipynb"):
            main(["engines", "."])
    out, err = capfd.readouterr()
    assert "internal error" not in out + err
    assert "Traceback" not in err
    assert len(out) + len(err) < 3_000_000
    assert code in (0, 1, 2)
    if code == 2:
        assert name in err  # the reason names the file
