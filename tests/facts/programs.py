"""One small program for each measured fact, and the linter's findings in it."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dbdriver_lint.knowledge.drivers import driver_named, nature
from dbdriver_lint.knowledge.parameters import CALLABLE, SSL_CONTEXT, Place
from dbdriver_lint.knowledge.spellings import DIALECT_OF
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.project.dependencies import Dependencies
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from reading import Case, Fact

    from dbdriver_lint.findings.model import Finding

CODES = ("XDB102", "XDB108", "XDB111", "XDB201", "XDB202", "XDB203", "XDB204")
"""The rules that speak about URLs and parameters as such."""


class Installed(Project):
    """A project that has just what the fact was measured with."""

    def __init__(self, fact: Fact) -> None:
        super().__init__(Path("/nonexistent"))
        self.fact = fact

    def dependencies_for(self, settings: Settings) -> Dependencies:
        """SQLAlchemy and the driver, pinned."""
        sqlalchemy = VersionRange.parse("" if self.fact.sqlalchemy == "any" else f"=={self.fact.sqlalchemy}")
        versions = {"sqlalchemy": sqlalchemy}
        version = self.fact.driver_version or ""
        name = (self.fact.driver or "").split(" ")[0]
        row = driver_named(f"{DIALECT_OF.get(name, '')}+{name}")
        if row is not None and version[:1].isdecimal():
            versions |= {distribution: VersionRange.parse(f"=={version}") for distribution in row.distributions}
        return Dependencies(sqlalchemy=sqlalchemy, declared=True, versions=MappingProxyType(versions), found=True)


def program(fact: Fact, case: Case) -> str:
    """The source of a program that does what was measured."""
    if case.function is not None:
        return _raw_call(case)
    url, arguments = case.url, ""
    if url is None or "://" not in url:
        query = _query(case.parameters) if case.place is Place.URL else ""
        place = "/d.db" if DIALECT_OF[case.driver] == "sqlite" else "u:p@h/d"
        url = f"{DIALECT_OF[case.driver]}+{case.driver}://{place}{query}"
    elif url.startswith("postgresql://u:p@") and fact.key == "host":
        url = url.replace("postgresql://", f"postgresql+{case.driver}://", 1)
    if case.place is Place.ARGS:
        arguments = f", connect_args={_source(case.parameters)}"
    versions = VersionRange.parse("" if fact.sqlalchemy == "any" else f"=={fact.sqlalchemy}")
    if nature(url.partition("://")[0], versions) == "async":
        return (
            "import ssl\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
            f"engine = create_async_engine({url!r}{arguments})\n"
        )
    return f"import ssl\nfrom sqlalchemy import create_engine\n\nengine = create_engine({url!r}{arguments})\n"


def findings(fact: Fact, case: Case) -> tuple[Finding, ...]:
    """What the linter says of the program."""
    settings = Settings(select=CODES)
    return check_source("program.py", program(fact, case).encode(), settings, Installed(fact)).findings


def _raw_call(case: Case) -> str:
    function = case.function or ""
    module = function.rpartition(".")[0]
    module = ".".join(part for part in module.split(".") if part[0].islower() or part == "MySQLdb")
    keywords = "".join(f", {name}={_source(value)}" for name, value in case.parameters.items())
    first = repr(case.url) if case.place is Place.DSN else '"postgresql://u:p@h/d"' if "**" not in keywords else ""
    called = f"{function}({first}{'' if case.place is Place.DSN else keywords})"
    return f"import ssl\nimport {module}\n\nconnection = {called}\n"


def _query(parameters: dict[str, Any]) -> str:
    pairs = [
        f"{quote(key, safe='')}={quote(str(item), safe='')}"
        for key, value in parameters.items()
        for item in (value if isinstance(value, tuple) else (value,))
    ]
    return "?" + "&".join(pairs) if pairs else ""


def _source(value: object) -> str:
    if value == SSL_CONTEXT:
        return "ssl.create_default_context()"
    if value == CALLABLE:
        return 'lambda: ""'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_source(item)}" for key, item in value.items()) + "}"
    return repr(value)
