"""What a rewrite makes of the URLs that a deployment may bring, and what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.knowledge.drivers import driver_named
from dbdriver_lint.knowledge.parameters import Outcome, Place, judge
from dbdriver_lint.knowledge.urls import UrlError, parse_url
from dbdriver_lint.records import dataclass
from dbdriver_lint.rules.wording import listed, listed_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.rewrite_facts import UrlRewrite
    from dbdriver_lint.knowledge.urls import DatabaseUrl
    from dbdriver_lint.knowledge.versions import VersionRange
    from dbdriver_lint.rules.context import Context


@dataclass(frozen=True, slots=True)
class Trials:
    """The URLs that a rewrite is tried on, of one kind of database."""

    speaks: re.Pattern[str]
    """What the source of a rewrite says that is meant for them."""
    plain: str
    """The URL without any driver."""
    drivers: tuple[str, ...]
    """URLs with an explicit driver."""
    words: tuple[str, ...]
    """URLs in which the name of the database stands everywhere."""
    alias: str | None = None
    """The URL under the name that SQLAlchemy does not know."""
    queries: tuple[str, ...] = ()
    """URLs with parameters; those of ``plain`` first."""


_AT = "://app:hidden@db.internal:5432/app"
TRIALS = (
    Trials(
        re.compile("postgres|asyncpg|psycopg"),
        f"postgresql{_AT}",
        tuple(f"postgresql+{driver}{_AT}" for driver in ("psycopg2", "asyncpg", "psycopg")),
        tuple(
            f"{scheme}://postgres:postgresql@postgres.postgresql.internal:5432/postgresql_postgres"
            for scheme in ("postgresql", "postgres")
        ),
        f"postgres{_AT}",
        (
            f"postgresql{_AT}?sslmode=require",
            f"postgresql{_AT}?sslmode=require&channel_binding=require",
            f"postgresql{_AT}?sslmode=require&application_name=api",
            f"postgresql+asyncpg{_AT}?ssl=require",
        ),
    ),
    Trials(
        re.compile("mysql|aiomysql|asyncmy|maria"),
        f"mysql{_AT}",
        tuple(f"mysql+{driver}{_AT}" for driver in ("pymysql", "aiomysql", "mysqldb")),
        ("mysql://mysql:mysql@mysql.mysql.internal:3306/mysql_mysql",),
    ),
    Trials(
        re.compile("sqlite"),
        "sqlite:///./app.db",
        ("sqlite+aiosqlite:///./app.db", "sqlite+pysqlite:///./app.db"),
        ("sqlite:///./sqlite/app.sqlite",),
    ),
)


@dataclass(frozen=True, slots=True)
class JudgedRewrite:
    """What is wrong with a rewrite, and the driver that it converts to, where it does that."""

    faults: tuple[str, ...]
    driver: str | None


def judge_rewrite(rewrite: UrlRewrite, context: Context) -> JudgedRewrite | None:
    """The faults that the trials prove; None where there are none."""
    for trials in TRIALS:
        if trials.speaks.search(rewrite.text):
            trial = _Trial(rewrite, trials, context)
            faults = tuple(dict.fromkeys(trial.faults()))
            if faults:
                return JudgedRewrite(faults, trial.driver)
    return None


class _Trial:
    """One rewrite and the outcomes of one set of URLs."""

    def __init__(self, rewrite: UrlRewrite, trials: Trials, context: Context) -> None:
        self.rewrite = rewrite
        self.trials = trials
        self.context = context
        self.plain = self.made(trials.plain)
        drivers = {url.drivername.value for url in self.plain} if self.plain else set()
        name = drivers.pop() if len(drivers) == 1 else ""
        known = driver_named(name)
        #: The driver that a URL without one is converted to.
        self.target = name if known is not None else None
        #: The driver that other URLs are converted to.
        self._back: str | None = None

    @property
    def driver(self) -> str | None:
        """The driver that the transform function is to be asked for."""
        known = driver_named(self.target or self._back or "")
        return known.name if known is not None else None

    def made(self, url: str) -> list[DatabaseUrl]:
        """What comes out for a URL; nothing where one possibility is not known, or is no database's URL."""
        found: list[DatabaseUrl] = []
        for text in self.rewrite.attempt(url).urls:
            try:
                found.append(parse_url(text))
            except UrlError:
                return []
            name = found[-1].drivername.value
            if found[-1].headless or not re.fullmatch(r"[\w+]+", name) or not (_is_ours(name) or is_broken(name)):
                return []
        return found

    def faults(self) -> Iterator[str]:
        """What is wrong, as a part of a message, the worst first."""
        if not self.plain:
            return
        yield from self._broken()
        yield from self._left_alone()
        yield from self._rewritten()
        yield from self._refused()

    def _broken(self) -> Iterator[str]:
        """Driver names that exist nowhere."""
        urls = (self.trials.plain, *([self.trials.alias] if self.trials.alias else ()), *self.trials.drivers)
        for url in urls:
            names = [made.drivername.value for made in self.made(url)]
            before = url.partition("://")[0]
            if names and all(is_broken(name) for name in names) and not (before == "postgres" == names[0]):
                yield f"`{before}://` becomes `{names[0]}://`, which no SQLAlchemy can load"
                return

    def _left_alone(self) -> Iterator[str]:
        """URLs that are not converted although others are."""
        if self.trials.alias is None:
            return
        alias = self.made(self.trials.alias)
        names = {made.drivername.value for made in alias}
        if self.target is not None and names == {"postgres"}:
            yield "`postgres://`, as some providers spell it, stays and raises `NoSuchModuleError`"
        is_left = all(made.text == self.trials.plain for made in self.plain)
        if is_left and len(names) == 1 and driver_named(next(iter(names))) is not None:
            self._back = next(iter(names))
            yield f"`postgresql://` is not converted to `{self._back}://` as `postgres://` is"

    def _rewritten(self) -> Iterator[str]:
        """Parts of the URL that have nothing to do with the driver."""
        kept = [
            name
            for name in _PARTS
            if all(_part(m, name) == _part(parse_url(self.trials.plain), name) for m in self.plain)
        ]
        for url in self.trials.words:
            before, after = parse_url(url), self.made(url)
            spoiled = [name for name in kept if after and all(_part(m, name) != _part(before, name) for m in after)]
            if spoiled:
                parts = listed(_PARTS[name] for name in spoiled)
                yield f"the name of the dialect is replaced in {parts} of the URL too"
                return

    def _refused(self) -> Iterator[str]:
        """Parameters that the driver does not take, and those that are torn apart."""
        versions = self.context.dependencies.sqlalchemy
        refused: dict[str, str] = {}
        for url in self.trials.queries:
            before = parse_url(url)
            if before.drivername.driver is not None and before.drivername.driver not in self.rewrite.text:
                continue  # a URL of a driver that nobody speaks of
            after = self.made(url)
            if not after:
                continue
            if all("&" in _part(made, "database") and not made.query for made in after):
                yield f"where `{before.text[before.query[0].start : before.query[0].end]}` goes, the next parameter joins the database's name"
            if any(made.drivername.value == before.drivername.value for made in after):
                continue
            for name in (name for name in before.query_dict() if name in _ABOUT_TLS):
                refusals = [_refusal(made, name, versions) for made in after]
                if all(refusals):
                    refused.setdefault(name, refusals[0] or "")
                    self._back = self._back or after[0].drivername.value
        if refused:
            names = listed_names(refused)
            taker, stays = self.driver, "stay" if len(refused) > 1 else "stays"
            yield f"{names} {stays} in the query, and {taker} raises {next(iter(refused.values()))}"


