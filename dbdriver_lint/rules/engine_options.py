"""Arguments of an engine that belong to the driver, the session or another pool."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.arguments import python_value
from dbdriver_lint.analysis.values import Constant, Symbol, options
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.engine_arguments import (
    CLIENT_ENCODING,
    ENGINE_ARGUMENTS,
    POOL_SIZES,
    POOLS,
    SESSION_ARGUMENTS,
    default_pool,
)
from dbdriver_lint.knowledge.parameters import TABLES, Place, judge
from dbdriver_lint.records import dataclass
from dbdriver_lint.rules.engines import is_conditional
from dbdriver_lint.rules.judging import loaded_drivers
from dbdriver_lint.rules.parameter_repairs import add_connect_args, without_comma
from dbdriver_lint.rules.wording import listed_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbdriver_lint.analysis.facts import Argument, EngineCall, PossibleUrl
    from dbdriver_lint.analysis.values import Anchor
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.judging import Loaded

_DRIVER_OPTIONS = frozenset(key for table in TABLES.values() for key in table.index) - ENGINE_ARGUMENTS
_NEVER_AN_ENGINES = frozenset(
    {
        *("sslmode", "sslrootcert", "check_same_thread", "server_settings", "statement_cache_size"),
        *("prepared_statement_cache_size", "connect_timeout", "command_timeout", "ssl"),
    }
)
"""Driver options that no dialect takes as an argument of the engine, for URLs that are not known."""
_ARGS = re.compile(r"connect_args=\{(.*)\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Arguments that the engine refuses; ``sure`` says that the driver is known."""

    at: Anchor
    message: str
    fix: Fix | None = None
    sure: bool = True


# --- options of the driver -------------------------------------------------------------------------


def driver_options(call: EngineCall, context: Context) -> Iterator[Misplaced]:
    """Options of the driver, and arguments of the session, among the engine's."""
    drivers = _drivers(call, context)
    if drivers is None:
        return
    named = {name: argument for name, argument in call.keywords.items() if argument.keyword == name}
    wrong = [name for name in named if _is_misplaced(name, drivers)]
    if not wrong:
        return
    error = f"TypeError: Invalid argument(s) {','.join(map(repr, wrong))} sent to create_engine()"
    session = [name for name in wrong if name in SESSION_ARGUMENTS]
    if session:
        remedy = f"give `{session[0]}` to the `sessionmaker()`"
    elif drivers:
        entries = _entries({name: named[name] for name in wrong}, drivers)
        remedy = f"write `connect_args={{{entries}}}`" if entries else "it is no argument of this driver either"
    else:
        remedy = f"`{wrong[0]}` belongs into `connect_args`"
    yield Misplaced(
        named[wrong[0]].whole,
        f"`{call.name}()` raises `{error}`: it takes no driver options; {remedy}"
        if not session
        else f"`{call.name}()` raises `{error}`; {remedy}",
        sure=bool(drivers),
        fix=_moved(call, [named[name] for name in wrong], drivers) if not session else None,
    )


# --- pools -----------------------------------------------------------------------------------------


def pool_sizes(call: EngineCall, context: Context) -> Iterator[Misplaced]:
    """Sizes for a pool that has none."""
    given = [name for name in POOL_SIZES if name in call.keywords and call.keywords[name].keyword == name]
    if not given or "pool" in call.keywords or "creator" in call.keywords:
        return
    pools = _pools(call, context)
    wrong = [name for name in given if pools and not any(name in POOLS[pool] for pool, _ in pools)]
    if not wrong:
        return
    pool, when = pools[0]
    error = f"TypeError: Invalid argument(s) {','.join(map(repr, wrong))} sent to create_engine()"
    removed = [call.keywords[name] for name in wrong]
    yield Misplaced(
        removed[0].whole,
        f"{when}`{call.name}()` raises `{error}`: {pool} has no size; leave out {listed_names(wrong)}",
        fix=_without(removed, wrong, sure=not when),
    )


def _drivers(call: EngineCall, context: Context) -> tuple[Loaded, ...] | None:
    """The drivers that the engine may load; empty where the URL is not known, None where nothing can be said."""
    if call.from_config or "module" in call.keywords or (call.url is not None and call.only_dialect):
        return None
    if not call.urls.urls:
        return ()
    found: list[Loaded] = []
    for url in call.urls.urls:
        loaded = loaded_drivers(url, call, context)
        if not loaded:
            return None  # another package's dialect, which may take anything
        found += loaded
    return tuple(found) if call.urls.decided else ()


