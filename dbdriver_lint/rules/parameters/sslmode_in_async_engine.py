"""XDB201: ``sslmode`` for asyncpg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Dictionary, Text, options
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.drivers import meanings
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.repairs import is_shared, transform_call
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall, PossibleUrl
    from dbdriver_lint.analysis.values import Anchor
    from dbdriver_lint.rules.context import Context

#: The modes that `sslmode` and asyncpg's `ssl` spell alike and mean alike (measured).
_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_KEY_FORM = 'connect_args={{"ssl": "{}"}}'
_ERROR = "TypeError: connect() got an unexpected keyword argument 'sslmode'"


class SslmodeInAsyncEngine(Rule):
    """`sslmode` reaches asyncpg, which has no such parameter.

    ## What it does
    Finds async engines on asyncpg that get `sslmode` in the URL's query or in `connect_args`.
    psycopg, psycopg2 and a DSN that goes to `asyncpg.connect()` itself do take it and are not judged.

    ## Why is this bad?
    SQLAlchemy hands the query to `asyncpg.connect()` as keyword arguments, and asyncpg calls this
    one `ssl`. The URL works for migrations, which use another driver, and fails in the application.

    ## What happens at run time
    `TypeError: connect() got an unexpected keyword argument 'sslmode'` at the first connection,
    with every SQLAlchemy and every asyncpg.

    ## Fix safety
    Safe where the parameter is written out with one of libpq's modes: `ssl=require` demands what
    `sslmode=require` does. `ssl=true` would be something else (it is refused in a URL, and
    verifies the certificate in `connect_args`), so it is never written. `verify-ca` and `verify-full` look for the
    CA file at libpq's default place, `~/.postgresql/root.crt`, in both spellings. Unsafe where
    the URL is also used with another driver: then a transform call is put around it at the engine.
    """

    code, name = "XDB201", "sslmode-in-async-engine"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("create_async_engine",)
    references = ("https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect",)
    bad = (
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?sslmode=require")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?ssl=require")\n',
            raises=_ERROR,
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app",\n'
            '    connect_args={"sslmode": "require"},  # the provider wants TLS\n'
            ")\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app",\n'
            '    connect_args={"ssl": "require"},  # the provider wants TLS\n'
            ")\n",
            raises=_ERROR,
        ),
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'BASE = "app:secret@db.internal/app?sslmode=require"\n'
            'migrations = create_engine(f"postgresql+psycopg2://{BASE}")\n'
            'engine = create_async_engine(f"postgresql+asyncpg://{BASE}")\n',
            fixed="from dbdriver_lint.runtime import transform_url_for_driver\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'BASE = "app:secret@db.internal/app?sslmode=require"\n'
            'migrations = create_engine(f"postgresql+psycopg2://{BASE}")\n'
            'engine = create_async_engine(transform_url_for_driver(f"postgresql+asyncpg://{BASE}", "asyncpg", ssl=None))\n',
            raises=_ERROR,
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?ssl=require")\n'
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+psycopg://app:secret@db.internal/app?sslmode=require")\n'
        ),
        Good(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    return await asyncpg.connect("postgresql://app:secret@db.internal/app?sslmode=require")\n'
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'application = create_async_engine("postgresql+asyncpg://app@db.internal/app")\n'
            'migrations = create_engine("postgresql+psycopg2://app@db.internal/app", connect_args={"sslmode": "require"})\n'
        ),
        Good(
            "import asyncpg\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app@db.internal/app?sslmode=require",\n'
            '    async_creator=lambda: asyncpg.connect("postgresql://app@db.internal/app?sslmode=require"),\n'
            ")\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if not call.is_async or call.url is None or not call.urls.decided or "async_creator" in call.keywords:
            return
        versions = context.dependencies.sqlalchemy
        for url in call.urls.urls:
            loaded = (
                {m.driver for m in meanings(url.url.drivername.text, versions)} if url.url.drivername.known else {""}
            )
            if loaded != {"asyncpg"}:
                return
        for url in call.urls.urls:
            yield from self._in_query(url, call, context)
        if call.connect_args is not None:
            yield from self._in_connect_args(call, context)

    def _in_query(self, url: PossibleUrl, call: EngineCall, context: Context) -> Iterable[Draft]:
        assert call.url is not None
        for parameter in url.url.named("sslmode"):
            mode = parameter.value.value if parameter.value.known else None
            written = url.place(parameter.start, parameter.end)
            own = (
                written is not None
                and call.url.anchor.span.contains(written.span)
                and written.path == call.url.anchor.path
            )
            yield self.finding(
                written if own and written is not None else call.url.anchor,
                f"{url.condition}the first connection raises `{_ERROR}`: asyncpg calls it `ssl`; "
                f"write {_spelled(mode, '?ssl={}')}",
                related=url.steps,
                fix=self._query_fix(url, parameter.name.start, parameter.name.end, mode, call, context),
            )

    @staticmethod
    def _query_fix(
        url: PossibleUrl, start: int, end: int, mode: str | None, call: EngineCall, context: Context
    ) -> Fix | None:
        assert call.url is not None
        name = url.place(start, end)
        certificates = any(
            parameter.name.value.startswith("ssl") for parameter in url.url.query if parameter.name.value != "sslmode"
        )
        if mode not in _MODES or certificates:
            return None
        if name is None or name.path != call.anchor.path or is_shared(url, call, context):
            return transform_call(call.url.anchor, "asyncpg", context)
        return Fix(f"Write `ssl={mode}`", (Edit(name.span, "ssl"),), Applicability.SAFE)

    def _in_connect_args(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        assert call.connect_args is not None
        values = list(options(call.connect_args.value))
        if not all(isinstance(value, Dictionary) and "sslmode" in value.items for value in values):
            return
        for value in values:
            assert isinstance(value, Dictionary)
            setting = value.items["sslmode"]
            mode = setting.text if isinstance(setting, Text) else None
            key = value.key_anchors.get("sslmode")
            own = key is not None and key.path == call.anchor.path
            yield self.finding(
                key if own and key is not None else call.connect_args.anchor,
                f"the first connection raises `{_ERROR}`: asyncpg calls it `ssl`; write {_spelled(mode, _KEY_FORM)}",
                fix=self._key_fix(key, mode, call, context) if own and key is not None else None,
            )
            return

    @staticmethod
    def _key_fix(key: Anchor, mode: str | None, call: EngineCall, context: Context) -> Fix | None:
        if mode not in _MODES or not key.text.endswith(("sslmode'", 'sslmode"')):
            return None
        shared = any(
            isinstance(value, Dictionary) and value.key_anchors.get("sslmode") == key
            for other in context.module.engines
            if other is not call and other.connect_args is not None
            for value in options(other.connect_args.value)
        )
        if shared:
            return None
        end = key.span.end - 1
        return Fix(f'Write `"ssl": "{mode}"`', (Edit(Span(end - len("sslmode"), end), "ssl"),), Applicability.SAFE)


def _spelled(mode: str | None, form: str) -> str:
    """The right spelling for a mode, or for the unknown one."""
    return f"`{form.format(mode)}`" if mode in _MODES else f"`{form.format('require')}` (or another of libpq's modes)"
