"""The servers of the live tests: started when first asked for, on free loopback ports, gone at exit.

They run as an unprivileged user (the servers refuse to run as root) in a directory of their own, and
nothing outside of it is read or written.
"""

from __future__ import annotations

import atexit
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from authority import Authority, make_authority

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

USER, PASSWORD, DATABASE = "app", "secret", "app"
"""The ordinary account and its database."""
SPECIAL_USER, SPECIAL_PASSWORD = "special", "p@ss%w/rd x"
"""An account whose password has what URLs have to escape."""
SECURE_DATABASE = "secure"
"""Takes no connection without TLS (PostgreSQL)."""
CERTIFIED_USER, CERTIFIED_DATABASE = "certified", "certified"
"""Logs in with the client certificate and nothing else (PostgreSQL)."""

PROGRAMS = {
    "initdb": "postgresql",
    "postgres": "postgresql",
    "pgbouncer": "pgbouncer",
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "openssl": "openssl",
}
"""What has to be installed: the program, and the Debian package that brings it."""


class UnavailableError(Exception):
    """The programs of a server are not installed here."""


def find(program: str) -> str | None:
    """The path of a server program; Debian keeps PostgreSQL's outside of PATH."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: int(re.sub(r"\D", "", bin_.parent.name))
    )
    extra = [*map(str, reversed(versions)), "/usr/sbin", "/usr/local/sbin"]
    return shutil.which(program, path=os.pathsep.join([*extra, os.environ.get("PATH", "")]))


def missing() -> list[str]:
    """The programs that are not installed here."""
    return [program for program in PROGRAMS if find(program) is None]


def require(*programs: str) -> None:
    """Raise :class:`UnavailableError` unless all of them are installed."""
    absent = [program for program in programs if find(program) is None]
    if absent:
        packages = sorted({PROGRAMS[program] for program in absent})
        raise UnavailableError(
            f"no {', '.join(absent)} here (Debian: {' '.join(packages)}; tests/live/install-servers.sh)"
        )


def _account() -> pwd.struct_passwd:
    """Who runs the servers: the caller, or a system account where the caller is root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in ("postgres", "mysql", "nobody") if name in known)


def _as_account(command: Sequence[str | Path], account: pwd.struct_passwd, *, dies_by: str) -> list[str]:
    """The command as that account; the kernel stops it when the tests die without tidying up."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise UnavailableError("no setpriv here (Debian: util-linux)")
    prefix = [setpriv, "--pdeathsig", dies_by]
    if os.geteuid() == 0:
        prefix += ["--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups"]
    return [*prefix, *map(str, command)]


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


S = TypeVar("S", bound="Server")


class Server:
    """One running server. ``host`` is the name that its certificate is for."""

    host = "localhost"
    stop_signal = signal.SIGKILL  # nothing here is worth a tidy end

    def __init__(self, farm: Farm, name: str) -> None:
        """Start it and wait until it answers; a port that was taken meanwhile is tried again."""
        self.farm = farm
        self.directory = farm.directory / name
        farm.own(self.directory)
        self.log = self.directory / "log"
        self.prepare()
        for _ in range(3):
            self.port = free_port()
            with self.log.open("ab") as log:
                command = _as_account(self.command(), farm.account, dies_by=self.stop_signal.name.removeprefix("SIG"))
                self.process = subprocess.Popen(
                    command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=farm.environment
                )
            if self._answers():
                return
            self.stop()
        raise RuntimeError(f"{name} did not start:\n{self.log.read_text(errors='replace')[-3000:]}")

    def _answers(self, seconds: float = 60) -> bool:
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            try:
                self.ping()
            except Exception:  # whatever a driver raises for a server that is not up yet
                time.sleep(0.05)
            else:
                return True
        return False

    def stop(self) -> None:
        """Stop it."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def prepare(self) -> None:
        """Write what the server reads when it starts."""
        raise NotImplementedError

    def command(self) -> list[str | Path]:
        """The command line for ``self.port``."""
        raise NotImplementedError

    def ping(self) -> None:
        """Connect; raises while the server is not ready."""
        raise NotImplementedError


class PostgreSQL(Server):
    """PostgreSQL, with TLS offered or with ``ssl=off``."""

    stop_signal = signal.SIGQUIT  # at once, and its children with it
    tls = True

    HBA = """
local   all        all        trust
hostssl secure     all  all   scram-sha-256
host    secure     all  all   reject
hostssl certified  all  all   cert
host    all        all  all   scram-sha-256
"""
    SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = '16MB'
