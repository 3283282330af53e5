"""XDB201: ``sslmode`` for asyncpg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ASYNC_ENGINES, CALLERS
from dbdriver_lint.rules.repairs import is_shared, transform_call

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.fixes.edit import Fix
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.judging import Judged

#: The modes that `sslmode` and asyncpg's `ssl` spell alike and mean alike (measured).
_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_IN_URL, _IN_ARGS = "?ssl=require", 'connect_args={"ssl": "require"}'
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
    needles = (*ASYNC_ENGINES, *CALLERS)
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
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            'def make_engine(url="postgresql+asyncpg://app:secret@db.internal/app?sslmode=require"):\n'
            "    return create_async_engine(url)\n\n\n"
            "engine = make_engine()\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            'def make_engine(url="postgresql+asyncpg://app:secret@db.internal/app?ssl=require"):\n'
            "    return create_async_engine(url)\n\n\n"
            "engine = make_engine()\n",
            raises=_ERROR,
        ),
        Bad(
            "from app.engines import make_engine\n\n"
            'engine = make_engine("postgresql+asyncpg://app:secret@db.internal/app?sslmode=require")\n',
            fixed="from app.engines import make_engine\n\n"
            'engine = make_engine("postgresql+asyncpg://app:secret@db.internal/app?ssl=require")\n',
            files={
                "app/__init__.py": "",
                "app/engines.py": "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
                "def make_engine(url):\n    return create_async_engine(url, pool_pre_ping=True)\n",
            },
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
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            'def make_engine(url="postgresql+asyncpg://app:secret@db.internal/app?sslmode=require"):\n'
            "    return create_async_engine(url)\n\n\n"
            'engine = make_engine("postgresql+asyncpg://app:secret@db.internal/app?ssl=require")\n'
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
        if not call.is_async and not call.wrapped_in_async_engine:
            return  # XDB104
        from dbdriver_lint.rules.judging import judge_engine, shared_with  # costs start-up time
        from dbdriver_lint.rules.parameter_repairs import parameter_fix
        from dbdriver_lint.rules.wording import sentence

        for judged in judge_engine(call, context):
            if judged.is_sslmode_for_asyncpg and shared_with(judged, call, context) is None:
                spelled = judged.verdict.remedy or (_IN_ARGS if judged.url is None else _IN_URL)
                more = "" if judged.verdict.remedy else " (or another of libpq's modes)"
                text = f"the first connection raises `{_ERROR}`: asyncpg calls it `ssl`; write `{spelled}`{more}"
                yield self.finding(
                    judged.at,
                    sentence(text, judged.when),
                    related=judged.steps,
                    fix=parameter_fix(judged, call, context) or self._transform(judged, call, context),
                )

    on_reached_engine = on_engine

    @staticmethod
    def _transform(judged: Judged, call: EngineCall, context: Context) -> Fix | None:
        """The conversion at the engine, where the URL is written elsewhere or is another driver's too."""
        if judged.url is None or call.url is None or judged.value not in _MODES:
            return None
        if judged.written is not None and not is_shared(judged.url, call, context):
            return None
        others = {parameter.name.value for parameter in judged.url.url.query} - {"sslmode"}
        if any(name.startswith("ssl") for name in others):
            return None  # files, which only `connect_args` can name
        return transform_call(call.url, "asyncpg", context)
