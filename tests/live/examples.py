"""Put an example of a rule's page into real surroundings: files, accounts, databases, servers.

An example speaks of ``db.internal``; here it meets a live server. Only hosts, ports and files are
replaced in its text: accounts and databases are made on the servers as the example names them.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import isolated
from alembic_projects import REVISION, Project
from isolated import Outcome, Raised
from playing import Played, Surroundings, play
from servers import DATABASE, PASSWORD, SPECIAL_PASSWORD, SPECIAL_USER, USER, Farm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from servers import MariaDB, PostgreSQL

_NETLOC = re.compile(r"(?P<before>[^\s\"']*:[^\s\"']*)@(?P<host>[A-Za-z0-9_.-]+)(?P<port>:\d+)?(?=[/?\"'\s]|$)")
_PRIVATE_HOST = re.compile(r"[\"'](?:[\w-]+\.)*(?:internal|invalid|example(?:\.(?:com|org|net))?)[\"']")
_ACCOUNT = re.compile(r"(?:://|[\"'=])(?P<user>[A-Za-z_]\w*):(?P<password>[^@\s\"'/]+)@")
_KEYWORD_ACCOUNT = re.compile(r"user(?:name)?=[\"'](\w+)[\"'],\s*password=[\"']([^\"']*)[\"']")
_DATABASE = re.compile(r"@[^/\s\"'@]+/(\w+)|(?:database|dbname)=[\"'](\w+)[\"']")
_CA_FILE = re.compile(r"/[\w/.-]+\.(?:crt|pem)\b")
_ENVIRONMENT = re.compile(r"environ(?:\.get)?[\[(]\s*[\"'](\w+)[\"']\s*[\])]|getenv\(\s*[\"'](\w+)[\"']\s*\)")


@dataclass(frozen=True, slots=True)
class Ran:
    """What an example did."""

    raised: tuple[Raised, ...]
    """Exceptions, and warnings of coroutines that nobody awaited."""
    worked: bool
    """All that it made has connected; a migration is stamped, and its tables are there."""
    connected: int
    """How many engines, sessions and raw connections did."""

    @property
    def aloud(self) -> bool:
        """Whether it raised; a coroutine that nobody awaits is only warned of."""
        return any("builtins.Warning" not in raised.classes for raised in self.raised)


@dataclass(frozen=True, slots=True)
class Example:
    """A program of a rule's page: its text, its place in the project and the other files."""

    code: str
    path: str
    files: Mapping[str, str]

    @property
    def is_revision(self) -> bool:
        return bool(re.search(r"(?m)^revision\b.*=", self.code)) and "alembic" in self.code

    @property
    def is_env(self) -> bool:
        return PurePosixPath(self.path).name == "env.py"

    @property
    def migrates(self) -> bool:
        """Whether running it is to bring the database up to date."""
        return self.is_revision or (self.is_env and "run_migrations" in self.code)

    @property
    def meets_pooler(self) -> bool:
        return any("@pooler." in text or "@pgbouncer." in text for text in self.texts())

    @property
    def needs_alembic(self) -> bool:
        return self.is_revision or self.is_env or any("alembic" in text for text in self.texts())

    @property
    def reads_url(self) -> bool:
        """Whether what it does depends on the URL in its environment."""
        return any("URL" in name or "DSN" in name for name in self.variables())

    def variables(self) -> Iterator[str]:
        """The environment variables that it reads without a default."""
        for text in self.texts():
            for match in _ENVIRONMENT.finditer(text):
                yield match[1] or match[2]

    def texts(self) -> Iterator[str]:
        yield self.code
        yield from self.files.values()


PUBLISHED = ("postgresql+asyncpg", "postgresql+psycopg2", "postgres", "postgresql")
"""The forms of DATABASE_URL that an example's environment may have."""


IN_LOOP = """
import asyncio
from alembic import command
from alembic.config import Config

async def main():
    command.upgrade(Config("alembic.ini"), "head")

asyncio.run(main())
"""
"""How an application migrates when it starts."""


