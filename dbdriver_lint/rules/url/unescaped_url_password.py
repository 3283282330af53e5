"""XDB109: a password that is put into a URL as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.values import EnvVar, Hole, Template, Unknown, options
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.dialects import DIALECTS, SCHEMES
from dbdriver_lint.knowledge.urls import UrlError, parse_url
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.source.anchors import Anchor
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.analysis.facts import BuiltUrl
    from dbdriver_lint.rules.context import Context

_SECRET = re.compile(r"pass|pwd|\bpw\b|_pw\b|secret|token|credential", re.IGNORECASE)
_MAY_BE_UNSET = re.compile(r"\b(?:getenv|get)\(")
_IN_BRACES = re.compile(r"\{[\s(]*\Z")
_OPENING = re.compile(r"""(?<![\w"'])(?:[fF][rR]?|[rR][fF])(["'])""")
"""How an f-string begins, with its quote."""
_TREATED = re.compile(r"quot|esc|enc|safe|mask|redact|hidden|\*", re.IGNORECASE)


class UnescapedUrlPassword(Rule):
    """A password is put into a URL without escaping it.

    ## What it does
    Finds texts that are put together (f-strings, `+`, `%`, `format()`) to the URL of a database, in
    which a password from the environment, a settings field, a parameter or an attribute stands as it
    is. It is silent where the value went through `quote()` or another function, and where only its
    name says that it was escaped. `quote_plus()` is accepted too: it differs for a space only, which it
    turns into a `+` that SQLAlchemy (1.4, 2.0 and 2.1 alike) hands to the server as a `+`. Where a
    password may have a space in it, `quote()` is the one to write.

    ## Why is this bad?
    Passwords are generated, and rotated by somebody else. The one with an `@` in it comes a year
    later, in production, and only there.

    ## What happens at run time
    With `p@ss`: the URL ends its password at the first `@`, and the rest is taken for the host: `could
    not translate host name "ss@db.internal"`. With `p%41ss`: SQLAlchemy decodes it to `pAss`, and the
    server refuses it. With `/`, `#` or `?`: SQLAlchemy takes it, a raw driver does not.

    ## Fix safety
    Unsafe: a value that was escaped somewhere else is then escaped twice. The fix is
    `quote(password, safe="")`, as a string is needed there; where a `URL` object will do, `URL.create`
    needs no escaping at all. What `os.getenv()` gives goes through `str()`, so that the module is still
    imported where the variable is not set.
    """

    code, name = "XDB109", "unescaped-url-password"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    confidence = Confidence.MEDIUM
    needles = SCHEMES
    in_tests = False
    references = (
        "https://docs.sqlalchemy.org/en/20/core/engines.html#creating-urls-programmatically",
        "https://docs.sqlalchemy.org/en/20/core/engines.html#escaping-special-characters-such-as-signs-in-passwords",
    )
    bad = (
        Bad(
            "import os\n\n"
            'password = os.environ["DB_PASSWORD"]\n'
            'URL = f"postgresql+asyncpg://app:{password}@db.internal/app"\n',
            fixed="import os\n"
            "from urllib.parse import quote\n\n"
            'password = os.environ["DB_PASSWORD"]\n'
            "URL = f\"postgresql+asyncpg://app:{quote(password, safe='')}@db.internal/app\"\n",
        ),
        Bad(
            "import os\n\n"
            'password = os.getenv("DB_PASSWORD")\n'
            'URL = f"postgresql+asyncpg://app:{password}@db.internal/app"\n',
            fixed="import os\n"
            "from urllib.parse import quote\n\n"
            'password = os.getenv("DB_PASSWORD")\n'
            "URL = f\"postgresql+asyncpg://app:{quote(str(password), safe='')}@db.internal/app\"\n",
        ),
        Bad(
            "from pydantic_settings import BaseSettings\n\n\n"
            "class Settings(BaseSettings):\n"
            "    db_host: str\n"
            "    db_password: str\n\n"
            "    @property\n"
            "    def database_url(self) -> str:\n"
            "        return f'postgresql://app:{self.db_password}@{self.db_host}/app'\n",
            fixed="from urllib.parse import quote\n\n"
            "from pydantic_settings import BaseSettings\n\n\n"
            "class Settings(BaseSettings):\n"
            "    db_host: str\n"
            "    db_password: str\n\n"
            "    @property\n"
            "    def database_url(self) -> str:\n"
            "        return f'postgresql://app:{quote(self.db_password, safe=\"\")}@{self.db_host}/app'\n",
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n\n"
            "def make_engine(user, password, host):\n"
            '    return create_engine("mysql+pymysql://%s:%s@%s/app" % (user, password, host))\n',
            raises='OperationalError: (1045, "Access denied for user',
        ),
        Bad(
            "def url(config):\n"
            "    password = config.password\n"
            '    return "postgresql://app:" + password + "@db.internal/app"\n',
            fixed="from urllib.parse import quote\n\n\n"
            "def url(config):\n"
            "    password = config.password\n"
            '    return "postgresql://app:" + quote(password, safe="") + "@db.internal/app"\n',
        ),
        Bad(
            "import os\n\n"
            'password, config = os.environ["DB_PASSWORD"], {}\n'
            'config["SQLALCHEMY_DATABASE_URI"] = f"mysql+pymysql://app:{password}@db.internal/app"\n',
            fixed="import os\n"
            "from urllib.parse import quote\n\n"
            'password, config = os.environ["DB_PASSWORD"], {}\n'
            """config["SQLALCHEMY_DATABASE_URI"] = f"mysql+pymysql://app:{quote(password, safe='')}@db.internal/app"\n""",
        ),
    )
    good = (
        Good(
            "import os\n"
            "from urllib.parse import quote\n\n"
            'password = quote(os.environ["DB_PASSWORD"], safe="")\n'
            'URL = f"postgresql+asyncpg://app:{password}@db.internal/app"\n'
        ),
        Good(
            "import os\n\n"
            "from sqlalchemy import URL\n\n"
            'url = URL.create("postgresql+asyncpg", "app", os.environ["DB_PASSWORD"], "db.internal", database="app")\n'
        ),
        Good(
            "import logging\n\n\n"
            "def connecting(host, password):\n"
            '    logging.info(f"postgresql://app:{password}@{host}")\n'
        ),
        Good(
            "from app.secrets import read\n\n"
            'password = read("db")\n'
            'URL = f"postgresql://app:{password}@db.internal/app"\n'
        ),
        Good('def proxy(password):\n    return f"https://app:{password}@proxy.internal"\n'),
        Good('def url(escaped_password):\n    return f"postgresql://app:{escaped_password}@db.internal/app"\n'),
    )

    def on_built_url(self, built: BuiltUrl, context: Context) -> Iterable[Draft]:
        for option in options(built.value):
            hole = next(_raw_passwords(option), None) if isinstance(option, Template) else None
            if hole is None:
                continue
            written = hole.anchor.text if hole.anchor is not None else built.anchor.text
            variable = hole.value.name if isinstance(hole.value, EnvVar) else ""
            if hole.anchor is not None and not _SECRET.search(f"{written} {variable}"):
                continue
            if _TREATED.search(written):
                continue
            password = f"`{written}`" if hole.anchor is not None else "The password"
            yield self.finding(
                hole.anchor or built.anchor,
                f"{password} with an `@` or a `%` in it makes another URL of this: the rest of it is taken for the "
                'host, or it is decoded; escape it with `quote(…, safe="")`, or build the URL with `URL.create()`',
                related=hole.value.steps,
                fix=_quoted(hole, built.anchor, context),
            )
            return


def _raw_passwords(template: Template) -> Iterator[Hole]:
    """The unknown parts of the password of a URL that come in as they are."""
    try:
        url = parse_url(strings.picture(template.pieces))
    except UrlError:
        return
    dialect = url.drivername.text.partition("+")[0]
    if url.password is None or url.password.known or dialect not in {*DIALECTS, "postgres"}:
        return
    for piece in strings.cut(template.pieces, url.password.start, url.password.end):
        if isinstance(piece, Hole) and piece.quoted is None and all(_is_raw(value) for value in options(piece.value)):
            yield piece


def _may_be_none(value: object) -> bool:
    if not isinstance(value, EnvVar) or value.default is not None or value.field or not value.steps:
        return False
    place = value.steps[0].place
    return not isinstance(place, Anchor) or _MAY_BE_UNSET.search(place.text) is not None


def _is_raw(value: object) -> bool:
    if isinstance(value, Unknown):
        return value.origin.kind not in ("computed", "part", "masked")
    return isinstance(value, EnvVar) and not value.rewritten


def _quoted(hole: Hole, text: Anchor, context: Context) -> Fix | None:
    """Escape what fills the hole, in quotes that the f-string around it does not use."""
    name, imports = context.local_name("urllib.parse", "quote")
    if hole.anchor is None:
        return None
    start, end = hole.anchor.span.start, hole.anchor.span.end
    quote, before, after = '"', "", ""
    earlier = text.text[: start - text.span.start]
    if _IN_BRACES.search(earlier):
        openings = _OPENING.findall(earlier)
        if not openings:
            return None
        quote = "'" if openings[-1] == '"' else '"'
        # `quote(None)` raises where the module is imported without the variable; the f-string wrote `None`.
        before, after = ("str(", ")") if any(map(_may_be_none, options(hole.value))) else ("", "")
    edits = (
        Edit(Span(start, start), f"{name}({before}"),
        Edit(Span(end, end), f"{after}, safe={quote}{quote})"),
    )
    return Fix("Escape the password with `quote()`", edits, Applicability.UNSAFE, imports)