max_connections = 80
"""

    def prepare(self) -> None:
        self.data = self.farm.copy_of("postgresql", self.directory / "data")
        (self.data / "pg_hba.conf").write_text(self.HBA)
        settings = f"{self.SETTINGS}unix_socket_directories = '{self.directory}'\n"
        if self.tls:
            certificate, key = self.farm.server_certificate(self.directory)
            settings += f"ssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\n"
            settings += f"ssl_ca_file = '{self.farm.authority.ca}'\n"
        (self.data / "postgresql.auto.conf").write_text(settings)

    def command(self) -> list[str | Path]:
        return [find("postgres") or "", "-D", self.data, "-p", str(self.port)]

    def ping(self) -> None:
        self.execute("select 1")
        if not self.execute("select 1 from pg_roles where rolname = %s", USER):
            self.account(USER, PASSWORD)
            self.account(SPECIAL_USER, SPECIAL_PASSWORD)
            self.account(CERTIFIED_USER, None)
            for database in (DATABASE, SECURE_DATABASE, CERTIFIED_DATABASE):
                self.database(database)

    def execute(self, statement: str, *parameters: object, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as the superuser; the rows, if it has any."""
        import psycopg

        where = {"host": str(self.directory), "port": self.port, "dbname": database, "user": "postgres"}
        with psycopg.connect(**where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def account(self, name: str, password: str | None) -> None:
        """Make a role, or give it another password. Every role may do all that ``app`` may."""
        role, secret = f'"{name}"', "null" if password is None else "'{}'".format(password.replace("'", "''"))
        if not self.execute("select 1 from pg_roles where rolname = %s", name):
            self.execute(f"create role {role} login" + ("" if name == USER else f' in role "{USER}"'))
        self.execute(f"alter role {role} password {secret}")

    def database(self, name: str) -> None:
        """Make a database of ``app`` unless it is there."""
        if not self.execute("select 1 from pg_database where datname = %s", name):
            self.execute(f'create database "{name}" owner "{USER}"')

    def drop_database(self, name: str) -> None:
        """Drop a database with whoever is still connected to it."""
        self.execute(f'drop database if exists "{name}" with (force)')


class PlainPostgreSQL(PostgreSQL):
    """PostgreSQL that cannot do TLS: who connects to it does not insist on TLS."""

    tls = False


class PgBouncer(Server):
    """PgBouncer in transaction mode, before the PostgreSQL with TLS. It lets everybody in, as ``app``."""

    def prepare(self) -> None:
        self.backend = self.farm.postgresql
        self.settings = self.directory / "pgbouncer.ini"

    def command(self) -> list[str | Path]:
        certificate, key = self.farm.server_certificate(self.directory)
        login = f"user={USER} password={PASSWORD}"
        self.settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={self.backend.port} {login}\n"
            f"{DATABASE} = host=127.0.0.1 port={self.backend.port} dbname={DATABASE} {login}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 200\n"
            f"client_tls_sslmode = allow\nclient_tls_cert_file = {certificate}\nclient_tls_key_file = {key}\n"
            f"{self._untracked()}"
        )
        return [find("pgbouncer") or "", self.settings]

    @staticmethod
    def _untracked() -> str:
        """From 1.21 on it can follow prepared statements; the facts are about the poolers that do not."""
        version = subprocess.run([find("pgbouncer") or "", "--version"], capture_output=True, text=True).stdout
        number = re.search(r"(\d+)\.(\d+)", version)
        return "max_prepared_statements = 0\n" if number and tuple(map(int, number.groups())) >= (1, 21) else ""

    def ping(self) -> None:
        import psycopg

        # The name makes the pooler open a server connection, so both ends are known to work.
        psycopg.connect(host="127.0.0.1", port=self.port, user=USER, dbname=DATABASE, prepare_threshold=None).close()


