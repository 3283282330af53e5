"""What is read from the dependency files of a project, and what is not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbdriver_lint.knowledge.drivers import driver_named
from dbdriver_lint.knowledge.versions import VersionError, VersionRange
from dbdriver_lint.project.dependencies import Declaration, Dependencies, read_dependencies
from dbdriver_lint.project.roots import find_root


def project(root: Path, files: dict[str, str]) -> Path:
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def read(root: Path, files: dict[str, str], override: str | None = None) -> Dependencies:
    return read_dependencies(project(root, files), override)


FORMATS: dict[str, dict[str, str]] = {
    "pep 621": {"pyproject.toml": '[project]\ndependencies = ["SQLAlchemy[asyncio] >=2.0,<2.1", "asyncpg"]\n'},
    "optional": {"pyproject.toml": '[project.optional-dependencies]\npg = ["sqlalchemy>=2.0,<2.1", "asyncpg"]\n'},
    "groups": {
        "pyproject.toml": '[dependency-groups]\nall = [{include-group = "pg"}]\npg = ["sqlalchemy>=2.0,<2.1", "asyncpg"]\n'
    },
    "poetry": {
        "pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.11'\nasyncpg = '*'\n"
        "SQLAlchemy = {version = '~2.0', extras = ['asyncio']}\n"
    },
    "poetry group": {"pyproject.toml": "[tool.poetry.group.db.dependencies]\nasyncpg = '*'\nSQLAlchemy = '~2.0'\n"},
    "pdm": {"pyproject.toml": "[tool.pdm.dev-dependencies]\ndb = ['asyncpg', 'sqlalchemy~=2.0.0']\n"},
    "hatch": {"pyproject.toml": "[tool.hatch.envs.default]\ndependencies = ['asyncpg', 'sqlalchemy~=2.0.0']\n"},
    "uv": {"pyproject.toml": "[tool.uv]\ndev-dependencies = ['asyncpg', 'sqlalchemy~=2.0.0']\n"},
    "setuptools dynamic": {
        "pyproject.toml": "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\n"
        "dependencies = {file = ['deps/base.txt']}\n",
        "deps/base.txt": "asyncpg\nsqlalchemy<2.1\n",
    },
    "requirements": {
        "requirements.txt": "# what we need\nasyncpg==0.30.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
        "SQLAlchemy >= 2.0, < 2.1 ; python_version > '3.8'  # the ORM\n"
    },
    "included": {
        "requirements.txt": "-r requirements/base.txt\n-c constraints.txt\n",
        "requirements/base.txt": "asyncpg\nsqlalchemy\n",
        "constraints.txt": "sqlalchemy<2.1\npsycopg2<3\n",
    },
    "setup.cfg": {"setup.cfg": "[options]\ninstall_requires =\n    # the ORM\n    sqlalchemy<2.1\n    asyncpg\n"},
    "setup.py": {
        "setup.py": "from setuptools import setup\nBASE = ['sqlalchemy<2.1']\nsetup(install_requires=BASE + ['asyncpg'])\n"
    },
    "pipfile": {"Pipfile": "[packages]\nasyncpg = '*'\nsqlalchemy = {version = '<2.1'}\n"},
    "conda": {
        "environment.yml": "name: x\nchannels:\n  - defaults\ndependencies:\n  - sqlalchemy=2.0\n  - pip:\n    - asyncpg>=0.29\n"
    },
    "uv.lock": {
        "uv.lock": 'version = 1\n[[package]]\nname = "sqlalchemy"\nversion = "2.0.36"\ndependencies = [\n'
        '    { name = "greenlet" },\n]\n[[package]]\nname = "asyncpg"\nversion = "0.30.0"\n'
    },
    "poetry.lock": {
        "poetry.lock": '[[package]]\nname = "SQLAlchemy"\nversion = "2.0.36"\n[package.dependencies]\ngreenlet = "*"\n'
        '[[package]]\nname = "asyncpg"\nversion = "0.30.0"\n'
    },
    "Pipfile.lock": {
        "Pipfile.lock": '{"default": {"sqlalchemy": {"version": "==2.0.36"}}, "develop": {"asyncpg": {"version": "==0.30.0"}}}'
    },
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same(name: str, tmp_path: Path) -> None:
    dependencies = read(tmp_path, FORMATS[name])
    assert dependencies.drivers() == {"asyncpg"}
    assert dependencies.declared
    assert not dependencies.sqlalchemy.may_be_at_least((2, 1))
    assert dependencies.sqlalchemy.may_be_at_least((2, 0))
    assert dependencies.warnings == ()
    assert dependencies.complete is ("lock" in name)
    assert dependencies.files


def test_nothing_declared_is_nothing_known(tmp_path: Path) -> None:
    dependencies = read(tmp_path, {"pyproject.toml": "[tool.black]\nline-length = 100\n", "setup.cfg": "[flake8]\n"})
    assert dependencies.drivers() is None
    assert not dependencies.declared
    assert dependencies.sqlalchemy.is_everything
    assert dependencies.preferred_async("postgresql") is None
    asyncpg = driver_named("postgresql+asyncpg")
    assert asyncpg is not None
    assert dependencies.has(asyncpg) is None


def test_declared_but_no_driver(tmp_path: Path) -> None:
    dependencies = read(tmp_path, {"requirements.txt": "flask\n"})
    assert dependencies.drivers() == frozenset()
    asyncpg, pysqlite = driver_named("postgresql+asyncpg"), driver_named("sqlite+pysqlite")
    assert asyncpg is not None
    assert pysqlite is not None
    assert dependencies.has(asyncpg) is False
    assert dependencies.has(pysqlite) is True


def test_a_lock_file_picks_the_version_within_the_declared_range(tmp_path: Path) -> None:
    pyproject = '[project]\ndependencies = ["sqlalchemy>=2.0"]\n'
    lock = '[[package]]\nname = "sqlalchemy"\nversion = "2.0.36"\n'
    assert str(read(tmp_path / "a", {"pyproject.toml": pyproject, "uv.lock": lock}).sqlalchemy) == "==2.0.36"
    stale = pyproject.replace("2.0", "2.1")
    assert str(read(tmp_path / "b", {"pyproject.toml": stale, "uv.lock": lock}).sqlalchemy) == ">=2.1"


def test_a_workspace_member_is_locked_at_the_top(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        {
            "uv.lock": '[[package]]\nname = "sqlalchemy"\nversion = "2.0.36"\n',
            "services/api/pyproject.toml": '[project]\ndependencies = ["sqlalchemy>=2", "asyncpg"]\n',
            "services/api/app/db.py": "",
            "pyproject.toml": '[project]\ndependencies = ["psycopg2-binary", "sqlalchemy>=1.4"]\n',
        },
    )
    member = find_root(root / "services/api/app/db.py")
    assert member == root / "services/api"
    dependencies = read_dependencies(member)
    assert str(dependencies.sqlalchemy) == "==2.0.36"
    assert dependencies.drivers() == {"asyncpg", "psycopg2"}
    assert dependencies.sources["asyncpg"] == Declaration("services/api/pyproject.toml", 2)


def test_the_nearest_declaration_decides_on_the_version(tmp_path: Path) -> None:
    root = project(tmp_path, {"requirements.txt": "sqlalchemy<2\n", "api/requirements.txt": "sqlalchemy>=2.1\n"})
    assert str(read_dependencies(root / "api").sqlalchemy) == ">=2.1"
    assert str(read_dependencies(root).sqlalchemy) == "<2"


def test_alternatives_are_united_and_restrictions_intersected(tmp_path: Path) -> None:
    marked = "sqlalchemy<2; python_version<'3.12'\nsqlalchemy>=2.1; python_version>='3.12'\n"
    versions = read(tmp_path / "a", {"requirements.txt": marked}).sqlalchemy
    assert versions.may_be_below((2,))
    assert versions.may_be_at_least((2, 1))
    assert not versions.contains((2, 0))
    both = {"requirements.txt": "sqlalchemy<2.1\n", "requirements-dev.txt": "sqlalchemy[mypy]>=2\n"}
    assert str(read(tmp_path / "b", both).sqlalchemy) in ("<2.1,>=2", ">=2,<2.1")
    matrix = {"requirements-14.txt": "sqlalchemy~=1.4.0\n", "requirements-20.txt": "sqlalchemy~=2.0.0\n"}
    versions = read(tmp_path / "c", matrix).sqlalchemy
    assert versions.contains((1, 4, 54))
    assert versions.contains((2, 0, 58))


@pytest.mark.parametrize(
    ("requirement", "drivers", "greenlet"),
    [
        ("sqlalchemy[asyncio]", set(), True),
        ("sqlalchemy[postgresql_asyncpg]", {"asyncpg"}, True),
        ("SQLAlchemy[postgresql-psycopgbinary]", {"psycopg", "psycopg_async"}, False),
        ("databases[aiosqlite]", {"aiosqlite"}, False),
        ("psycopg[binary,pool]>=3.2", {"psycopg", "psycopg_async"}, False),
        ("psycopg2-binary==2.9.9", {"psycopg2"}, False),
        ("aiomysql", {"aiomysql", "pymysql"}, False),
        ("sqlmodel", set(), False),
    ],
)
def test_what_comes_along(requirement: str, drivers: set[str], greenlet: bool, tmp_path: Path) -> None:
    dependencies = read(tmp_path, {"requirements.txt": requirement + "\n"})
    assert dependencies.drivers() == drivers
    assert ("greenlet" in dependencies.versions) is greenlet
    assert dependencies.declared is not requirement.startswith(("psycopg", "aiomysql"))


def test_alembic_brings_sqlalchemy_but_not_its_version(tmp_path: Path) -> None:
    root = project(tmp_path, {"requirements.txt": "sqlalchemy<2.1\n", "api/requirements.txt": "alembic\n"})
    assert str(read_dependencies(root / "api").sqlalchemy) == "<2.1"


def test_compiled_requirements_are_a_lock(tmp_path: Path) -> None:
    compiled = (
        "# This file was autogenerated by uv via the following command:\n#    uv pip compile x.in\n"
        "asyncpg==0.30.0\n    # via -r requirements.in\nsqlalchemy==2.0.36\n    # via alembic\n"
    )
    dependencies = read(tmp_path, {"requirements.in": "alembic\nasyncpg\n", "requirements.txt": compiled})
    assert dependencies.complete
    assert str(dependencies.sqlalchemy) == "==2.0.36"


def test_the_setting_overrides_what_is_declared(tmp_path: Path) -> None:
    files = {"requirements.txt": "sqlalchemy<2\n"}
    assert str(read(tmp_path, files, ">=2.1").sqlalchemy) == ">=2.1"
    with pytest.raises(VersionError):
        read(tmp_path, files, "new")


def test_without_a_root_only_the_setting_speaks() -> None:
    assert read_dependencies(None) == Dependencies()
    assert str(read_dependencies(None, "~=2.0.0").sqlalchemy) == "~=2.0.0"


def test_the_preferred_driver_is_a_declared_one(tmp_path: Path) -> None:
    both = read(tmp_path / "a", {"requirements.txt": "asyncpg\npsycopg2-binary\naiosqlite\n"})
    assert (both.preferred_async("postgresql"), both.preferred_sync("postgresql")) == ("asyncpg", "psycopg2")
    assert (both.preferred_async("sqlite"), both.preferred_sync("mysql")) == ("aiosqlite", None)
    one = read(tmp_path / "b", {"requirements.txt": "psycopg[binary]\nsqlalchemy>=2\n"})
    assert (one.preferred_async("postgresql"), one.preferred_sync("postgresql")) == ("psycopg", "psycopg")
    old = read(tmp_path / "c", {"requirements.txt": "psycopg[binary]\nsqlalchemy<2\n"})
    assert old.preferred_async("postgresql") is None


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pyproject.toml", "[project]\nname = \n", 2),
        ("pyproject.toml", "[project]\ndependencies = ['sqlalchemy>=two']\n", 2),
        ("setup.py", "x = 1\nsetup(\n", 2),
        ("setup.cfg", "[options]\n\n[options]\n", 3),
        ("requirements.txt", "asyncpg\n??? what\n", 2),
        ("requirements.txt", "asyncpg\nsqlalchemy==two\n", 2),
        ("requirements.txt", "asyncpg\nfoo bar\n", 2),
        ("Pipfile.lock", "{\n  'default'", 2),
        ("uv.lock", "version = 1\n<<<<<<< ours\n", 1),
    ],
)
def test_what_is_malformed_is_a_warning(name: str, text: str, line: int, tmp_path: Path) -> None:
    dependencies = read(tmp_path, {name: text})
    (warning,) = dependencies.warnings
    assert (warning.path, warning.line) == (name, line)
    assert warning.reason
    assert str(tmp_path) not in warning.reason


def test_a_file_that_is_no_text_is_a_warning(tmp_path: Path) -> None:
    root = project(tmp_path, {})
    (root / "requirements.txt").write_bytes(b"asyncpg\n\xff\xfe\n")
    (warning,) = read_dependencies(root).warnings
    assert (warning.line, warning.reason) == (2, "not UTF-8")


def test_a_file_in_broken_utf_16(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("sqlalchemy>=2\nasyncpg\n".encode("utf-16")[:-1])
    (warning,) = read_dependencies(tmp_path).warnings
    assert warning.reason.startswith("not UTF-16")
    assert warning.reason.endswith(", which its first bytes say it is")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_requirements_as_windows_writes_them(encoding: str, tmp_path: Path) -> None:
    """PowerShell's ``pip freeze > requirements.txt`` is UTF-16, and pip reads it by its byte order mark."""
    root = project(tmp_path, {})
    (root / "requirements.txt").write_bytes("asyncpg==0.30.0\r\nSQLAlchemy==2.0.44\r\n".encode(encoding))
    dependencies = read_dependencies(root)
    assert dependencies.drivers() == {"asyncpg"}
    assert dependencies.warnings == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.py", "from setuptools import setup\nsetup(install_requires=open('r.txt').readlines())\n"),
        ("setup.py", "from setuptools import setup\nsetup(**options())\n"),
        ("setup.py", "from setuptools import setup\nV = '1'\nsetup(install_requires=['shared>=%s' % V])\n"),
        (
            "setup.py",
            "from setuptools import setup\nV = '1'\nsetup(install_requires=['shared>=' + V, f'other>={V}'])\n",
        ),
        ("pyproject.toml", "[project]\ndynamic = ['dependencies']\n"),
        ("requirements.txt", "-e .[dev]\n"),
        ("requirements.txt", "./libs/shared\n"),
        ("requirements.txt", "git+https://user:token@host/x.git#egg=shared\n"),
        ("requirements.txt", "--index-url https://user:token@host/simple\nshared\n"),
        ("requirements.txt", "-r missing.txt\n"),
    ],
)
def test_what_cannot_be_seen_is_never_taken_as_complete(name: str, text: str, tmp_path: Path) -> None:
    lock = '[[package]]\nname = "sqlalchemy"\nversion = "2.0.36"\n'
    dependencies = read(tmp_path, {name: text, "uv.lock": lock})
    assert dependencies.drivers() == frozenset()
    assert not dependencies.complete
    assert dependencies.warnings == ()


