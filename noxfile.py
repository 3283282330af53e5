"""Everything on several versions: `nox --list`. What CI does on one version is `.ci/run`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "lowest", "sqlalchemy", "docs", "package"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
OLDEST = PYTHONS[0]
RUNNER = ["pytest>=8", "pytest-xdist>=3.6", "hypothesis>=6.100"]
DRIVERS = [
    *("aiomysql", "aiosqlite", "alembic", "asyncmy", "asyncpg", "greenlet", "mysql-connector-python"),
    *("pg8000", "psycopg[binary]", "psycopg2-binary", "pymysql"),
]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Every test on every Python, with the newest of all dependencies."""
    session.install("--upgrade", "--editable", ".[dev]")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session(python=OLDEST, venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """The oldest dependencies that pyproject.toml allows, on the oldest Python."""
    session.install(*RUNNER, "aiosqlite", "asyncpg", "greenlet", "junitparser", "psycopg2-binary", "sarif-om")
    session.install("--resolution", "lowest-direct", "--editable", ".[completion,flake8,lsp]")
    # Live servers and pre-commit have environments of their own.
    session.run("pytest", "-n", "auto", "--ignore=tests/live", "--ignore=tests/integrations/test_pre_commit.py")


@nox.session(python=OLDEST)
@nox.parametrize("version", ["1.4", "2.0", "2.1"])
def sqlalchemy(session: nox.Session, version: str) -> None:
    """What is imported by applications, and what is said about SQLAlchemy, against each SQLAlchemy."""
    session.install(*RUNNER, *DRIVERS, f"sqlalchemy=={version}.*", "--editable", ".")
    session.run("pytest", "-n", "auto", "tests/runtime", "tests/knowledge", *session.posargs)


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """Build the documentation into docs/_build, without a warning."""
    session.install("--editable", ".[docs]")
    session.run("python", "-m", "sphinx", "-n", "-W", "--keep-going", "docs", "docs/_build")


@nox.session(python=OLDEST)
def package(session: nox.Session) -> None:
    """Build wheel and sdist, check both, and use the wheel in an environment that has nothing else."""
    session.install("build", "check-wheel-contents", "twine")
    with TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--outdir", folder)
        built = sorted(str(file) for file in Path(folder).iterdir())
        session.run("twine", "check", "--strict", *built)
        [wheel] = [file for file in built if file.endswith(".whl")]
        session.run("check-wheel-contents", wheel)
        session.run("python", "-m", "venv", f"{folder}/empty")
        python = f"{folder}/empty/bin/python"
        session.run(python, "-m", "pip", "install", "--quiet", wheel, external=True)
        session.run(python, "-m", "dbdriver_lint", "--version", external=True)
        session.run(f"{folder}/empty/bin/dbdriver-lint", "--isolated", "examples/good", external=True)
