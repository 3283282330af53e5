"""Repairs that several rules offer: another scheme in a literal, a transform call around a value."""

from __future__ import annotations

import io
import tokenize
from pathlib import PurePath
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Dictionary, Url
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.knowledge.drivers import async_drivers, sync_drivers
from dbdriver_lint.knowledge.spellings import BARE_NAMES
from dbdriver_lint.source.text import Span, line_starts

if TYPE_CHECKING:
    from dbdriver_lint.analysis.facts import Argument, EngineCall, PossibleUrl
    from dbdriver_lint.analysis.values import Anchor
    from dbdriver_lint.rules.context import Context


def preferred_driver(dialect: str, *, is_async: bool, context: Context) -> str | None:
    """The driver to recommend: the setting, then a declared one, then the usual one; None if there is none."""
    versions = context.dependencies.sqlalchemy
    known = (async_drivers if is_async else sync_drivers)(dialect, versions)
    wanted = context.settings.async_driver if is_async else context.settings.sync_driver
    if wanted in known:
        return wanted
    declared = context.dependencies.preferred_async if is_async else context.dependencies.preferred_sync
    return declared(dialect) or (known[0] if known else None)


def likely_dialect(context: Context, *, is_async: bool) -> str:
    """The dialect of a URL that nobody knows: the first that the project declares a driver of this kind for."""
    declared = context.dependencies.preferred_async if is_async else context.dependencies.preferred_sync
    return next((dialect for dialect in DIALECTS if declared(dialect) is not None), "postgresql")


def transform_call(url: Argument, driver: str, context: Context) -> Fix | None:
    """Wrap a URL in a call of the project's transform function.

    Unsafe: it changes the URL that is used, and the driver it names may not be installed. A URL that
    says nothing about TLS says nothing afterwards, unless the setting ``fix-tls`` wants otherwise.
    None where there is no expression to wrap, and in the module of the function itself.
    """
    module, _, function = context.settings.transform.partition(":")
    if url.unpacked or _is_module(context.source.path, module):
        return None
    name, imports = context.local_name(module, function)
    tls = ", ssl=None" if context.settings.fix_tls == "preserve" else ""
    span = url.anchor.span
    return Fix(
        f"Convert the URL for `{driver}` with `{function}()`",
        (
            Edit(Span(span.start, span.start), f"{name}("),
            Edit(Span(span.end, span.end), f', "{transform_target(driver, context)}"{tls})'),
        ),
        Applicability.UNSAFE,
        imports,
    )


def transform_instead(whole: Anchor, source: Anchor, driver: str, context: Context) -> Fix | None:
    """Put a call of the project's transform function in the place of an expression that rewrites ``source``."""
    module, _, function = context.settings.transform.partition(":")
    if _is_module(context.source.path, module):
        return None
    name, imports = context.local_name(module, function)
    tls = ", ssl=None" if context.settings.fix_tls == "preserve" else ""
    call = f'{name}({source.text}, "{transform_target(driver, context)}"{tls})'
    edit = Edit(whole.span, call)
    return Fix(f"Convert the URL for `{driver}` with `{function}()`", (edit,), Applicability.UNSAFE, imports)


def _is_module(path: str, module: str) -> bool:
    """Whether ``path`` is the file of ``module``, as far as names say."""
    parts = PurePath(path).with_suffix("").parts
    own = parts[:-1] if parts[-1:] == ("__init__",) else parts
    return ".".join(own[-1 - module.count(".") :]) == module


def transform_target(driver: str, context: Context) -> str:
    """What a transform call names the driver: ``psycopg2`` alone gives the bare ``postgresql://``, which loads
    another driver from SQLAlchemy 2.1 on.
    """
    if driver in BARE_NAMES and context.dependencies.sqlalchemy.may_be_at_least((2, 1)):
        return f"{BARE_NAMES[driver]}+{driver}"
    return driver


def use_driver(call: EngineCall, url: PossibleUrl, context: Context) -> Fix | None:
    """Give an engine the right kind of driver, at the engine and not where its URL is defined.

    A literal without parameters, if there is nothing else that the URL can be, only gets another scheme;
    anything else goes through the transform function, which translates the parameters too.
    """
    dialect = url.url.drivername.dialect
    if call.url is None or dialect is None or call.from_config:
        return None
    driver = preferred_driver(dialect, is_async=call.is_async, context=context)
    if driver is None:
        return None
    scheme = url.source_span(url.url.drivername.start, url.url.drivername.end)
    if (
        scheme is not None
        and call.urls.complete
        and call.url.anchor.span.contains(scheme[1])
        and not url.url.query
        and not _may_have_parameters(url, call.url)
    ):
        name = f"{dialect}+{driver}"
        return Fix(f"Use `{name}`", (Edit(scheme[1], name),), Applicability.UNSAFE)
    return transform_call(call.url, driver, context)


def _may_have_parameters(url: PossibleUrl, argument: Argument) -> bool:
    """Whether what is not known of the URL can bring parameters: not a database's name, not a part of a ``URL``."""
    value = argument.value
    if isinstance(value, Url) and isinstance(value.query, Dictionary):
        return value.query.open
    return url.url.query_is_open and (url.url.query_start is not None or url.url.database is None)


def is_shared(url: PossibleUrl, call: EngineCall, context: Context) -> bool:
    """Whether the literal that ``url`` was written as also reaches an engine or driver of another kind.

    Then it must not be changed for the sake of one of them.
    """
    own = {anchor for _, _, anchor, _ in url.spans}
    engines = (*context.module.engines, *context.module.reached)
    others = [other.urls for other in engines if other.is_async is not call.is_async]
    others += [other.dsns for other in context.module.drivers]
    return any(anchor in own for urls in others for other in urls.urls for _, _, anchor, _ in other.spans)


def remove_keyword(keyword: Anchor) -> Edit:
    """Take away ``async`` or ``await`` with the white space after it."""
    span, text = keyword.span, keyword.source.text
    end = span.end
    while text[end] in " \t":
        end += 1
    return Edit(Span(span.start, end), "")


def add_argument(call: Anchor, argument: str) -> Edit:
    """Give a call one more keyword argument, on a line of its own where its last one has that."""
    text, start = call.text, call.span.start
    end = _end_of_last_argument(text)
    rest = text[end:-1]
    line_end = rest.find("\n")
    if not rest.startswith(",") or line_end < 0:
        return Edit(Span(start + end, start + end), f", {argument}")
    newline = "\r\n" if rest[:line_end].endswith("\r") else "\n"
    at = start + end + line_end + 1 - len(newline)
    line = text[:end].rpartition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    return Edit(Span(at, at), f"{newline}{indent}{argument},")


def _end_of_last_argument(call: str) -> int:
    """The offset behind the last argument of a call that has one: before a comma, comments and the parenthesis."""
    starts = line_starts(call)
    try:
        tokens = [
            token
            for token in tokenize.generate_tokens(io.StringIO(call, newline="").readline)
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
        ]
    except (tokenize.TokenError, SyntaxError):
        return len(call) - 1  # the positions are not exact, so the file is not edited (`Context.can_edit`)
    last = tokens[-3] if tokens[-2].string == "," else tokens[-2]
    return starts[last.end[0] - 1] + last.end[1]
