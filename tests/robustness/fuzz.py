"""Coverage-guided fuzzing of one target, with atheris: `pip install -e '.[fuzz]'`.

    python tests/robustness/fuzz.py url -runs=1000000
    python tests/robustness/fuzz.py linter -max_total_time=3600 corpus/

Options and folders behind the target are libFuzzer's. The rules' examples are the first inputs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["dbdriver_lint"]):
    from mutations import EXAMPLES, URLS
    from targets import NAMES, TARGETS

SEEDS = {
    "url": URLS,
    "files": [
        bytes([number]) + text
        for number in range(len(NAMES))
        for text in (
            b"[tool.dbdriver-lint]\nselect = ['all']\n[project]\ndependencies = ['sqlalchemy>=2', 'asyncpg']\n",
            b"[alembic]\nscript_location = a\nsqlalchemy.url = postgresql://u:p%%40@h/d\n",
            b"A='postgresql://u:p@h/d' # c\nexport B=${A:-x}\n",
            b"services: &a\n  x:\n    environment:\n      A: postgresql://h/d\n    y: *a\n",
            b'{"default": {"sqlalchemy": {"version": "==2.0.1"}}, "version": 1, "findings": {}}',
        )
    ],
    "notebook": [
        b'{"cells": [{"cell_type": "code", "metadata": {}, "source": ["%time x\\n", "y = 1"]}], "metadata": {}}',
        b'{"cells": [{"source": "a\\u0062", "cell_type": "code"}], "nbformat": 4}',
    ],
}


def main() -> None:
    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        raise SystemExit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS.get(name, EXAMPLES)):
            Path(folder, str(number)).write_bytes(seed)
        arguments = [*sys.argv, folder, "-timeout=60", f"-rss_limit_mb={3 << 10}"]
        atheris.Setup(arguments, TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