class MariaDB(Server):
    """MariaDB, with TLS offered or without."""

    tls = True

    def prepare(self) -> None:
        self.data = self.farm.copy_of("mariadb", self.directory / "data")
        self.socket = self.directory / "socket"

    def command(self) -> list[str | Path]:
        command: list[str | Path] = [find("mariadbd") or "", "--no-defaults", f"--datadir={self.data}"]
        command += [f"--socket={self.socket}", f"--pid-file={self.directory / 'pid'}", f"--port={self.port}"]
        command += [
            "--bind-address=127.0.0.1",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
        ]
        command += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--local-infile=1"]
        if not self.tls:
            return [*command, "--skip-ssl"]
        certificate, key = self.farm.server_certificate(self.directory)
        return [*command, f"--ssl-ca={self.farm.authority.ca}", f"--ssl-cert={certificate}", f"--ssl-key={key}"]

    def ping(self) -> None:
        if not self.socket.exists():  # PyMySQL leaks a socket for every connection that fails
            raise ConnectionError
        self.account(USER, PASSWORD)
        self.account(SPECIAL_USER, SPECIAL_PASSWORD)
        self.database(DATABASE)

    def execute(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser; the rows, if it has any."""
        import pymysql

        connection = pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall())

    def account(self, name: str, password: str | None) -> None:
        """Make an account, or give it another password. Every account may do everything."""
        self.execute("create or replace user %s@'%%' identified by %s", name, password or "")
        self.execute("grant all on *.* to %s@'%%'", name)

    def database(self, name: str) -> None:
        """Make a database unless it is there."""
        self.execute(f"create database if not exists `{name}`")

    def drop_database(self, name: str) -> None:
        """Drop a database."""
        self.execute(f"drop database if exists `{name}`")


class PlainMariaDB(MariaDB):
    """MariaDB that cannot do TLS."""

    tls = False


class Farm:
    """All servers of one test process. Each starts when it is first asked for and stops with :meth:`close`."""

    def __init__(self) -> None:
        self.account = _account()
        self.directory = Path(tempfile.mkdtemp(prefix="dbdriver-live-"))
        self.directory.chmod(0o755)  # the servers' account passes through; what is secret has its own mode
        self.environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(self.directory)}
        self._running: list[Server] = []
        atexit.register(self.close)

    def close(self) -> None:
        """Stop everything and remove what they wrote."""
        for server in reversed(self._running):
            server.stop()
        self._running.clear()
        shutil.rmtree(self.directory, ignore_errors=True)
        atexit.unregister(self.close)

    @cached_property
    def authority(self) -> Authority:
        """The certificates; the client's key stays with the tests' own account."""
        require("openssl")
        return make_authority(self._make("certificates", 0o755))

    @cached_property
    def postgresql(self) -> PostgreSQL:
        """PostgreSQL with TLS."""
        return self._start(PostgreSQL, "pg", "initdb", "postgres", "openssl")

    @cached_property
    def plain_postgresql(self) -> PlainPostgreSQL:
        """PostgreSQL with ``ssl=off``."""
        return self._start(PlainPostgreSQL, "pg-plain", "initdb", "postgres")

    @cached_property
    def pgbouncer(self) -> PgBouncer:
        """PgBouncer before :attr:`postgresql`."""
        return self._start(PgBouncer, "pgbouncer", "initdb", "postgres", "openssl", "pgbouncer")

    @cached_property
    def mariadb(self) -> MariaDB:
        """MariaDB with TLS."""
        return self._start(MariaDB, "mariadb", "mariadbd", "mariadb-install-db", "openssl")

    @cached_property
    def plain_mariadb(self) -> PlainMariaDB:
        """MariaDB without TLS."""
        return self._start(PlainMariaDB, "mariadb-plain", "mariadbd", "mariadb-install-db")

    def _start(self, kind: Callable[[Farm, str], S], name: str, *programs: str) -> S:
        require(*programs)
        server = kind(self, name)
        self._running.append(server)
        return server

    def own(self, directory: Path) -> None:
        """Make a directory that belongs to the servers' account."""
        directory.mkdir(mode=0o755)
        shutil.chown(directory, self.account.pw_uid, self.account.pw_gid)

    def _make(self, name: str, mode: int) -> Path:
        directory = self.directory / name
        directory.mkdir(mode=mode)
        return directory

    def server_certificate(self, directory: Path) -> tuple[Path, Path]:
        """Copies of the server's certificate and key that the servers' account may read."""
        copies = []
        for source in (self.authority.server_certificate, self.authority.server_key):
            copy = directory / source.name
            shutil.copyfile(source, copy)
            copy.chmod(0o600)
            shutil.chown(copy, self.account.pw_uid, self.account.pw_gid)
            copies.append(copy)
        return copies[0], copies[1]

    def copy_of(self, kind: str, target: Path) -> Path:
        """A fresh data directory: made once by the server's own program, then copied."""
        template = self.directory / f"{kind}-template"
        if not template.exists():
            if kind == "postgresql":
                command = [
                    find("initdb"),
                    "--no-sync",
                    "-A",
                    "trust",
                    "-U",
                    "postgres",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                ]
                command += ["-D", str(template)]
            else:
                command = [find("mariadb-install-db"), "--no-defaults", "--auth-root-authentication-method=normal"]
                command += ["--skip-test-db", "--skip-name-resolve", f"--datadir={template}"]
            try:
                self._make_template(template, command)
            except RuntimeError:  # mariadb-install-db, seen once where two test processes ran it at the same time
                shutil.rmtree(template)
                self._make_template(template, command)
        self._run(["cp", "-a", template, target])
        return target

    def _make_template(self, template: Path, command: Sequence[Any]) -> None:
        self.own(template)
        template.chmod(0o700)
        self._run(command)

    def _run(self, command: Sequence[Any]) -> None:
        done = subprocess.run(
            _as_account(command, self.account, dies_by="KILL"),
            cwd=self.directory, capture_output=True, text=True, errors="replace", env=self.environment,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout[-1500:]}{done.stderr[-1500:]}")
