"""XDB107: a URL rewritten as text, in a way that only suits some URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.knowledge.dialects import URL_WORDS
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ENGINES, Together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.rewrite_facts import UrlRewrite
    from dbdriver_lint.rules.context import Context

_ASYNC = "from sqlalchemy.ext.asyncio import create_async_engine\n"
_IMPORT = "from dbdriver_lint.runtime import transform_url_for_driver\n"


class FragileUrlRewrite(Rule):
    """A database URL is rewritten as text, and some URLs come out broken.

    ## What it does
    Runs the rewrites that the code makes of URLs which are not known (a parameter, a setting, an
    environment variable), on abstract values, with one URL of each kind: `postgres://`,
    `postgresql://`, one with an explicit driver, one whose host, user and database contain the name of
    the database, and some with `sslmode` and `channel_binding`. What comes out is looked at: only what
    the trial proves is reported. A function that handles all of them is silent, whatever it is
    called, and so is a rewrite of which the outcome cannot be known, or of a value that was checked
    or rewritten before.

    ## Why is this bad?
    The text of a URL is more than its scheme. A replacement that is not anchored also finds the word in
    the host, the password and the database's name; one of `postgresql://` misses the `postgres://` that
    providers hand out; and what the one driver calls `sslmode` the other refuses. It works with the
    URL of the developer's machine and fails with the one of the deployment.

    ## What happens at run time
    `postgres://…` that is left alone: `NoSuchModuleError: Can't load plugin:
    sqlalchemy.dialects:postgres`. A doubled driver (`postgresql+asyncpg+psycopg2://…`): `ValueError: too
    many values to unpack`. `?sslmode=require` left behind for asyncpg: `TypeError: connect() got an
    unexpected keyword argument 'sslmode'`. A rewritten host: the name is not found, or worse, it is.

    ## Fix safety
    Unsafe: the transform function converts more than the rewrite did. It is offered where one
    expression, under no condition, does all of the rewriting.
    """

    code, name = "XDB107", "fragile-url-rewrite"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    confidence = Confidence.MEDIUM
    needles = (
        Together(
            ("replace(", ".sub(", ".split(", ".partition(", "strip(", ".removeprefix(", "[len("),
            (*ENGINES, *URL_WORDS),
        ),
    )
    in_tests = False
    references = ("https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls",)
    bad = (
        Bad(
            f"import os\n\n{_ASYNC}\n"
            'DATABASE_URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")\n'
            "engine = create_async_engine(DATABASE_URL)\n",
            fixed=f"import os\n\n{_IMPORT}{_ASYNC}\n"
            'DATABASE_URL = transform_url_for_driver(os.environ["DATABASE_URL"], "asyncpg", ssl=None)\n'
            "engine = create_async_engine(DATABASE_URL)\n",
        ),
        Bad(
            'def async_url(url: str) -> str:\n    return url.replace("postgresql", "postgresql+asyncpg")\n',
            fixed=f"{_IMPORT}\n\ndef async_url(url: str) -> str:\n"
            '    return transform_url_for_driver(url, "asyncpg", ssl=None)\n',
        ),
        Bad(
            "def normalize_database_url(url: str) -> str:\n"
            '    if url.startswith("postgresql://"):\n'
            '        url = url.replace("postgresql://", "postgresql+asyncpg://", 1)\n'
            '    return url.replace("sslmode=", "ssl=")\n',
        ),
        Bad(
            'import re\n\n\ndef sync_url(url: str) -> str:\n    return re.sub("postgres", "postgresql", url)\n',
        ),
        Bad(
            "from pydantic_settings import BaseSettings\n\n\n"
            "class Settings(BaseSettings):\n"
            "    database_url: str\n\n"
            "    @property\n"
            "    def migration_url(self) -> str:\n"
            '        return self.database_url.replace("+asyncpg", "+psycopg2")\n',
            fixed="from dbdriver_lint.runtime import transform_url_for_driver\n"
            "from pydantic_settings import BaseSettings\n\n\n"
            "class Settings(BaseSettings):\n"
            "    database_url: str\n\n"
            "    @property\n"
            "    def migration_url(self) -> str:\n"
            '        return transform_url_for_driver(self.database_url, "postgresql+psycopg2", ssl=None)\n',
        ),
    )
    good = (
        Good(
            f"import os\n\n{_IMPORT}{_ASYNC}\n"
            'engine = create_async_engine(transform_url_for_driver(os.environ["DATABASE_URL"], "asyncpg"))\n'
        ),
        Good(
            "def async_url(url: str) -> str:\n"
            '    for scheme in ("postgres://", "postgresql://", "postgresql+psycopg2://"):\n'
            "        if url.startswith(scheme):\n"
            '            url = "postgresql+asyncpg://" + url[len(scheme) :]\n'
            '    url = url.replace("&channel_binding=require", "")\n'
            '    return url.replace("sslmode=", "ssl=")\n'
        ),
        Good(
            "from sqlalchemy import make_url\n\n\n"
            "def psycopg_url(url: str):\n"
            '    return make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")\n'
        ),
        Good(
            "import os\n\n"
            'url = os.environ["DATABASE_URL"]\n'
            'if url.startswith("postgres://"):\n'
            '    url = url.replace("postgres://", "postgresql://", 1)\n'
        ),
        # The query is made anew afterwards.
        Good(
            "import os\nfrom urllib.parse import parse_qsl, urlencode, urlparse, urlunparse\n\n"
            f"{_ASYNC}\n"
            'raw = os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://")\n'
            'raw = raw.replace("postgresql://", "postgresql+asyncpg://")\n'
            "parsed = urlparse(raw)\n"
            "query = dict(parse_qsl(parsed.query))\n"
            'kept = {"ssl": "require"} if query.get("sslmode") == "require" else {}\n'
            "engine = create_async_engine(urlunparse(parsed._replace(query=urlencode(kept))))\n"
        ),
        Good(
            'HOST = "db.internal"\n'
            'URL = f"postgresql://app@{HOST}/app"\n'
            'ASYNC_URL = URL.replace("postgresql://", "postgresql+asyncpg://")\n'
        ),
        Good('def psycopg_dsn(url: str) -> str:\n    return url.replace("postgresql+asyncpg://", "postgresql://")\n'),
        Good(
            "def async_url(url: str) -> str:\n"
            '    if "sslmode" in url or not url.startswith("postgresql://"):\n'
            '        raise ValueError("DATABASE_URL must be postgresql:// without sslmode")\n'
            '    return url.replace("postgresql://", "postgresql+asyncpg://", 1)\n'
        ),
    )

    def on_rewrite(self, rewrite: UrlRewrite, context: Context) -> Iterable[Draft]:
        if rewrite.taker is not None:
            return
        from dbdriver_lint.rules.repairs import transform_instead  # these cost start-up time
        from dbdriver_lint.rules.rewriting import judge_rewrite

        judged = judge_rewrite(rewrite, context)
        if judged is None:
            return
        fix, arguments = None, ""
        if judged.driver is not None:
            expression = rewrite.expression()
            fix = transform_instead(expression.whole, expression.source, judged.driver, context) if expression else None
            arguments = f'url, "{judged.driver}"'
        remedy = f"`transform_url_for_driver({arguments})` converts all of them"
        yield self.finding(
            rewrite.anchor, f"Some URLs come out of this rewrite broken: {'; '.join(judged.faults)}; {remedy}", fix=fix
        )
