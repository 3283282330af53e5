"""Results that are kept between runs: never another report than without them, and nothing in them to steal."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from dbdriver_lint.cache import ResultCache
from dbdriver_lint.rules.alembic.async_driver_in_sync_env import AsyncDriverInSyncEnv
from dbdriver_lint.run import Options, Task, lint_files
from dbdriver_lint.settings.model import Settings

ASYNC = "from sqlalchemy.ext.asyncio import create_async_engine\n"
DB = f"from app.config import URL\n{ASYNC}\nengine = create_async_engine(URL)\n"
SYNC_URL = "postgresql+psycopg2://db.internal/app"
GOOD_URL = "postgresql+asyncpg://db.internal/app"
SELECT = Settings(select=("sync-driver-in-async-engine", "undeclared-driver", "unknown-url-dialect", "shared-url"))


class Tree:
    """A project whose files are old enough to be told from changed ones without reading them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write(
            "pyproject.toml", '[project]\nname = "app"\ndependencies = ["sqlalchemy<2.1", "asyncpg", "psycopg2"]\n'
        )
        self.write("app/__init__.py", "")
        self.write("app/db.py", DB)
        self.write("app/config.py", f'URL = "{GOOD_URL}"\n')
        self.write("app/other.py", "x = 1\n")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.age(name)

    def age(self, name: str) -> None:
        old = time.time() - 3600
        os.utime(self.root / name, (old, old))

    def cache(self, started: int | None = None) -> ResultCache:
        # the time of a change (ctime) cannot be set: let the run start later instead
        return ResultCache(self.root / "cache", str(self.root), started or time.time_ns() + 10_000_000_000)

    def lint(self, *, cached: bool = True, settings: Settings = SELECT, jobs: int = 1) -> list[str]:
        names = sorted(str(path) for path in self.root.rglob("*.py"))
        tasks = [Task(name, settings) for name in names]
        outcomes = lint_files(tasks, Options(), jobs=jobs, cache=self.cache() if cached else None)
        return [f"{Path(f.path).name} {f.code} {f.message} {f.related} {f.fix}" for o in outcomes for f in o.findings]

    def known(self, name: str, settings: Settings = SELECT) -> bool:
        """Whether the next run would not look at the file."""
        return self.cache().recall(str(self.root / name), settings) is not None


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def codes(report: list[str]) -> list[str]:
    return [" ".join(line.split()[:2]) for line in report]


