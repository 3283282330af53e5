"""XDB110: a URL whose password was masked on the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import DATABASES, ENGINES, OPTIONS
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import Argument, DriverCall, EngineCall, PossibleUrl, UrlSet
    from dbdriver_lint.analysis.migration_facts import ConfigOption
    from dbdriver_lint.rules.context import Context

_MASK = "***"
_STR = re.compile(r"str\(\s*(?P<url>[A-Za-z_][\w.]*(?:\([^()]*\)|\[[^\[\]]*\])?(?:\.\w+)*)\s*\)")
_RENDER = re.compile(r"\.render_as_string\(\s*\)$")
_REMEDY = "render_as_string(hide_password=False)"


class MaskedUrlPassword(Rule):
    """A URL object is turned into text with its password masked, and then used to connect.

    ## What it does
    Finds `str(url)`, `f"{url}"` and `url.render_as_string()` of a SQLAlchemy URL, also of
    `engine.url`, that reach `create_engine()`, a driver's own `connect()`, or Alembic's
    `set_main_option("sqlalchemy.url", …)`. In a log line that is what one wants, and no finding.

    ## Why is this bad?
    From SQLAlchemy 2.0 on the text of a URL has `***` for its password. What connects with it sends
    the three asterisks to the server, and the error speaks of a wrong password, far away.
    It passes every test on SQLite or with a trusted local server.

    ## What happens at run time
    `password authentication failed for user "app"` with PostgreSQL, `Access denied for user` with
    MySQL. Before SQLAlchemy 2.0 `str(url)` gave the password, `render_as_string()` did not.

    ## Fix safety
    Safe: `render_as_string(hide_password=False)` gives the URL with its password, escaped.
    """

    code, name = "XDB110", "masked-url-password"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (*ENGINES, *DATABASES, *OPTIONS, "asyncpg", "psycopg")
    references = ("https://docs.sqlalchemy.org/en/20/changelog/migration_20.html",)
    bad = (
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url("postgresql+asyncpg://app:secret@db.internal/app")\n'
            'engine = create_engine(str(url.set(drivername="postgresql+psycopg2")))\n',
            fixed="from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url("postgresql+asyncpg://app:secret@db.internal/app")\n'
            'engine = create_engine(url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False))\n',
            raises='OperationalError: password authentication failed for user "app"',
        ),
        Bad(
            "import psycopg\n"
            "from sqlalchemy.engine import URL\n\n"
            'url = URL.create("postgresql", username="app", password="secret", host="db.internal", database="app")\n'
            "connection = psycopg.connect(url.render_as_string())\n",
            fixed="import psycopg\n"
            "from sqlalchemy.engine import URL\n\n"
            'url = URL.create("postgresql", username="app", password="secret", host="db.internal", database="app")\n'
            "connection = psycopg.connect(url.render_as_string(hide_password=False))\n",
            raises='OperationalError: password authentication failed for user "app"',
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url(os.environ["DATABASE_URL"])\n'
            "engine = create_engine(str(url))\n",
            fixed="import os\n\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url(os.environ["DATABASE_URL"])\n'
            "engine = create_engine(url.render_as_string(hide_password=False))\n",
            raises="OperationalError: password authentication failed for user",
        ),
    )
    good = (
        Good(
            "import logging\n\n"
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app")\n'
            'logging.info("connected to %s", str(engine.url))\n'
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url("postgresql+psycopg2://app:secret@db.internal/app")\n'
            "engine = create_engine(url.render_as_string(hide_password=False))\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url("sqlite:///app.db")\n'
            "engine = create_engine(str(url))\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url("postgresql+psycopg2://app:secret@db.internal/app")\n'
            "engine = create_engine(str(url))\n",
            settings={"sqlalchemy-version": "1.4"},
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if call.url is not None and not call.only_dialect and not call.from_config:
            yield from self._judge(call.url, call.urls, context)

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        if call.dsn is not None:
            yield from self._judge(call.dsn, call.dsns, context)

    def on_option(self, option: ConfigOption, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.analysis.urls import urls_of

        if option.name == "sqlalchemy.url":
            yield from self._judge(option.value, urls_of(option.value.value), context)

    def _judge(self, argument: Argument, urls: UrlSet, context: Context) -> Iterable[Draft]:
        versions = context.dependencies.sqlalchemy
        if not versions.may_be_at_least((2, 0)):
            return
        masked = [url for url in urls.urls if _is_masked(url)]
        unknown = any(one.origin.kind == "masked" for one in urls.unknown)
        if not masked and not unknown:
            return
        if len(masked) < len(urls.urls) or any(one.origin.kind not in ("masked", "variable") for one in urls.unknown):
            return
        sure = bool(masked) and all(url.url.username is not None and url.url.username.known for url in masked)
        since = "from SQLAlchemy 2.0 on " if versions.may_be_below((2, 0)) and not versions.is_everything else ""
        yield self.finding(
            argument.anchor,
            f"The server gets `***` for the password{'' if sure else ' that the URL has'} and refuses the connection: "
            f"{since}the text of a URL is masked; write `{_REMEDY}`",
            related=masked[0].steps if masked else argument.value.steps,
            confidence=None if sure else Confidence.MEDIUM,
            fix=_fix(argument),
        )


def _is_masked(url: PossibleUrl) -> bool:
    """Whether the password is the mask, and nobody wrote that in the code."""
    password = url.url.password
    return password is not None and password.text == _MASK and url.place(password.start, password.end) is None


def _fix(argument: Argument) -> Fix | None:
    """Only where the object is turned into text in the argument itself."""
    text, span = argument.anchor.text, argument.anchor.span
    title = f"Write `{_REMEDY}`"
    rendered = _RENDER.search(text)
    if rendered is not None:
        edit = Edit(Span(span.start + rendered.start(), span.end), f".{_REMEDY}")
        return Fix(title, (edit,), Applicability.SAFE)
    whole = _STR.fullmatch(text)
    if whole is None:
        return None
    return Fix(title, (Edit(span, f"{whole['url']}.{_REMEDY}"),), Applicability.SAFE)