def test_setup_py_is_read_and_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    text = (
        f"open({str(witness)!r}, 'w')\nsetup(extras_require={{'pg': ['asyncpg']}}, install_requires=['sqlalchemy'])\n"
    )
    dependencies = read(tmp_path / "p", {"setup.py": text})
    assert dependencies.drivers() == {"asyncpg"}
    assert dependencies.sources["sqlalchemy"] == Declaration("setup.py", 2)
    assert not witness.exists()


def test_files_that_include_one_another_end(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r ../p/requirements.txt\n-r requirements-b.txt\n",
        "requirements-b.txt": "-r requirements.txt\nasyncpg\n",
    }
    assert read(tmp_path / "p", files).drivers() == {"asyncpg"}


def test_without_a_repository_only_the_folder_itself_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("asyncpg\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "requirements.txt").write_text("flask\n")
    if not any((folder / ".git").exists() for folder in tmp_path.parents):
        assert read_dependencies(inner).drivers() == frozenset()


def test_the_root_is_the_nearest_folder_that_looks_like_one(tmp_path: Path) -> None:
    root = project(tmp_path, {"a/setup.py": "", "a/b/c.py": "", "d/e.py": ""})
    assert find_root(root / "a/b/c.py") == root / "a"
    assert find_root(root / "a") == root / "a"
    assert find_root(root / "d/e.py") == root


def test_a_folder_beside_the_working_directory_is_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("here", "beside"):
        (tmp_path / name).mkdir()
    (tmp_path / "here/requirements.txt").write_text("sqlalchemy==1.4.54\n")
    (tmp_path / "requirements.txt").write_text("sqlalchemy==2.1.0\n")
    monkeypatch.chdir(tmp_path / "here")
    root = find_root(Path("../beside/db.py"))
    assert root == tmp_path
    assert read_dependencies(root).sqlalchemy == VersionRange.parse("==2.1.0")