#: The parameters that providers put into their URLs.
_ABOUT_TLS = frozenset({"sslmode", "channel_binding", "ssl"})
_PARTS = {
    "username": "the user",
    "password": "the password",
    "host": "the host",
    "port": "the port",
    "database": "the database's name",
}


def _part(url: DatabaseUrl, name: str) -> str:
    part = getattr(url, name)
    return "" if part is None else part.value


def _is_ours(drivername: str) -> bool:
    """Whether it is a name for SQLAlchemy, known or misspelled, and not one of another program."""
    dialect, plus, _ = drivername.partition("+")
    return drivername == "postgres" or (dialect in DIALECTS and (not plus or driver_named(drivername) is not None))


def is_broken(drivername: str) -> bool:
    """Whether a name is one that only a faulty rewrite makes: ``postgresql+asyncpg+psycopg2``, ``postgresqlql``."""
    dialect, plus, driver = drivername.partition("+")
    if "+" in driver:
        return dialect in DIALECTS or dialect == "postgres"
    if dialect in DIALECTS:
        return bool(plus) and driver_named(drivername) is None
    return dialect == "postgresqlql"


def _refusal(url: DatabaseUrl, name: str, versions: VersionRange) -> str | None:
    """What a driver that is written out raises for a parameter; None where it takes it, or is not known."""
    driver = driver_named(url.drivername.value)
    values = url.query_dict()
    if driver is None or name not in values:
        return None
    verdict = judge(driver.name, Place.URL, name, values[name][0], siblings=dict(values), sqlalchemy=versions)
    return f"`{verdict.exception}`" if verdict.outcome is Outcome.UNSUPPORTED and verdict.exception else None