class Stage:
    """Where examples are run: the servers, and a directory for each run."""

    def __init__(self, farm: Farm, directory: Path) -> None:
        self.farm, self.directory = farm, directory

    def run(self, example: Example, scheme: str = "postgresql+psycopg2", *, in_loop: bool = False) -> Ran:
        """Run an example with ``scheme`` for the URLs that it reads from its environment.

        A migration is run by the ``alembic`` command, or by a coroutine if ``in_loop``.
        """
        self.directory.mkdir(parents=True)
        mysql = any("mysql" in text or "mariadb" in text for text in example.texts())
        servers: list[PostgreSQL | MariaDB] = [self.farm.postgresql, *([self.farm.mariadb] if mysql else [])]
        for server in servers:
            self._prepare(server, example)
        try:
            return self._play(example, self._surroundings(example, scheme, mysql), in_loop=in_loop)
        finally:
            for server in servers:
                server.account(USER, PASSWORD)  # the example may have wanted another one

    def _play(self, example: Example, surroundings: Surroundings, *, in_loop: bool) -> Ran:
        environment = {
            name: str(surroundings.value(name))
            for name in example.variables()
            if isinstance(surroundings.value(name), str)
        }
        environment |= self._dotenv(example) | {"PGPORT": str(self.farm.postgresql.port), "PGPASSWORD": PASSWORD}
        if example.needs_alembic:
            self._initialise(example)
        path = self._write(example)
        if example.is_revision or example.is_env:
            return self._migrate(example, environment, in_loop=in_loop)
        module = ".".join(PurePosixPath(path).with_suffix("").parts)
        outcome = isolated.run(play, module, surroundings, directory=self.directory, environment=environment)
        return self._ran(outcome)

    def _prepare(self, server: PostgreSQL | MariaDB, example: Example) -> None:
        if example.needs_alembic and server is self.farm.postgresql:
            server.drop_database(DATABASE)
        server.database(DATABASE)
        server.account(USER, PASSWORD)
        for text in example.texts():
            for match in _ACCOUNT.finditer(text):
                password = unquote(match["password"])
                server.account(match["user"], SPECIAL_PASSWORD if "{" in password else password)
            for user, password in _KEYWORD_ACCOUNT.findall(text):
                server.account(user, password)
            for match in _DATABASE.finditer(text):
                server.database(match[1] or match[2])

    def _surroundings(self, example: Example, scheme: str, mysql: bool) -> Surroundings:
        ports = {"postgresql": self.farm.postgresql.port}
        if any("pool" in text or "bouncer" in text for text in example.texts()):
            ports["pooler"] = self.farm.pgbouncer.port
        if mysql:
            ports |= {"mysql": self.farm.mariadb.port, "mariadb": self.farm.mariadb.port}
        place = f"{SPECIAL_USER}:{quote(SPECIAL_PASSWORD, safe='')}@localhost:{ports['postgresql']}/{DATABASE}"
        values = {
            "url": f"{scheme}://{place}",
            "sync_url": f"postgresql+psycopg2://{place}",
            "async_url": f"postgresql+asyncpg://{place}",
            "host": "localhost",
            "port": str(ports["postgresql"]),
            "user": SPECIAL_USER,
            "password": SPECIAL_PASSWORD,
            "database": DATABASE,
        }
        return Surroundings(ports, values)

    def _dotenv(self, example: Example) -> dict[str, str]:
        lines = [line.partition("=") for line in self._lead(example.files.get(".env", "")).splitlines()]
        return {name.strip().removeprefix("export "): value.strip().strip("\"'") for name, _, value in lines if value}

    def _lead(self, text: str) -> str:
        """The text with its hosts, ports and certificate files replaced by live ones."""

        def netloc(match: re.Match[str]) -> str:
            before, host, port = match["before"], match["host"], match["port"]
            if "mysql" in before or "mariadb" in before:
                live = self.farm.mariadb.port
            elif "pool" in host or "bouncer" in host or port in (":6432", ":6543"):
                live = self.farm.pgbouncer.port
            else:
                live = self.farm.postgresql.port
            return f"{before}@localhost:{live}"

        text = _PRIVATE_HOST.sub('"localhost"', _NETLOC.sub(netloc, text))
        return _CA_FILE.sub(lambda match: str(self._certificate(match[0])), text)

    def _certificate(self, name: str) -> Path:
        client = "client" in name
        return self.farm.authority.client_certificate if client else self.farm.authority.ca

    def _write(self, example: Example) -> str:
        """Write the files; the path of the program, moved aside where it imports a module of its own name."""
        path = PurePosixPath(example.path)
        module = ".".join(path.with_suffix("").parts)
        if re.search(rf"(?m)^\s*(?:from|import) {re.escape(module)}\b", example.code):
            path = path.with_name("program.py")
        for name, text in {**example.files, str(path): example.code}.items():
            if name == "alembic.ini":
                continue
            target = self.directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._lead(text))
        return str(path)

    def _initialise(self, example: Example) -> None:
        """An Alembic environment around the example, as ``alembic init`` makes it."""
        envs = [name for name in (example.path, *example.files) if PurePosixPath(name).name == "env.py"]
        folder = PurePosixPath(envs[0]).parent if envs else PurePosixPath("migrations")
        if example.is_revision:
            folder = PurePosixPath(example.path).parent.parent
        project = Project(self.directory, self.farm.postgresql, DATABASE)
        env = example.code if example.is_env else example.files.get(envs[0], "") if envs else ""
        asyncly = re.search("async_engine|AsyncEngine", env)
        url = project.url("postgresql+asyncpg" if asyncly else "postgresql+psycopg2")
        project.initialise("generic", url, revision=REVISION, folder=str(folder))
        if example.is_revision:
            (self.directory / folder / "versions" / "r1_things.py").unlink()
        given = configparser.RawConfigParser()
        given.read_string(self._lead(example.files.get("alembic.ini", "[alembic]\n")))
        ini = self.directory / "alembic.ini"
        text = ini.read_text()
        for key, value in given.items("alembic"):
            line = f"{key} = {value}"
            text, count = re.subn(rf"(?m)^{re.escape(key)} *=.*$", lambda _, line=line: line, text)
            text = text if count else text.replace("[alembic]\n", f"[alembic]\n{line}\n", 1)
        ini.write_text(text)

    def _migrate(self, example: Example, environment: Mapping[str, str], *, in_loop: bool) -> Ran:
        project = Project(self.directory, self.farm.postgresql, DATABASE)
        project.environment = dict(environment)
        try:
            report = project.python(IN_LOOP, seconds=10) if in_loop else project.alembic("upgrade", "head")
        except TimeoutError:  # it waits for itself
            return Ran((), worked=False, connected=0)
        tables = self.farm.postgresql.execute(
            "select 1 from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'", database=DATABASE
        )
        ran = self._ran(report.outcome)
        done = bool(report.stamped and tables) or not example.migrates
        return Ran(ran.raised, ran.worked and done, len(tables))

    @staticmethod
    def _ran(outcome: Outcome) -> Ran:
        played = outcome.value if isinstance(outcome.value, Played) else Played()
        raised = [*([outcome.raised] if outcome.raised else []), *played.raised]
        raised += [warning for warning in outcome.warnings if "never awaited" in warning.text]
        return Ran(tuple(raised), not raised, played.connected)
