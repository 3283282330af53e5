"""Run an example program as its author meant it: import it, call what it defines, use what it makes.

This is the side that runs in a process of its own. It knows nothing of rules: it loads the module, calls
its functions and classes with arguments chosen by name, and then connects every engine and every session
that came into being, and reports each exception.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic import command
from alembic.config import Config
from isolated import Raised
from sqlalchemy import Column, Integer, MetaData, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.ext import asyncio as sa_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, declarative_base, scoped_session, sessionmaker

MISSING = object()

DRIVERS = {"psycopg", "psycopg_pool", "psycopg2", "asyncpg", "pg8000", "pymysql", "aiomysql", "asyncmy", "aiosqlite"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program finds around it: servers by dialect, and values for names that it does not define."""

    ports: Mapping[str, int]
    """The live server of each dialect; ``pooler`` is PgBouncer."""
    values: Mapping[str, str]
    """By part of a name: ``url``, ``async_url``, ``sync_url``, ``host``, ``port``, ``user``, ``password``, ``database``."""

    def value(self, name: str, annotation: object = "") -> Any:
        """A value for something called ``name``; :data:`MISSING` where the name says nothing."""
        low = name.lower()
        asyncly = "async" in low or "Async" in str(annotation)
        if low.startswith(("get_", "make_", "build_", "load_")):
            found = self.value(name.split("_", 1)[1])
            return found if found is MISSING else lambda *_, **__: found
        if "engine" in low:
            return self._engine(asyncly)
        if low in ("session", "db"):
            return (AsyncSession if asyncly else Session)(self._engine(asyncly))
        if "upgrade" in low or ("migrat" in low and "url" not in low):
            return _upgrade
        if low in ("config", "cfg") and Path("alembic.ini").exists():
            return Config("alembic.ini")
        if low in ("settings", "config", "conf"):
            return _Settings(self)
        if any(word in low for word in ("url", "dsn", "uri")):
            wants = "async_" if any(w in low for w in ("async", "application")) else ""
            wants = "sync_" if any(w in low.replace("async", "") for w in ("sync", "migrat", "alembic")) else wants
            return self.values[f"{wants}url"]
        for part, key in PARTS.items():
            if part in low:
                return self.values[key]
        if low in ("query", "statement", "stmt"):
            return text("select 1")
        return object() if low in ("app", "request") else MISSING

    def _engine(self, asyncly: bool) -> Engine | AsyncEngine:
        if asyncly:
            return sa_asyncio.create_async_engine(self.values["async_url"])
        return create_engine(self.values["sync_url"])

    def member(self, name: str) -> Any:
        """What another module of the application holds under ``name``: models, and what :meth:`value` knows."""
        if name == "Base":
            return declarative_base()
        if name == "metadata":
            return MetaData()
        if re.fullmatch("[A-Z][a-z]+", name):
            columns = {"__tablename__": name, "id": Column(Integer, primary_key=True)}
            model = type(name, (declarative_base(),), columns)
            model.metadata.create_all(self._engine(asyncly=False))
            return model
        return self.value(name)


PARTS = {
    "password": "password",
    "passwd": "password",
    "host": "host",
    "port": "port",
    "user": "user",
    "database": "database",
    "dbname": "database",
    "db_name": "database",
}


class _Settings:
    """An application's settings: every attribute has the value that its name asks for."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def __getattr__(self, name: str) -> Any:
        value = self._surroundings.value(name)
        if name.startswith("_") or value is MISSING:
            raise AttributeError(name)
        return value


def _upgrade(*_: object) -> None:
    command.upgrade(Config("alembic.ini"), "head")


class _FirstParty:
    """Makes up the application's other modules: each name in them has the value that it asks for."""

    def __init__(self, surroundings: Surroundings, package: str) -> None:
        self.surroundings, self.package = surroundings, package

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name.partition(".")[0] == self.package else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)
        module.__path__ = []

        def attribute(name: str) -> Any:
            value = MISSING if name.startswith("__") else self.surroundings.member(name)
            if value is MISSING:
                raise AttributeError(name)
            return value

        module.__getattr__ = attribute  # type: ignore[method-assign]
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


@dataclass
class Played:
    """What a program did."""

    raised: list[Raised] = field(default_factory=list)
    """Every exception of every step, each with those it wraps."""
    connected: int = 0
    """Engines, sessions and raw connections that answered."""