def _is_misplaced(name: str, drivers: Sequence[Loaded]) -> bool:
    if name == "client_encoding":
        return bool(drivers) and not any(driver.driver in CLIENT_ENCODING for driver in drivers)
    if name in SESSION_ARGUMENTS:
        return True
    return name in _DRIVER_OPTIONS if drivers else name in _NEVER_AN_ENGINES


def _entries(wrong: dict[str, Argument], drivers: Sequence[Loaded]) -> str:
    """The options as entries of ``connect_args``, in the driver's own spelling; "" where it has none for one of them."""
    entries: list[str] = []
    values = {name: python_value(argument.value) for name, argument in wrong.items()}
    for name, argument in wrong.items():
        driver = drivers[-1]
        verdict = judge(
            driver.table,
            Place.ARGS,
            name,
            values[name],
            siblings=values,
            sqlalchemy=driver.sqlalchemy,
            driver_version=driver.version,
        )
        spelled = _ARGS.fullmatch(verdict.remedy)
        if verdict.ok:
            entries.append(f'"{name}": {"…" if argument.unpacked else argument.anchor.text}')
        elif spelled is not None and "…" not in spelled[1] and "ssl." not in spelled[1]:
            entries.append(spelled[1].replace("'", '"'))
        else:
            return ""
    return ", ".join(entries)


def _moved(call: EngineCall, wrong: Sequence[Argument], drivers: Sequence[Loaded]) -> Fix | None:
    if not drivers or any(argument.unpacked for argument in wrong):
        return None
    entries = _entries({argument.keyword or "": argument for argument in wrong}, drivers)
    if not entries or "\n" in entries:
        return None
    if call.connect_args is None:
        if call.open_keywords:
            return None
        edits = (Edit(wrong[0].whole.span, f"connect_args={{{entries}}}"), *_removals(wrong[1:]))
    else:
        added = add_connect_args(call, entries)
        if not added:
            return None
        edits = (*_removals(wrong), *added)
    names = {driver.driver for driver in drivers}
    safe = len(names) == 1
    return Fix(f"Write `connect_args={{{entries}}}`", edits, Applicability.SAFE if safe else Applicability.UNSAFE)


def _without(arguments: Sequence[Argument], names: Sequence[str], *, sure: bool) -> Fix | None:
    if any(argument.unpacked for argument in arguments):
        return None
    applicability = Applicability.SAFE if sure else Applicability.UNSAFE
    return Fix(f"Remove {listed_names(names)}", _removals(arguments), applicability)


def _removals(arguments: Sequence[Argument]) -> tuple[Edit, ...]:
    return tuple(Edit(without_comma(argument.whole), "") for argument in arguments)


def _pools(call: EngineCall, context: Context) -> list[tuple[str, str]]:
    """The pools that the engine may get, each with its condition; empty where that is not known."""
    argument = call.keywords.get("poolclass")
    if argument is not None:
        found = [_pool_named(option) for option in options(argument.value)]
        if len(found) == 1 and found[0] is not None:
            return [(found[0], "")]
        if not (isinstance(argument.value, Constant) and argument.value.value is None):
            return []
    elif call.open_keywords:
        return []
    if not call.urls.decided or (is_conditional(call) and any(url.default_of for url in call.urls.urls)):
        return []
    pools: list[tuple[str, str]] = []
    for url in call.urls.urls:
        in_memory = _in_memory(url)
        for loaded in loaded_drivers(url, call, context):
            before = loaded.sqlalchemy.may_be_below((2, 0)) and not loaded.sqlalchemy.may_be_at_least((2, 0))
            pool = None if in_memory is None else default_pool(loaded.driver, in_memory=in_memory, before_2_0=before)
            if pool is None:
                return []
            pools.append((pool, call.urls.condition_of(url)))
    return pools


def _pool_named(value: object) -> str | None:
    if isinstance(value, Symbol):
        module, _, name = value.name.rpartition(".")
        if module in ("sqlalchemy.pool", "sqlalchemy") and name in POOLS:
            return name
    return None


def _in_memory(url: PossibleUrl) -> bool | None:
    """Whether a SQLite URL is for a database in memory; None where it is not known."""
    database = url.url.database
    if database is not None and not database.known:
        return None
    if url.url.named("mode") or url.url.query_is_open:
        return None
    return database is None or database.value in ("", ":memory:")