def test_what_has_not_changed_is_not_looked_at(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    first = tree.lint()
    assert codes(first) == ["db.py XDB103"]
    assert tree.known("app/db.py")
    assert tree.known("app/other.py")
    monkeypatch.setattr("dbdriver_lint.run._work", None)
    assert tree.lint() == first


def test_a_change_of_another_module_changes_the_findings(tree: Tree) -> None:
    assert tree.lint() == []
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    assert not tree.known("app/db.py")
    assert tree.known("app/other.py")
    assert codes(tree.lint()) == ["db.py XDB103"]
    tree.write("app/config.py", f'URL = "{GOOD_URL}"\n')
    assert tree.lint() == []


def test_a_module_that_comes_or_goes_changes_the_findings(tree: Tree) -> None:
    assert tree.lint() == []
    tree.write("app/config/__init__.py", f'URL = "{SYNC_URL}"\n')  # a package comes before a module of its name
    assert codes(tree.lint()) == ["db.py XDB103"]
    (tree.root / "app/config/__init__.py").unlink()
    (tree.root / "app/config").rmdir()
    (tree.root / "app/config.py").unlink()
    assert tree.lint() == []
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    assert codes(tree.lint()) == ["db.py XDB103"]


def test_a_module_two_steps_away(tree: Tree) -> None:
    tree.write("app/config.py", "from app.base import URL\n")
    tree.write("app/base.py", f'URL = "{GOOD_URL}"\n')
    assert tree.lint() == []
    assert tree.lint() == []
    tree.write("app/base.py", f'URL = "{SYNC_URL}"\n')
    assert codes(tree.lint()) == ["db.py XDB103"]


def test_files_of_variables(tree: Tree) -> None:
    tree.write("app/db.py", f'import os\n{ASYNC}\nengine = create_async_engine(os.environ["DATABASE_URL"])\n')
    assert tree.lint() == []
    assert tree.known("app/db.py")
    tree.write(".env", f"DATABASE_URL={SYNC_URL}\n")
    assert codes(tree.lint()) == ["db.py XDB103"]
    tree.write(".env", f"DATABASE_URL={GOOD_URL}\n")
    assert tree.lint() == []
    tree.write("docker-compose.yml", f"services:\n  web:\n    environment:\n      DATABASE_URL: {SYNC_URL}\n")
    assert not tree.known("app/db.py")


def test_files_of_variables_that_settings_read_for_several_modules(tree: Tree) -> None:
    tree.write(
        "app/config.py",
        "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    database_url: str\n\n\n"
        "settings = Settings()\n\n\ndef get_settings():\n    return Settings()\n",
    )
    read = f"{ASYNC}\nfrom app.config import settings\nengine = create_async_engine(settings.database_url)\n"
    tree.write("app/db.py", read)
    tree.write("app/jobs.py", read)
    tree.write("app/made.py", read.replace("settings", "get_settings").replace("get_settings.", "get_settings()."))
    tree.write(".env", f"DATABASE_URL={SYNC_URL}\n")
    assert codes(tree.lint()) == ["db.py XDB103", "jobs.py XDB103", "made.py XDB103"]
    tree.write(".env", f"DATABASE_URL={GOOD_URL}\n")
    assert tree.lint() == []


def test_dependencies(tree: Tree) -> None:
    settings = Settings(select=("sync-driver-in-async-engine",))
    tree.write("app/config.py", 'URL = "postgresql://db.internal/app"\n')  # psycopg, which can do both, from 2.1
    assert codes(tree.lint(settings=settings)) == ["db.py XDB103"]
    tree.write("pyproject.toml", '[project]\nname = "app"\ndependencies = ["sqlalchemy>=2.1"]\n')
    assert tree.lint(settings=settings) == []
    assert tree.known("app/db.py", settings)
    tree.write("uv.lock", '[[package]]\nname = "sqlalchemy"\nversion = "2.1.3"\n')
    assert not tree.known("app/db.py", settings)
    (tree.root / "uv.lock").unlink()
    tree.write("requirements.txt", "-r more.txt\n")
    assert tree.lint(settings=settings) == []
    assert tree.known("app/db.py", settings)
    tree.write("more.txt", "asyncpg\n")
    assert not tree.known("app/db.py", settings)


def test_a_project_of_its_own(tree: Tree) -> None:
    tree.lint()
    assert tree.known("app/db.py")
    tree.write("app/pyproject.toml", '[project]\nname = "inner"\ndependencies = ["sqlalchemy"]\n')
    assert not tree.known("app/db.py")


def test_alembic_configuration(tree: Tree) -> None:
    settings = Settings(select=("async-driver-in-sync-env",))
    tree.write("migrations/env.py", AsyncDriverInSyncEnv.bad[0].code)
    tree.write("migrations/script.py.mako", "")
    assert tree.lint(settings=settings) == []
    assert tree.known("migrations/env.py", settings)
    tree.write("alembic.ini", f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {GOOD_URL}\n")
    assert not tree.known("migrations/env.py", settings)
    assert codes(tree.lint(settings=settings)) == ["env.py XDB407"]
    tree.write("alembic.ini", f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {SYNC_URL}\n")
    assert tree.lint(settings=settings) == []


def test_settings(tree: Tree) -> None:
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    assert codes(tree.lint()) == ["db.py XDB103"]
    assert tree.lint(settings=Settings(select=("unknown-url-dialect",))) == []
    assert codes(tree.lint()) == ["db.py XDB103"]
    assert tree.known("app/db.py", Settings(select=SELECT.select, baseline="b.json", exclude=("x/",)))
    assert not tree.known("app/db.py", Settings(select=SELECT.select, async_driver="asyncpg"))


def test_the_same_size_and_time_are_not_the_same_file(tree: Tree) -> None:
    tree.write("app/db.py", f'{ASYNC}engine = create_async_engine("postgresql+asyncpg://h/a")\n')
    path = tree.root / "app/db.py"
    assert tree.lint() == []
    before = path.stat()
    path.write_text(path.read_text().replace("+asyncpg", "+pg8000,")[: before.st_size])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert not tree.known("app/db.py")


def test_a_file_that_has_just_been_written_is_known_by_its_content(tree: Tree) -> None:
    names = [str(tree.root / name) for name in ("app/db.py", "app/other.py", "app/config.py")]
    started = time.time_ns() + 100_000_000
    lint_files([Task(name, SELECT) for name in names], Options(), jobs=1, cache=tree.cache(started))
    index = json.loads(next((tree.root / "cache").glob("*.json")).read_text())
    (group,) = index["groups"].values()
    assert group["clean"] == {}
    assert group["files"][names[0]][0] == ""  # no stamp to trust
    assert tree.known("app/db.py")
    assert not tree.known("app/other.py")


def test_a_file_that_changes_during_the_run_is_not_kept(tree: Tree) -> None:
    started = time.time_ns() - 10_000_000_000  # all of them were written since
    names = [str(tree.root / name) for name in ("app/db.py", "app/other.py")]
    lint_files([Task(name, SELECT) for name in names], Options(), jobs=1, cache=tree.cache(started))
    assert not tree.known("app/db.py")
    assert not tree.known("app/other.py")


def test_workers_keep_the_same(tree: Tree) -> None:
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    for number in range(20):
        tree.write(f"app/db{number}.py", DB)
    alone = tree.lint(cached=False)
    assert len(alone) == 21
    assert tree.lint(jobs=2) == alone
    assert all(tree.known(f"app/db{number}.py") for number in range(20))
    tree.write("app/config.py", f'URL = "{GOOD_URL}"\n')
    assert tree.lint(jobs=2) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[" * 100_000,
        lambda text: "null",
        lambda text: '{"format": 1}',
        lambda text: text.replace('"format":1', '"format":0'),
        lambda text: text.replace('"file"', '"import"'),
        lambda text: json.dumps({**json.loads(text), "asked": []}),
        lambda text: json.dumps(spoiled(json.loads(text), lambda entry: [*entry[:4], "AAAA"])),
        lambda text: json.dumps(spoiled(json.loads(text), lambda entry: [*entry[:4], "%"])),
        lambda text: json.dumps(spoiled(json.loads(text), lambda entry: [*entry[:2], [10**9], *entry[3:]])),
        lambda text: json.dumps(spoiled(json.loads(text), lambda entry: [*entry[:2], ["x"], *entry[3:]])),
        lambda text: json.dumps(spoiled(json.loads(text), lambda entry: "entry")),
        lambda text: json.dumps(spoiled(json.loads(text), lambda entry: None)),
        lambda text: json.dumps({**json.loads(text), "groups": {name: {"clean": 3, "files": 4} for name in "ab"}}),
        lambda text: "\x80\x81 not text",
    ],
)
def test_a_spoiled_index_is_none(tree: Tree, spoil) -> None:  # type: ignore[no-untyped-def]
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    first = tree.lint()
    (index,) = (tree.root / "cache").glob("*.json")
    index.write_text(spoil(index.read_text()), encoding="latin-1")
    assert tree.lint() == first
    assert tree.lint() == first
    assert tree.known("app/db.py")


def test_a_spoiled_result_of_another_file_does_no_harm(tree: Tree) -> None:
    tree.write("app/more.py", DB)
    tree.lint()
    (index,) = (tree.root / "cache").glob("*.json")
    index.write_text(json.dumps(spoiled(json.loads(index.read_text()), lambda entry: ["?"])))
    (tree.root / "app/more.py").rename(tree.root / "app/more.txt")
    assert tree.lint() == []
    assert tree.known("app/db.py")


def spoiled(document, change):  # type: ignore[no-untyped-def]
    for group in document["groups"].values():
        group["files"] = {path: change(entry) for path, entry in group["files"].items()}
    return document


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_something_else_in_the_place_of_the_index(tree: Tree) -> None:
    first = tree.lint()
    (index,) = (tree.root / "cache").glob("*.json")
    index.unlink()
    os.mkfifo(index)
    assert tree.lint() == first
    assert index.is_file()  # replaced
    index.unlink()
    index.mkdir()
    assert tree.lint() == first


def test_a_place_that_cannot_be_written_keeps_nothing(tree: Tree) -> None:
    (tree.root / "cache").write_text("a file\n")
    assert tree.lint() == []
    assert (tree.root / "cache").read_text() == "a file\n"


PASSWORDS = ["hunter2-plain", "p%40ss%2Fw%C3%B6rd", "unescaped@word"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_no_password_is_kept(tree: Tree, password: str) -> None:
    url = f"postgres://admin:{password}@db.internal/app"
    tree.write(".env", f"SECRET_URL={url}\n")
    tree.write(
        "app/literal.py",
        f"import os\nfrom sqlalchemy import URL, create_engine\n{ASYNC}"
        f'one = create_engine("{url}?sslmode=require")\ntwo = create_async_engine("{url}?sslmode=require")\n'
        f'three = create_async_engine(os.environ["SECRET_URL"])\n'
        f'four = create_engine(f"postgresql://u:" + "{password}" + "@h/d")\n'
        f'five = create_engine("postgresql://h/d", connect_args={{"password": "{password}", "sslmod": "x"}})\n',
    )
    settings = Settings(pedantic=True)
    assert len(tree.lint(settings=settings)) > 3
    assert tree.known("app/literal.py", settings)
    assert tree.lint(settings=settings) == tree.lint(settings=settings, cached=False)
    kept = [path for path in (tree.root / "cache").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        data = path.read_bytes()
        for shape in {password, unquote(password)}:
            for spelled in (shape.encode(), shape.encode("utf-16-le"), json.dumps(shape)[1:-1].encode()):
                assert spelled not in data
                assert base64.b64encode(spelled)[:-4] not in data
        assert b"db.internal" not in data  # sealed: not a word of the code


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dbdriver_lint", *arguments]
    # the package is found from any folder, as it is here
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_command_line(tree: Tree, tmp_path: Path) -> None:
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    new = run("--no-cache", ".", cwd=tree.root)
    assert new.returncode == 1
    folder = tree.root / ".dbdriver-lint-cache"
    assert not folder.exists()
    for _ in range(2):
        assert run(cwd=tree.root).stdout == new.stdout
    assert (folder / ".gitignore").read_text().endswith("*\n")
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert len(list(folder.glob("*.json"))) == 1

    assert run("--cache-dir", "elsewhere", "app/db.py", cwd=tree.root).returncode == 1
    assert list((tree.root / "elsewhere").glob("*.json"))
    assert run(cwd=tree.root, DBDRIVER_LINT_CACHE_DIR=str(tree.root / "from-environment")).returncode == 1
    assert list((tree.root / "from-environment").glob("*.json"))
    tree.write("dbdriver-lint.toml", 'cache-dir = "from-setting"\n')
    assert run("app", cwd=tree.root).returncode == 1
    assert list((tree.root / "from-setting").glob("*.json"))


def test_an_unchanged_run_imports_no_parser(tree: Tree) -> None:
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    program = (
        "import sys\nfrom dbdriver_lint.cli import main\ncode = main(['--output-format', 'concise', 'app'])\n"
        "print(code, 'libcst' in sys.modules, 'ast' in sys.modules and 'tokenize' in sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = []
    for _ in range(3):
        ran = subprocess.run(
            [sys.executable, "-c", program], cwd=tree.root, env=environment, capture_output=True, text=True, check=True
        )
        told.append(ran.stdout)
    assert told[0].splitlines()[-1].startswith("1 True")
    assert told[2].splitlines()[-1].startswith("1 False")
    assert told[0].splitlines()[:-1] == told[2].splitlines()[:-1]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_linked_folder_is_not_written_to(tree: Tree) -> None:
    (tree.root / "victim").mkdir()
    (tree.root / ".dbdriver-lint-cache").symlink_to("victim")
    assert run("--exit-zero", ".", cwd=tree.root).returncode == 0
    assert not list((tree.root / "victim").iterdir())


def test_runs_at_the_same_time(tree: Tree) -> None:
    tree.write("app/config.py", f'URL = "{SYNC_URL}"\n')
    command = [sys.executable, "-m", "dbdriver_lint", "--output-format", "concise", "."]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    running = [
        subprocess.Popen(command, cwd=tree.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    results = {(process.communicate()[0], process.returncode) for process in running}
    assert len(results) == 1
    assert sorted(path.suffix for path in (tree.root / ".dbdriver-lint-cache").iterdir()) == ["", ".TAG", ".json"]