class Player:
    """Plays one program."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.played = Played()
        self.engines: list[Engine] = []
        self.async_engines: list[AsyncEngine] = []
        self.made: list[Any] = []
        self.later: list[Any] = []

    def play(self, module: str) -> Played:
        """Load the module, call what it defines, use what it made."""
        self._watch()
        with_module = self._attempt(importlib.import_module, module)
        if isinstance(with_module, ModuleType):
            self._call_all(with_module)
            self.made += vars(with_module).values()
            self._use()
        return self.played

    def _watch(self) -> None:
        """See every engine that is made, and lead it to the live servers."""
        for cls, seen in ((Engine, self.engines), (AsyncEngine, self.async_engines)):

            def new(cls: Any, *_: Any, _seen: list[Any] = seen, **__: Any) -> Any:
                engine = object.__new__(cls)
                _seen.append(engine)
                return engine

            cls.__new__ = new  # type: ignore[method-assign, assignment]  # SQLAlchemy reads the signature of __init__
        ports = self.surroundings.ports

        @event.listens_for(Engine, "do_connect")
        def lead(dialect: Any, record: object, args: object, parameters: dict[str, Any]) -> None:
            if dialect.name in ports and parameters.get("port") not in ports.values():
                pooled = "pool" in str(parameters.get("host")) or parameters.get("port") in (6432, 6543)
                parameters["host"] = "localhost"
                parameters["port"] = ports["pooler" if pooled else dialect.name]

    def _attempt(self, function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        try:
            return function(*args, **kw)
        except (Exception, SystemExit) as error:
            self.played.raised += Raised.chain(error)
            return MISSING

    async def _attempt_async(self, awaitable: Awaitable[Any]) -> Any:
        try:
            return await awaitable
        except (Exception, SystemExit) as error:
            self.played.raised += Raised.chain(error)
            return MISSING

    def _call_all(self, module: ModuleType) -> None:
        own = [v for v in vars(module).values() if getattr(v, "__module__", None) == module.__name__]
        for function in own:
            if inspect.isroutine(function):
                self._call(function)
        for cls in own:
            if inspect.isclass(cls) and not issubclass(cls, BaseException):
                instance = self._call(cls)
                if instance is MISSING:
                    continue
                self.made += getattr(instance, "__dict__", {}).values()
                for name, method in inspect.getmembers(cls, inspect.isfunction):
                    if not name.startswith("_") and method.__module__ == module.__name__:
                        self._call(getattr(instance, name))

    def _call(self, function: Callable[..., Any]) -> Any:
        """Call it if every argument that it needs can be given; a coroutine function waits for the loop."""
        try:
            parameters = inspect.signature(function).parameters.values()
        except ValueError:
            return MISSING
        given = {}
        for parameter in parameters:
            if type(parameter.default).__name__ == "Depends":
                given[parameter.name] = self._dependency(parameter.default.dependency)
                continue
            if parameter.default is not parameter.empty or parameter.kind in (
                parameter.VAR_POSITIONAL,
                parameter.VAR_KEYWORD,
            ):
                continue
            given[parameter.name] = self.surroundings.value(parameter.name, parameter.annotation)
        if MISSING in given.values():
            return MISSING
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            self.later.append(lambda: function(**given))
            return MISSING
        result = self._attempt(function, **given)
        if result is not MISSING:
            self.made.append(result)
        return result

    def _dependency(self, function: Callable[..., Any]) -> Any:
        """What FastAPI would hand in."""
        made = self._attempt(function)
        return self._attempt(next, made) if isinstance(made, Generator) else made

    def _use(self) -> None:
        self.async_engines = [engine for engine in self.async_engines if hasattr(engine, "sync_engine")]
        wrapped = {engine.sync_engine for engine in self.async_engines}
        for engine in self.engines:
            if hasattr(engine, "pool") and engine not in wrapped:
                self._attempt(self._connect, engine)
        if self.later or self.async_engines or any(map(_is_async, self.made)):
            asyncio.run(self._use_async())
        else:
            for value in self.made:
                self._use_sync(value)

    def _connect(self, engine: Engine) -> None:
        with engine.connect() as connection:
            connection.execute(text("select 1"))
        self.played.connected += 1

    def _use_sync(self, value: Any) -> None:
        if isinstance(value, Generator):
            value = self._attempt(next, value)
        if isinstance(value, (sessionmaker, scoped_session)) and not _is_async(value):
            value = self._attempt(value)
        if isinstance(value, Session):
            self._count(self._attempt(value.execute, text("select 1")))
        elif _is_raw(value):
            self._count(value)

    def _count(self, answer: Any) -> None:
        self.played.connected += answer is not MISSING

    async def _use_async(self) -> None:
        for start in self.later:
            made = self._attempt(start)
            await self._use_one(made)
        for value in self.made:
            await self._use_one(value)
        for engine in self.async_engines:
            engine.sync_engine.pool = engine.sync_engine.pool.recreate()  # its connections knew another loop
            await self._attempt_async(self._connect_async(engine))
            await engine.dispose()

    async def _use_one(self, value: Any) -> None:
        if isinstance(value, AsyncGenerator):
            value = await self._attempt_async(value.__anext__())
        elif inspect.isawaitable(value):
            value = await self._attempt_async(value)
            self.played.connected += _is_raw(value)
        elif isinstance(value, contextlib._AsyncGeneratorContextManager):
            value = await self._attempt_async(value.__aenter__())
        if (isinstance(value, sessionmaker) and _is_async(value)) or _is_async_maker(value):
            value = self._attempt(value)
        if isinstance(value, AsyncSession):
            self._count(await self._attempt_async(value.execute(text("select 1"))))
            await self._attempt_async(value.close())
        else:
            self._use_sync(value)

    async def _connect_async(self, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))
        self.played.connected += 1


def _is_raw(value: Any) -> bool:
    """Whether it is a driver's own connection or pool."""
    return (
        type(value).__module__.partition(".")[0] in DRIVERS
        and re.search("connection|pool", type(value).__name__, re.IGNORECASE) is not None
    )


def _is_async_maker(value: Any) -> bool:
    maker = getattr(sa_asyncio, "async_sessionmaker", None)  # SQLAlchemy 2.0
    return maker is not None and isinstance(value, maker)


def _is_async(value: Any) -> bool:
    if isinstance(value, sessionmaker):
        return issubclass(value.class_, AsyncSession)
    kinds = (AsyncGenerator, AsyncSession, contextlib._AsyncGeneratorContextManager)
    return inspect.isawaitable(value) or isinstance(value, kinds) or _is_async_maker(value)


def play(module: str, surroundings: Surroundings) -> Played:
    """Play the program in the current directory that ``module`` names."""
    sys.path.insert(0, ".")
    sys.dont_write_bytecode = True
    sys.meta_path.append(_FirstParty(surroundings, module.partition(".")[0]))  # type: ignore[arg-type]
    return Player(surroundings).play(module)
