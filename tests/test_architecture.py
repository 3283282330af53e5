"""The way through the house, kept by the real imports: who may import whom, and who may touch what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import dbdriver_lint

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(dbdriver_lint.__file__).parent
ROOMS = {
    "records": set(),
    "source": set(),
    "knowledge": set(),
    "settings": set(),
    "project": {"settings", "knowledge", "source"},
    # the analysis asks the project for what lives in other files
    "analysis": {"source", "project", "knowledge"},
    "fixes": {"source", "findings"},
    "findings": {"source", "fixes", "knowledge"},
    # a rule sees facts and values, never syntax
    "rules": {"analysis", "project", "knowledge", "fixes", "findings", "settings", "source"},
    "linter": {"source", "analysis", "rules", "fixes", "findings", "settings", "project", "knowledge"},
    # what was found before is kept with what it was made from
    "cache": {"findings", "project", "settings", "source"},
    "workers": set(),
    "run": {"cache", "workers", "linter", "fixes", "findings", "settings", "project", "source", "knowledge"},
    # the inventory is a table of facts, not of findings
    "report": {"findings", "fixes", "source", "knowledge", "project", "rules", "analysis"},
    "integrations": {"linter", "settings", "project", "findings", "source", "rules", "run", "fixes", "report"},
    "runtime": {"knowledge"},
    "doctor": {"knowledge", "runtime", "project", "settings"},
}
#: Rooms that may import a library at all; everywhere else it would cost start-up time or truth.
LIBRARIES = {
    "libcst": {"source", "analysis"},
    "sqlalchemy": {"runtime", "doctor"},
    "pathspec": {"settings", "project"},
}
#: What of the analysis rules may look at: facts, values, and what values say of URLs and sessions.
FACTS = {
    "strings",
    "facts",
    "migration_facts",
    "module_facts",
    "rewrite_facts",
    "session_facts",
    "values",
    "urls",
    "arguments",
    "environments",
    "orm",
}


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file imports, and whether only for the type checker."""
    tree = ast.parse(file.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in typing_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{file}: imports are absolute"
            package = (PACKAGE.parent / node.module.replace(".", "/")).is_dir()
            for name in [f"{node.module}.{alias.name}" for alias in node.names] if package else [node.module]:
                yield name, id(node) in typing_only


def files(room: str) -> list[Path]:
    single = PACKAGE / f"{room}.py"
    return [single] if single.exists() else sorted((PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_what_it_may(room: str) -> None:
    allowed = ROOMS[room] | {room, "records"}
    wrong = [
        f"{file.relative_to(PACKAGE)} imports {module}"
        for file in files(room)
        for module, _ in imports(file)
        if module.startswith("dbdriver_lint.") and module.split(".")[1] not in allowed | {"__version__"}
    ]
    assert not wrong


def test_every_room_is_in_the_table() -> None:
    rooms = {p.stem for p in PACKAGE.iterdir() if not p.name.startswith("_") and (p.suffix == ".py" or p.is_dir())}
    rooms = {room for room in rooms if files(room)}
    assert rooms - set(ROOMS) == {"cli"}  # the command line may import everything, lazily


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_stays_in_its_rooms(library: str) -> None:
    wrong = [
        f"{file.relative_to(PACKAGE)} imports {module}"
        for file in PACKAGE.rglob("*.py")
        for module, typing_only in imports(file)
        if module.split(".")[0] == library
        and not typing_only
        and file.relative_to(PACKAGE).parts[0] not in LIBRARIES[library]
    ]
    assert not wrong


def test_rules_see_facts_and_no_syntax() -> None:
    wrong = [
        f"{file.relative_to(PACKAGE)} imports {module}"
        for file in files("rules")
        for module, _ in imports(file)
        if module.startswith("dbdriver_lint.analysis.") and module.split(".")[2] not in FACTS
    ]
    assert not wrong


@pytest.mark.parametrize(
    "command", [["--version"], ["--help"], ["rule", "XDB201"], ["check", "--isolated", "setup.cfg"]]
)
def test_start_up_imports_nothing_heavy(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("print('nothing to find')\n")
    program = (
        "import sys\n"
        "from dbdriver_lint.cli import main\n"
        "try:\n"
        f"    main({command!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'libcst', 'sqlalchemy', 'multiprocessing', 'importlib.metadata'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def module_of(name: str) -> str:
    """The module of a name that :func:`imports` gives: of a package, the name may be one of its ``__init__``."""
    path = PACKAGE.parent / name.replace(".", "/")
    return name if path.with_suffix(".py").exists() or path.is_dir() else name.rpartition(".")[0]


def test_no_modules_import_one_another() -> None:
    """Not even lazily, or for the type checker: of two that need one another, neither can be understood first.

    But those that describe what an analysis met are handed the analysis.
    """
    graph: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        name = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = {
            module_of(module)
            for module, typing_only in imports(file)
            if not (typing_only and module == "dbdriver_lint.analysis.build")
        }
    TopologicalSorter(graph).prepare()


def test_a_file_without_candidates_needs_no_dataclasses(tmp_path: Path) -> None:
    """The library's took a quarter of such a run: they come from ``records``."""
    (tmp_path / "quiet.py").write_text("print('nothing to find')\n")
    program = (
        "import sys\n"
        "from dbdriver_lint.cli import main\n"
        "main(['check', '--isolated', 'quiet.py'])\n"
        "print(*sorted({'dataclasses', 'inspect', 'ast'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == ""


def test_the_classes_of_a_run_come_from_records() -> None:
    """``replace()`` and ``fields()`` of the library do not know them."""
    wrong = [
        str(file.relative_to(PACKAGE))
        for room in set(ROOMS) - {"records", "knowledge", "runtime", "doctor", "integrations"}
        for file in files(room)
        for module, _ in imports(file)
        if module == "dataclasses"
    ]
    assert wrong == ["analysis/tree.py"]  # the fields of LibCST's nodes


def test_runtime_imports_nothing_of_the_linter() -> None:
    program = (
        "import sys, dbdriver_lint.runtime\n"
        "print(sorted({m.split('.')[1] for m in sys.modules if m.startswith('dbdriver_lint.')}), 'libcst' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['knowledge', 'runtime'] False"


def test_each_test_module_has_a_name_of_its_own() -> None:
    """pytest puts every folder of tests on the same path: of two modules of one name, one is taken for the other."""
    files = [file for file in Path(__file__).parent.rglob("*.py") if file.name != "conftest.py"]
    names = Counter(file.stem for file in files)
    assert [name for name, count in names.items() if count > 1] == []
