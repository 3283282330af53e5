"""What ``create_engine()`` itself takes, and what its pools take: read from SQLAlchemy 1.4.54, 2.0.58 and 2.1.9."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINE_ARGUMENTS = frozenset(
    {
        *("connect_args", "creator", "async_creator", "module", "pool", "poolclass", "plugins", "strategy", "future"),
        *("echo", "echo_pool", "logging_name", "hide_parameters", "execution_options", "query_cache_size"),
        *("empty_in_strategy", "enable_from_linting", "convert_unicode", "encoding", "case_sensitive"),
        *("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo", "pool_recycle", "pool_pre_ping"),
        *("pool_reset_on_return", "pool_logging_name", "pool_events", "pool_threadlocal", "events"),
        # every dialect
        *("compiler_linting", "implicit_returning", "insertmanyvalues_page_size", "isolation_level"),
        *("json_deserializer", "json_serializer", "label_length", "max_identifier_length", "paramstyle"),
        *("server_side_cursors", "skip_autocommit_rollback", "supports_native_boolean", "use_insertmanyvalues"),
        # single dialects
        *("arraysize", "auto_convert_lobs", "coerce_to_decimal", "coerce_to_unicode", "deprecate_large_types"),
        *("description_encoding", "enable_offset_fetch", "encoding_errors", "exclude_tablespaces"),
        *("executemany_batch_page_size", "executemany_mode", "executemany_values_page_size", "fast_executemany"),
        *("ignore_no_transaction_on_rollback", "is_mariadb", "legacy_schema_aliasing", "native_datetime"),
        *("native_inet_types", "optimize_limits", "query_timeout", "schema_name", "supports_comments"),
        *("supports_unicode_binds", "thick_mode", "threaded", "use_ansi", "use_binds_for_limits"),
        *("use_native_hstore", "use_native_unicode", "use_native_uuid", "use_nchar_for_unicode"),
        *("use_scope_identity", "use_setinputsizes"),
    }
)
"""Keywords of ``create_engine()`` with some dialect, pool or version; its own are never a driver's."""

CLIENT_ENCODING = frozenset({"psycopg2", "psycopg", "psycopg2cffi", "pg8000"})
"""The drivers whose dialects take ``client_encoding``, which is libpq's parameter too."""

SESSION_ARGUMENTS = frozenset({"autoflush", "expire_on_commit", "class_", "twophase", "autobegin"})
"""Keywords of ``sessionmaker()``."""

POOL_SIZES = ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo")
"""Engine keywords that only pools with a queue take."""

POOLS: Mapping[str, frozenset[str]] = {
    "QueuePool": frozenset(POOL_SIZES),
    "AsyncAdaptedQueuePool": frozenset(POOL_SIZES),
    "FallbackAsyncAdaptedQueuePool": frozenset(POOL_SIZES),
    "SingletonThreadPool": frozenset({"pool_size"}),
    "NullPool": frozenset(),
    "StaticPool": frozenset(),
    "AssertionPool": frozenset(),
}
"""Which of :data:`POOL_SIZES` each pool takes (measured: drivers.md g)."""


def default_pool(driver: str, *, in_memory: bool, before_2_0: bool) -> str | None:
    """The pool that SQLAlchemy takes for a driver where none is named; None where it is not known.

    ``in_memory`` is about SQLite, whose pool depends on it and, for files, on the version.
    """
    if driver not in ("pysqlite", "aiosqlite"):
        return None
    if in_memory:
        return "SingletonThreadPool" if driver == "pysqlite" else "StaticPool"
    if before_2_0:
        return "NullPool"
    return "QueuePool" if driver == "pysqlite" else "AsyncAdaptedQueuePool"
