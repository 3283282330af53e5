"""XDB406: a percent sign that configparser reads, or one that was doubled for it and goes elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import EnvVar, Hole, Piece, Template, Text, Url, options
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import DRIVERS, ENGINES, Together
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import Argument, DriverCall, EngineCall
    from dbdriver_lint.analysis.migration_facts import ConfigOption
    from dbdriver_lint.analysis.values import Anchor, Steps, Value
    from dbdriver_lint.rules.context import Context

_INTERPOLATION = re.compile(r"%\([^)]+\)s")
_DOUBLED_ESCAPE = re.compile(r"%%[0-9A-Fa-f]{2}")
_RENDERED = re.compile(r"\.render_as_string\(\s*(hide_password\s*=\s*)?False\s*,?\s*\)$")


class UnescapedPercent(Rule):
    """A database URL that can hold a `%` is given to configparser without doubling it.

    ## What it does

    Finds `config.set_main_option("sqlalchemy.url", url)` and `set_section_option` where there is evidence
    that the URL can hold a percent sign: the password is percent-encoded (`quote_plus`,
    `PostgresDsn.build`, `render_as_string(hide_password=False)`), the URL or its password is an
    environment variable or a settings field, or the `%` is written out. A value that was escaped with
    `.replace("%", "%%")`, also by a helper function, is fine, and so is an SQLite path.

    It also finds the reverse: a URL whose `%` was doubled for configparser and that goes to
    `create_engine()` or a driver.

    ## Why is this bad?

    Alembic's configuration is a `ConfigParser`, which reads `%` as the start of an interpolation. Any
    special character in a password becomes a `%XX` in the URL, so the code works with the simple
    password of the development database and fails on the first deploy with a generated one.
    A doubled `%%` outside configparser is worse: the password is silently another one.

    ## What happens at run time

    | call | SQLAlchemy 1.4, 2.0, 2.1 with Alembic 1.19, 1.20 |
    |---|---|
    | `set_main_option("sqlalchemy.url", "…p%40ss…")` | `ValueError: invalid interpolation syntax in '…' at position 23` |
    | the same with `.replace("%", "%%")` | the migration runs; configparser gives the single `%` back |
    | `set_main_option("sqlalchemy.url", engine.url)` | `TypeError: option values must be strings` |
    | `create_engine(url.replace("%", "%%"))` | `OperationalError: … password authentication failed` |

    ## Fix safety

    Safe: `.replace("%", "%%")` is added to the argument, which changes nothing for a URL without a
    percent sign and makes the others work. For the doubled `%%` there is no fix, because the place
    that doubles it may serve configparser too.

    ## References

    - <https://alembic.sqlalchemy.org/en/latest/tutorial.html#escaping-characters-in-ini-files>
    """

    code, name = "XDB406", "unescaped-percent"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("set_main_option", "set_section_option", Together(("%%",), (*ENGINES, *DRIVERS)))
    references = ("https://alembic.sqlalchemy.org/en/latest/tutorial.html#escaping-characters-in-ini-files",)
    bad = (
        Bad(
            "import os\n\n"
            "from alembic import context\n\n"
            "config = context.config\n"
            'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])\n',
            fixed="import os\n\n"
            "from alembic import context\n\n"
            "config = context.config\n"
            'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))\n',
            raises="ValueError: invalid interpolation syntax in",
            path="migrations/env.py",
        ),
        Bad(
            "import os\n\n"
            "from alembic import context\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = os.environ["DATABASE_URL"]\n'
            'sync_url = url.replace("+" + make_url(url).get_driver_name(), "")\n'
            'context.config.set_main_option("sqlalchemy.url", sync_url)\n',
            fixed="import os\n\n"
            "from alembic import context\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = os.environ["DATABASE_URL"]\n'
            'sync_url = url.replace("+" + make_url(url).get_driver_name(), "")\n'
            'context.config.set_main_option("sqlalchemy.url", sync_url.replace("%", "%%"))\n',
            raises="ValueError: invalid interpolation syntax in",
            path="migrations/env.py",
        ),
        Bad(
            "import os\n"
            "from urllib.parse import quote_plus\n\n"
            "from alembic.config import Config\n\n"
            'password = quote_plus(os.environ["DB_PASSWORD"])\n'
            'config = Config("alembic.ini")\n'
            'config.set_main_option("sqlalchemy.url", f"postgresql+psycopg://app:{password}@db.internal/app")\n',
            fixed="import os\n"
            "from urllib.parse import quote_plus\n\n"
            "from alembic.config import Config\n\n"
            'password = quote_plus(os.environ["DB_PASSWORD"])\n'
            'config = Config("alembic.ini")\n'
            'config.set_main_option("sqlalchemy.url", '
            'f"postgresql+psycopg://app:{password}@db.internal/app".replace("%", "%%"))\n',
            raises="ValueError: invalid interpolation syntax in",
        ),
        Bad(
            "from alembic.config import Config\n\n\n"
            "def configure(engine):\n"
            '    config = Config("alembic.ini")\n'
            '    config.set_main_option("sqlalchemy.url", engine.url.render_as_string(hide_password=False))\n'
            "    return config\n",
            fixed="from alembic.config import Config\n\n\n"
            "def configure(engine):\n"
            '    config = Config("alembic.ini")\n'
            '    config.set_main_option("sqlalchemy.url", '
            'engine.url.render_as_string(hide_password=False).replace("%", "%%"))\n'
            "    return config\n",
            raises="ValueError: invalid interpolation syntax in",
        ),
        Bad(
            "from alembic.config import Config\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url("postgresql+psycopg://app@db.internal/app")\n'
            'Config("alembic.ini").set_main_option("sqlalchemy.url", url)\n',
            fixed="from alembic.config import Config\n"
            "from sqlalchemy.engine import make_url\n\n"
            'url = make_url("postgresql+psycopg://app@db.internal/app")\n'
            'Config("alembic.ini").set_main_option("sqlalchemy.url", '
            'url.render_as_string(hide_password=False).replace("%", "%%"))\n',
            raises="TypeError: option values must be strings",
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy import create_engine\n\n\n"
            "def get_url():\n"
            '    return os.environ["DATABASE_URL"].replace("%", "%%")\n\n\n'
            "engine = create_engine(get_url())\n",
            raises="OperationalError: ",
        ),
    )
    good = (
        Good(
            "import os\n\n"
            "from alembic import context\n\n\n"
            "def escaped(url):\n"
            '    return url.replace("%", "%%")\n\n\n'
            'context.config.set_main_option("sqlalchemy.url", escaped(os.environ["DATABASE_URL"]))\n',
            path="migrations/env.py",
        ),
        Good(
            "from pathlib import Path\n\n"
            "from alembic.config import Config\n\n\n"
            "def configure(path: Path):\n"
            '    config = Config("alembic.ini")\n'
            '    config.set_main_option("sqlalchemy.url", f"sqlite:///{path}")\n'
        ),
        Good(
            "import os\n\n"
            "from alembic import context\n\n"
            'url = os.getenv("DATABASE_URL")\n'
            "if url:\n"
            '    url = url.replace("%", "%%")\n'
            'context.config.set_main_option("sqlalchemy.url", url)\n',
            path="migrations/env.py",
        ),
        # Nobody knows what the setting holds, or whether somebody escaped it already.
        Good(
            "from alembic import context\n"
            "from elsewhere import settings\n\n"
            'context.config.set_main_option("sqlalchemy.url", settings.database_url)\n',
            path="migrations/env.py",
        ),
        Good(
            "import os\n\n"
            "from alembic import context\n\n"
            'context.config.set_main_option("script_location", os.environ["MIGRATIONS"])\n'
        ),
        Good(
            "import os\n\n"
            "from alembic.config import Config\n\n"
            'config = Config("alembic.ini")\n'
            'config.attributes["url"] = os.environ["DATABASE_URL"]\n'
            'config.set_main_option("sqlalchemy.url", "postgresql+psycopg://app:p%%40ss@db.internal/app")\n'
        ),
        Good(
            "from sqlalchemy import create_engine, text\n\n"
            'engine = create_engine("postgresql+psycopg://app:p%25%40ss@db.internal/app")\n'
            "with engine.connect() as connection:\n"
            "    connection.exec_driver_sql(\"select * from t where name like 'a%%'\")\n"
        ),
    )

    def on_option(self, option: ConfigOption, context: Context) -> Iterable[Draft]:
        """The value goes through ``ConfigParser.set``, which refuses a single ``%``."""
        values = list(options(option.value.value))
        if any(_is_doubled(value) for value in values):
            return  # it is escaped where it needs to be: `if url: url = url.replace("%", "%%")`
        if not option.is_url and not _is_interpolated(option, context):
            return
        for value in values:
            if isinstance(value, Url):
                yield self._url_object(option, value)
                return
            found = _evidence(value, whole=option.is_url) or _written_evidence(option.value)
            if found is not None:
                reason, certain = found
                yield self._unescaped(option, reason, certain, value.steps)
                return

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        """An engine's URL never goes through configparser, except from ``engine_from_config``'s own file."""
        if call.url is not None and not call.from_config:
            yield from self._doubled(call.url, f"`{call.name}()`")

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        """Nor does the DSN of a raw driver."""
        if call.dsn is not None:
            yield from self._doubled(call.dsn, f"`{call.function}()`")

    def _unescaped(self, option: ConfigOption, reason: str, certain: bool, steps: Steps) -> Draft:
        argument = option.value.anchor
        happens = "raises" if certain else "then raises"
        return self.finding(
            argument,
            f"{reason}; configparser reads it as an interpolation, and `{option.function}()` {happens} "
            '`ValueError: invalid interpolation syntax`. Double it: `.replace("%", "%%")`',
            related=steps,
            confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
            fix=_append(argument, '.replace("%", "%%")', 'Double each `%` with `.replace("%", "%%")`'),
        )

    def _url_object(self, option: ConfigOption, value: Url) -> Draft:
        argument = option.value.anchor
        remedy = '.render_as_string(hide_password=False).replace("%", "%%")'
        return self.finding(
            argument,
            f"`{option.function}()` takes only strings, so this URL object raises `TypeError: option values must "
            f"be strings`; pass `{remedy}` of it",
            related=value.steps,
            fix=_append(argument, remedy, "Pass the URL as an escaped string"),
        )

    def _doubled(self, url: Argument, target: str) -> Iterable[Draft]:
        found = [option for option in options(url.value) if _is_doubled(option)]
        if found:
            yield self.finding(
                url.anchor,
                f"Each `%` of this URL was doubled for configparser, but {target} takes it as it is: a password "
                "with a special character is another one here, and the login fails. "
                "Double it only in the call of `set_main_option()`",
                related=found[0].steps,
            )


def _is_interpolated(option: ConfigOption, context: Context) -> bool:
    """Whether ``alembic.ini`` has the option as the password of its URL, or as all of it."""
    name = rf"%\({re.escape(option.name)}\)s"
    pattern = re.compile(rf"{name}|[^:]+://[^:@]*:{name}@.*", re.IGNORECASE)
    return any(
        configuration.written is not None and pattern.fullmatch(configuration.written.strip()) is not None
        for configuration in context.alembic_configurations
    )


def _evidence(value: Value, *, whole: bool = True) -> tuple[str, bool] | None:
    """Why a value, the ``whole`` URL or its password, can hold a single ``%``, and whether it surely does; or None."""
    if isinstance(value, EnvVar) and not value.doubled and not whole:
        return f"`{value.name}` can hold a `%`", False
    if isinstance(value, EnvVar) and not value.doubled:
        return f"`{value.name}` can hold a `%`: any special character of its password is written as `%XX`", False
    if isinstance(value, Text):
        return ("The URL holds a `%`", True) if _has_single_percent(value.text) else None
    if isinstance(value, Template):
        return _template_evidence(value)
    return None


def _template_evidence(value: Template) -> tuple[str, bool] | None:
    known = "".join(piece.text if isinstance(piece, Piece) else "x" for piece in value.pieces)
    if _has_single_percent(known):
        return "The URL holds a `%`", True
    if known.startswith("sqlite"):
        return None
    for hole in _credential_holes(value):
        if hole.doubled:
            continue
        if hole.quoted is not None:
            return f"The URL can hold a `%`: `{hole.quoted}()` writes a special character as `%XX`", False
        for option in options(hole.value):
            if isinstance(option, EnvVar) and not option.doubled:
                return f"`{option.name}` can hold a `%`", False
    return None


def _credential_holes(value: Template) -> list[Hole]:
    """The unknown parts before the host, and those that may be a whole URL; those of the password come first."""
    from dbdriver_lint.analysis.strings import picture
    from dbdriver_lint.knowledge.urls import UrlError, parse_url

    try:
        url = parse_url(picture(value.pieces))
    except UrlError:
        return []
    passwords: list[Hole] = []
    others: list[Hole] = []
    at = 0
    for before, piece, after in zip((None, *value.pieces), value.pieces, (*value.pieces[1:], None), strict=False):
        if isinstance(piece, Piece):
            at += len(piece.text)
            continue
        between = _ends(before, ":") and _ends(after, "@", first=True)  # where the scheme is not known, too
        if between or (url.password is not None and url.password.start <= at < url.password.end):
            passwords.append(piece)
        elif at == 0 or (url.username is not None and url.username.start <= at < url.username.end):
            others.append(piece)
        at += 1
    return passwords + others


def _ends(piece: Piece | Hole | None, sign: str, *, first: bool = False) -> bool:
    return isinstance(piece, Piece) and (piece.text[:1] if first else piece.text[-1:]) == sign


def _has_single_percent(text: str) -> bool:
    """What ``ConfigParser.set`` refuses."""
    return "%" in _INTERPOLATION.sub("", text.replace("%%", ""))


def _written_evidence(argument: Argument) -> tuple[str, bool] | None:
    """Evidence of the expression itself, whatever its parts are."""
    if _RENDERED.search(argument.anchor.text) and not isinstance(argument.value, (Text, Template, EnvVar)):
        return "`render_as_string()` percent-encodes the password, so the URL can hold a `%`", False
    return None


def _is_doubled(value: Value) -> bool:
    if isinstance(value, EnvVar):
        return value.doubled
    if isinstance(value, Template):
        return any(isinstance(piece, Hole) and piece.doubled for piece in value.pieces)
    return isinstance(value, Text) and _DOUBLED_ESCAPE.search(value.text) is not None


def _append(expression: Anchor, method: str, title: str) -> Fix:
    """A method call on an expression, which is put in parentheses where it is more than a primary."""
    span, text = expression.span, expression.text
    if _is_primary(text):
        edits: tuple[Edit, ...] = (Edit(Span(span.end, span.end), method),)
    else:
        edits = (Edit(Span(span.start, span.start), "("), Edit(Span(span.end, span.end), f"){method}"))
    return Fix(title, edits, Applicability.SAFE)


def _is_primary(text: str) -> bool:
    """Whether a method can be called on the expression without parentheses around it."""
    import ast

    try:
        parsed = ast.parse(f"(\n{text}\n).x", mode="eval").body
        plain = ast.parse(f"({text}.x)", mode="eval").body
    except SyntaxError:
        return False
    return ast.dump(parsed) == ast.dump(plain)
