"""From one driver's URL to another's, intention by intention.

TLS never gets weaker: a mode that the other driver cannot say in a URL goes to ``connect_args``, and
one that it cannot say at all is an error. What is left out is listed with the reason.
"""

from __future__ import annotations

import difflib
import math
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.address import Address, DatabaseUrlError, Host, Query, read_address
from dbdriver_lint.knowledge.intentions import TRUE_WORDS, Intention, Loss, Tls
from dbdriver_lint.knowledge.spellings import (
    ASYNC_VARIANTS,
    CONTEXT,
    DIALECT_ALIASES,
    DIALECT_OF,
    FOREIGN_HINTS,
    LIBPQ,
    MYSQL,
    ODBC,
    OWN_TLS_KEYS,
    POOLER_ARGS,
    POOLER_KEY,
    SEARCH_PATH_KEYS,
    SPELLINGS,
    WITHOUT_TLS,
    Form,
    Spelling,
    spelling,
    spellings_of,
    tls_forms,
)
from dbdriver_lint.knowledge.tls import TlsWish, context_for, form_for, has_files, read_tls, strengthened, url_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

_POSTGRESQL_PORT = 5432


@dataclass(frozen=True, slots=True)
class Lost:
    """A parameter that the other driver cannot express, and what that means."""

    parameter: str
    intention: Intention
    reason: str
    loss: Loss


@dataclass(frozen=True, slots=True)
class Moved:
    """A parameter and how the other driver spells it; ``in_url`` is False where only Python can."""

    source: str
    target: str
    intention: Intention
    in_url: bool


@dataclass(slots=True)
class Translation:
    """A URL for one driver, with the ``connect_args`` that it needs and what could not be said.

    ``connect_args`` hold Python values; TLS contexts are described by
    :class:`~dbdriver_lint.knowledge.spellings.Context`. ``url`` and ``masked`` are the same, with and without
    the password.
    """

    driver: str
    drivername: str
    url: str = ""
    query: Query = ()
    masked: str = ""
    tls: Tls | None = None
    connect_args: dict[str, object] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)

    @property
    def refused(self) -> list[Lost]:
        """The losses that nobody may accept silently."""
        return [lost for lost in self.lost if lost.loss is Loss.REFUSE]


