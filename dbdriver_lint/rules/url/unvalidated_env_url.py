"""XDB106: an environment value that goes straight into an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import EnvVar, options
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import OWN_CONNECTIONS
from dbdriver_lint.rules.needles import ENGINES
from dbdriver_lint.rules.repairs import likely_dialect, preferred_driver, transform_call

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.rules.context import Context


class UnvalidatedEnvUrl(Rule):
    """A URL from the environment goes straight into an engine, unchecked and unconverted.

    ## What it does
    Finds engines whose URL is the value of `os.environ`, `os.getenv`, `decouple.config`,
    `environs` or starlette's `Config` as it came. It is silent where the code looks into the
    value (a comparison, `startswith`, a rewrite), hands it to any function, parses it, or reads it
    through a settings class. A test of its presence alone is no check.

    ## Why is this bad?
    The one `DATABASE_URL` of a deployment is written for one kind of driver. Providers hand out
    `postgres://` and `?sslmode=require`, which suit neither SQLAlchemy nor asyncpg, and migrations
    need another driver than the application.

    ## What happens at run time
    With `postgres://…`: `NoSuchModuleError`. With `postgresql://…` in an async engine before
    SQLAlchemy 2.1: `InvalidRequestError`. With `?sslmode=require` and asyncpg:
    `TypeError: connect() got an unexpected keyword argument 'sslmode'`. With a missing variable:
    `ArgumentError: Expected string or URL object, got None`.

    ## Fix safety
    Unsafe: the transform call names a driver. It takes the setting `async-driver` or
    `sync-driver`, else a driver that the project declares, else the most usual one.
    """

    code, name = "XDB106", "unvalidated-env-url"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    needles = ENGINES
    in_tests = False
    bad = (
        Bad(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine(os.getenv("DATABASE_URL"))\n',
            fixed="import os\n\n"
            "from dbdriver_lint.runtime import transform_url_for_driver\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine(transform_url_for_driver(os.getenv("DATABASE_URL"), "asyncpg", ssl=None))\n',
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy import create_engine\n\n"
            'DATABASE_URL = os.environ["DATABASE_URL"]\n'
            "if not DATABASE_URL:\n"
            '    raise RuntimeError("DATABASE_URL is not set")\n'
            "engine = create_engine(DATABASE_URL)\n",
            fixed="import os\n\n"
            "from dbdriver_lint.runtime import transform_url_for_driver\n"
            "from sqlalchemy import create_engine\n\n"
            'DATABASE_URL = os.environ["DATABASE_URL"]\n'
            "if not DATABASE_URL:\n"
            '    raise RuntimeError("DATABASE_URL is not set")\n'
            'engine = create_engine(transform_url_for_driver(DATABASE_URL, "postgresql+psycopg2", ssl=None))\n',
        ),
    )
    good = (
        Good(
            "import os\n\n"
            "from dbdriver_lint.runtime import transform_url_for_driver\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine(transform_url_for_driver(os.environ["DATABASE_URL"], "asyncpg"))\n'
        ),
        Good(
            "import os\n\n"
            "from app.urls import transform_url_for_driver\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "def get_validated_async_url():\n"
            '    url = os.getenv("DATABASE_URL")\n'
            '    if "sslmode=" in url:\n'
            "        raise ValueError(\"URL contains 'sslmode', which asyncpg does not take\")\n"
            '    if not url.startswith("postgresql+asyncpg://"):\n'
            '        url = transform_url_for_driver(url, "asyncpg")\n'
            "    return url\n\n\n"
            "engine = create_async_engine(get_validated_async_url())\n"
        ),
        Good(
            "import os\n\n"
            "from sqlalchemy import create_engine, make_url\n\n"
            'engine = create_engine(make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg"))\n'
        ),
        Good("from sqlalchemy import create_engine\n\n\ndef make(url):\n    return create_engine(url)\n"),
        Good(
            "import os\n\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.dialects import registry\n\n"
            'registry.register("gauss", "app.gauss", "GaussDialect")\n'
            'engine = create_engine(os.environ["GAUSS_URL"])\n'
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if call.url is None or call.from_config or {*OWN_CONNECTIONS, "dialect"} & call.keywords.keys():
            return
        if "registry.register(" in context.source.text:
            return  # a dialect of its own, with URLs of its own
        for value in options(call.url.value):
            if not isinstance(value, EnvVar) or value.field or value.checked or value.rewritten:
                continue
            is_async = call.is_async or call.wrapped_in_async_engine
            dialects = {url.url.drivername.dialect or "" for url in call.urls.urls if url.default_of == value.name}
            dialect = dialects.pop() if len(dialects) == 1 else likely_dialect(context, is_async=is_async)
            if dialect not in DIALECTS:
                return
            driver = preferred_driver(dialect, is_async=is_async, context=context)
            kind = "asynchronous" if is_async else "synchronous"
            yield self.finding(
                call.url.anchor,
                f"`{call.name}()` takes `{value.name}` as it comes: `postgres://`, a driver of the other kind or "
                f"`sslmode` in it fail only when it is deployed; transform or check it for this {kind} engine",
                related=value.steps,
                fix=transform_call(call.url, driver, context) if driver is not None else None,
                confidence=Confidence.MEDIUM,
            )
            return