def resolve_driver(driver: str) -> tuple[str, str, str]:
    """Dialect, driver and URL driver name of ``asyncpg``, ``psycopg_async`` or ``postgresql+asyncpg``.

    Raises:
        DatabaseUrlError: nobody knows this driver; the message lists the known ones.
    """
    dialect, _, name = driver.rpartition("+")
    known = DIALECT_OF.get(name)
    if known is None or (dialect and dialect not in DIALECT_ALIASES[known]):
        close = difflib.get_close_matches(name, DIALECT_OF, 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise DatabaseUrlError(f"unknown driver {driver!r}.{hint} Known drivers: {', '.join(sorted(DIALECT_OF))}.")
    written = dialect if dialect == "mariadb" else known
    return known, ASYNC_VARIANTS.get(name, name), f"{written}+{name}"


def translate(
    url: object, driver: str, *, default: Tls | None = None, is_sqlalchemy_1: Callable[[], bool] = lambda: False
) -> Translation:
    """The URL of ``url`` (text or ``sqlalchemy.engine.URL``) for ``driver``.

    ``default`` is the TLS mode for a URL that says nothing about TLS, None to leave it so. ``is_sqlalchemy_1``
    is asked for several hosts for asyncpg: 1.4 does not take them from a URL, it hands them on as they are spelled.

    Raises:
        DatabaseUrlError: the URL is not readable, belongs to another database, or holds an invalid TLS
            mode; or the driver is unknown.
    """
    dialect, name, drivername = resolve_driver(driver)
    address = read_address(url)
    source, source_driver = _source(address, dialect, name)
    if source == "mariadb" and dialect == "mysql":
        drivername = drivername.replace("mysql+", "mariadb+")
    writer = _Writer(Translation(name, drivername), address, dialect, name, source_driver, is_sqlalchemy_1)
    return writer.write(default)


def _source(address: Address, dialect: str, driver: str) -> tuple[str, str]:
    """Dialect and driver that the URL itself names, "" where it names none."""
    source, _, source_driver = address.scheme.partition("+")
    if source and source not in DIALECT_ALIASES[dialect]:
        raise DatabaseUrlError(f"a {source!r} URL cannot be used with {driver!r}, which speaks {dialect!r}")
    return source, ASYNC_VARIANTS.get(source_driver, source_driver)


@dataclass(slots=True)
class _Writer:
    """Writes one URL for one driver, parameter by parameter, in the order in which they were read."""

    result: Translation
    address: Address
    dialect: str
    driver: str
    source_driver: str
    is_sqlalchemy_1: Callable[[], bool]
    pairs: list[tuple[str, str]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    hosts: tuple[Host, ...] = ()

    def write(self, default: Tls | None) -> Translation:
        rest = self._write_hosts(self.address.query)
        keys, wish = read_tls(self.dialect, self.source_driver, rest)
        asked = [name for name, _ in rest if name in keys]
        silent = wish.mode is None and default is not None and self._speaks_tls()
        if silent:
            wish = strengthened(replace(wish, said=default))
        self.result.tls = wish.mode
        written = False
        for key, value in rest:
            if key not in keys:
                self._write_parameter(key, value)
            elif not written:
                written = True
                if self._keeps_tls_as_it_is() and not silent:
                    self.pairs += [(name, text) for name, text in rest if name in keys]
                else:
                    self._write_tls(wish, [name for name in asked if name not in OWN_TLS_KEYS])
                    self._write_own_tls([(name, text) for name, text in rest if name in OWN_TLS_KEYS & keys])
        if not asked:
            self._write_tls(wish, asked)
        self._write_settings()
        return self._finish()

    # --- hosts -------------------------------------------------------------------------------------

    def _write_hosts(self, query: Query) -> Query:
        """Take the hosts out of URL and query, write them in the driver's way, give the rest."""
        self.hosts = self.address.hosts
        if self.dialect not in ("postgresql", "mysql"):
            return query
        named = [value for key, value in query if key == "host"]
        ports = [value for key, value in query if key == "port"]
        if self.dialect == "mysql":
            if named or ports:
                host, number = next(iter(self.hosts), ("", None))
                self.hosts = (((named or [host])[-1], _port(ports[-1]) if ports else number),)
            return tuple((key, value) for key, value in query if key not in ("host", "port"))
        socket = next((value for key, value in query if key == "unix_sock"), None)
        rest = tuple((key, value) for key, value in query if key not in ("host", "port", "unix_sock"))
        hosts: tuple[Host, ...] = self.address.hosts
        if socket is not None:
            folder, _, port = socket.rpartition("/.s.PGSQL.")
            hosts = ((folder or socket, int(port) if port.isdecimal() else None),)
        elif named:
            hosts = _paired(named, ports)
        elif ports and hosts:
            hosts = tuple((host, _port(ports[-1])) for host, _ in hosts)
        if len(hosts) == 1 and not hosts[0][0].startswith("/"):
            self.hosts = hosts
            return rest
        if not hosts:
            return rest
        self.hosts = ()
        if self.driver != "pg8000":
            if len(hosts) == 1:
                self.pairs.append(("host", hosts[0][0]))
                if hosts[0][1] is not None:
                    self.pairs.append(("port", str(hosts[0][1])))
            elif self.driver == "asyncpg" and self.is_sqlalchemy_1():
                self.result.connect_args["host"] = [host for host, _ in hosts]
                self.result.connect_args["port"] = [port or _POSTGRESQL_PORT for _, port in hosts]
                self._move("several hosts", "host and port", Intention.HOST, in_url=False)
            else:
                self.pairs += [("host", f"{host}:{port or _POSTGRESQL_PORT}") for host, port in hosts]
        elif len(hosts) == 1:
            self.pairs.append(("unix_sock", f"{hosts[0][0]}/.s.PGSQL.{hosts[0][1] or _POSTGRESQL_PORT}"))
        else:
            self._lose("host", Intention.HOST, f"{self.driver} connects to a single host")
        return rest

    def _on_socket(self) -> bool:
        """Whether every host is a Unix socket, which has no TLS."""
        pairs = self.pairs if self.dialect == "postgresql" else self.address.query
        named = [value for key, value in pairs if key in ("host", "unix_sock", "unix_socket")]
        several = self.result.connect_args.get("host")
        named += several if isinstance(several, list) else []
        return bool(named) and all(value.startswith("/") for value in named)

    # --- TLS ---------------------------------------------------------------------------------------

    def _speaks_tls(self) -> bool:
        return self.dialect not in WITHOUT_TLS and not self._on_socket()

    def _keeps_tls_as_it_is(self) -> bool:
        """Whether the TLS parameters are this driver's own, to be left alone."""
        family = next((drivers for drivers in (MYSQL, ODBC) if self.driver in drivers), ())
        same = self.driver == self.source_driver or (self.driver in ODBC and self.source_driver in ("", *ODBC))
        return bool(family) and same

    def _write_tls(self, wish: TlsWish, sources: list[str]) -> None:
        mode = wish.said if self.driver in LIBPQ else wish.mode
        shown = "+".join(sources) or f"the default TLS mode {mode.word if mode is not None else ''}"
        if mode is None:
            for value, intention in (
                (wish.ca, Intention.CA_FILE),
                (wish.certificate, Intention.CLIENT_CERTIFICATE),
                (wish.key, Intention.CLIENT_KEY),
            ):
                if value is not None:
                    self._write_lone_file(intention, value, shown)
            return
        form = form_for(self.driver, mode, wish.ca)
        if form is None:
            self._lose(shown, Intention.TLS, f"{self.driver} has no setting that enforces {mode.word}")
            return
        pairs = url_pairs(form, wish)
        if pairs is not None:
            self.pairs += pairs
            self._move(shown, "&".join(f"{key}={value}" for key, value in pairs) or "(its default)", Intention.TLS)
            return
        args = form.args
        if args is None:
            self._lose(shown, Intention.TLS, f"{self.driver} needs a CA file for {mode.word}, and the URL names none")
            return
        for key, argument in args:
            self.result.connect_args[key] = (
                context_for(wish, mode) if argument is CONTEXT or has_files(wish) else argument
            )
        self._move(shown, ", ".join(key for key, _ in args), Intention.TLS, in_url=False)

    def _write_own_tls(self, pairs: list[tuple[str, str]]) -> None:
        if self._keeps_tls_as_it_is():
            self.pairs += pairs
            return
        for name, _ in pairs:
            reason = f"{self.driver} does not understand it as {self.source_driver} does"
            self._lose(name, Intention.TLS_LIMIT, reason)

    def _write_lone_file(self, intention: Intention, value: str, shown: str) -> None:
        """A file beside no mode: libpq's own default mode, prefer, goes with it."""
        form = next((form for form in tls_forms(self.driver) if form.ca and form.files[0]), None)
        keys = (
            {}
            if form is None
            else {
                Intention.CA_FILE: form.ca,
                Intention.CLIENT_CERTIFICATE: form.files[0],
                Intention.CLIENT_KEY: form.files[1],
            }
        )
        if keys.get(intention):
            self.pairs.append((keys[intention], value))
        else:
            self._lose(shown, intention, f"{self.driver} takes no {intention.value} without a TLS mode")

    # --- other parameters --------------------------------------------------------------------------

    def _write_parameter(self, key: str, value: str) -> None:
        if self.dialect == "postgresql":
            if key == POOLER_KEY:
                self._write_pooler(key, value)
                return
            if key in SEARCH_PATH_KEYS:
                self.settings["search_path"] = value
                return
            if key == "options":
                self._read_options(value)
                return
        row = self._row(key)
        if row is None:
            hint = FOREIGN_HINTS.get(key)
            if hint is not None:
                self._lose(key, hint[0], f"no Python driver takes it: it is {hint[1]}")
            else:
                self.pairs.append((key, value))
            return
        target = self._target(row)
        if target is None:
            kind = "such parameter" if row.intention is Intention.OTHER else f"{row.intention.value} of this kind"
            self._lose(key, row.intention, f"{self.driver} has no {kind}")
        elif target.key == "server_settings.application_name":
            self.settings["application_name"] = value
        elif target.url and not (target.only_true and value.lower() not in TRUE_WORDS):
            self.pairs.append((target.key, _as_text(value, target)))
            self._move(key, target.key, row.intention)
        else:
            self.result.connect_args[target.key] = python_value(key, value, target)
            self._move(key, target.key, row.intention, in_url=False)

    def _row(self, key: str) -> Spelling | None:
        """What ``key`` means: in the URL's own driver, in the wanted one, in any driver of the dialect."""
        for driver in (self.source_driver, self.driver):
            row = spelling(driver, key)
            if row is not None:
                return row
        family = [name for name, dialect in DIALECT_OF.items() if dialect == self.dialect]
        return next((row for row in SPELLINGS if row.key == key and set(row.drivers) & set(family)), None)

    def _target(self, row: Spelling) -> Spelling | None:
        same = spelling(self.driver, row.key)
        if same is not None:
            return same
        if row.intention not in _TRANSFERABLE:
            return None
        candidates = spellings_of(self.driver, row.intention)
        return min(candidates, key=lambda candidate: not candidate.url, default=None)

    def _write_pooler(self, key: str, value: str) -> None:
        if value.lower() not in TRUE_WORDS:
            return
        args = POOLER_ARGS.get(self.driver)
        if args is None:
            self._move(key, "(nothing needed)", Intention.POOLER)
            return
        self.result.connect_args.update(args)
        self._move(key, ", ".join(args), Intention.POOLER, in_url=False)

    def _read_options(self, text: str) -> None:
        """The ``options`` of libpq: server settings where they are ``-c name=value``, else kept whole."""
        settings = _server_settings(text)
        if settings is None:
            self.settings["options"] = text
        else:
            self.settings.update(settings)

    def _write_settings(self) -> None:
        if not self.settings:
            return
        target = spellings_of(self.driver, Intention.SERVER_SETTINGS)
        if not target:
            for name in self.settings:
                self._lose(name, Intention.SERVER_SETTINGS, f"{self.driver} takes no server settings")
            return
        row = target[0]
        if row.url:
            whole = self.settings.pop("options", "")
            words = [f"-c {name}={_escaped(value)}" for name, value in self.settings.items()]
            self.pairs.append((row.key, " ".join([whole, *words]).strip()))
            self._move("server settings", row.key, Intention.SERVER_SETTINGS)
            return
        self.result.connect_args[row.key] = dict(self.settings)
        for name in self.settings:
            self._move(name, f"{row.key}[{name!r}]", Intention.SERVER_SETTINGS, in_url=False)

    # --- the result --------------------------------------------------------------------------------

    def _finish(self) -> Translation:
        address, result = self.address, self.result

        def text(password: str | None, pairs: list[tuple[str, str]]) -> str:
            return address.render(result.drivername, hosts=self.hosts, query=tuple(pairs), password=password)

        result.query = tuple(self.pairs)
        result.url = text(address.escaped_password, self.pairs)
        secret = [(key, "***" if any(word in key for word in _SECRET) else value) for key, value in self.pairs]
        result.masked = text(None if address.password is None else "***", secret)
        return result

    def _lose(self, parameter: str, intention: Intention, reason: str) -> None:
        self.result.lost.append(Lost(parameter, intention, reason, intention.loss))

    def _move(self, source: str, target: str, intention: Intention, *, in_url: bool = True) -> None:
        self.result.moved.append(Moved(source, target, intention, in_url))


_TRANSFERABLE = frozenset(
    {
        Intention.CONNECT_TIMEOUT,
        Intention.READ_TIMEOUT,
        Intention.COMMAND_TIMEOUT,
        Intention.PASSWORD,
        Intention.APPLICATION_NAME,
        Intention.UNIX_SOCKET,
        Intention.ENCODING,
        Intention.LOCAL_INFILE,
        Intention.DATABASE,
    }
)
"""Intentions whose value means the same under another key; the others only survive under their own."""

_SECRET = ("password", "passwd", "secret", "scram_")
"""In the names of the parameters whose values are never shown."""

# --- values ----------------------------------------------------------------------------------------


def _paired(named: list[str], ports: list[str]) -> tuple[Host, ...]:
    """SQLAlchemy's two forms for several hosts: ``host=a:1&host=b:2`` and ``host=a,b&port=1,2``."""
    names = [name for value in named for name in value.split(",")]
    numbers = [number for value in ports for number in value.split(",")]
    hosts: list[Host] = []
    for index, name in enumerate(names):
        host, colon, port = name.rpartition(":")
        if colon and port.isdecimal() and not name.startswith("/"):
            hosts.append((host.strip("[]"), int(port)))
        elif numbers:
            hosts.append((name, _port(numbers[min(index, len(numbers) - 1)])))
        else:
            hosts.append((name, None))
    return tuple(hosts)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise DatabaseUrlError("the port is not a number")
    return int(text)


_TIMEOUTS = (Intention.CONNECT_TIMEOUT, Intention.READ_TIMEOUT, Intention.WRITE_TIMEOUT)


def _as_text(value: str, row: Spelling) -> str:
    """``value`` as the URL of this driver wants it: whole seconds where it takes no others."""
    if row.args is Form.INTEGER and row.intention in _TIMEOUTS:
        number = _number(value)
        return value if number is None else str(math.ceil(number))
    return value


def python_value(key: str, value: str, row: Spelling) -> object:
    """``value`` as the Python value that this driver's ``connect_args`` want."""
    if value == "None":
        return None
    if row.args in (Form.INTEGER, Form.NUMBER):
        number = _number(value)
        if number is None:
            raise DatabaseUrlError(f"{key}={value} is not a number")
        return int(number) if number == int(number) else number
    if row.args is Form.FLAG:
        return value.lower() in TRUE_WORDS
    return value


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _server_settings(options: str) -> dict[str, str] | None:
    """The settings in libpq's ``-c name=value --name=value``; None where it holds anything else."""
    try:
        words = shlex.split(options)
    except ValueError:
        return None
    settings: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            word = words.pop(0)
        elif word.startswith("-c"):
            word = word[2:]
        elif word.startswith("--"):
            word = word[2:].replace("-", "_")
        else:
            return None
        name, equals, value = word.partition("=")
        if not equals or not name.replace("_", "").replace(".", "").isalnum():
            return None
        settings[name] = value
    return settings


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def dialect_of(url: object) -> str:
    """The dialect that a URL names, SQLAlchemy's name for it; PostgreSQL where it has no scheme.

    Raises:
        DatabaseUrlError: the URL is not readable, or nobody knows its dialect.
    """
    scheme = read_address(url).scheme.partition("+")[0]
    for dialect, aliases in DIALECT_ALIASES.items():
        if not scheme or scheme in aliases:
            return dialect
    raise DatabaseUrlError(f"unknown database {scheme!r}; known: {', '.join(DIALECT_ALIASES)}")
