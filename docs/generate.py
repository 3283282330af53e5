"""The pages that come from the code: rules, settings, commands and drivers. Written at build time, never committed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dbdriver_lint.cli import available
from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.knowledge.drivers import DRIVERS
from dbdriver_lint.knowledge.intentions import Intention
from dbdriver_lint.knowledge.parameters import TABLES, UNKNOWN, Place, judge, table_of
from dbdriver_lint.knowledge.python_source import argument_text
from dbdriver_lint.knowledge.spellings import ASYNC_VARIANTS, Context, spelling, spellings_of, tls_forms
from dbdriver_lint.knowledge.tls import TLS_KEYS
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.report.page import markdown_page
from dbdriver_lint.rules.registry import all_rules
from dbdriver_lint.settings.model import key_of, setting_fields
from dbdriver_lint.settings.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dbdriver_lint.knowledge.drivers import Driver
    from dbdriver_lint.knowledge.parameters import Row, Table
    from dbdriver_lint.knowledge.parameters.model import Checks, Span

GROUPS = {
    "error": "It fails at run time, or silently does the wrong thing. On by default.",
    "design": "It works until the environment changes. On by default.",
    "pedantic": "Matters of taste and style. Off by default: `pedantic = true`, or `extend-select`.",
}


ABOUT_COMMANDS = {
    "server": "How to make an editor start it: [](../howto/editors.md).",
    "inputs": "How build engines use it: [](../howto/build-systems.md).",
    "baseline": "How it is used: [](../howto/adopt.md).",
    "completion": "For bash, once:\n\n```sh\npip install 'dbdriver-lint[completion]'\n"
    "dbdriver-lint completion bash > ~/.local/share/bash-completion/completions/dbdriver-lint\n```\n\n"
    "For zsh, write it to a file named `_dbdriver-lint` in a folder of `$fpath`.",
}


def write_pages(folder: Path) -> None:
    """Write every generated page below the documentation's source folder."""
    for name, text in pages():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:  # else Sphinx builds it again
            file.write_text(text, encoding="utf-8")


def pages() -> Iterator[tuple[str, str]]:
    """(path, Markdown) of each page."""
    yield "rules/index.md", rules_page()
    for rule in all_rules():
        yield f"rules/{rule.name}.md", markdown_page(rule)
    yield "reference/settings.md", settings_page()
    yield "reference/commands.md", commands_page()
    yield "drivers/index.md", drivers_page()
    for dialect in _dialects():
        yield f"drivers/{dialect}.md", dialect_page(dialect)
    for driver in _drivers():
        yield f"drivers/{driver.name}.md", driver_page(driver)


# --- rules, settings, commands


def rules_page() -> str:
    """The table of rules, by group."""
    parts = ["# Rules", "`dbdriver-lint rule CODE` prints the same pages in a terminal."]
    for group, text in GROUPS.items():
        rows = [
            (rule.code, f"[{rule.name}]({rule.name}.md)", _fix(rule), rule.summary())
            for rule in all_rules()
            if rule.group == group
        ]
        parts += [f"## {group}", text, _table(("code", "name", "fix", "what it finds"), rows)]
    names = "\n".join(rule.name for rule in all_rules())
    parts.append(f"```{{toctree}}\n:hidden:\n\n{names}\n```")
    return _joined(parts)


def _fix(rule: object) -> str:
    return "yes" if any(bad.fixed is not None for bad in getattr(rule, "bad", ())) else ""


def settings_page() -> str:
    """Every setting with its type, default and an example."""
    schema = json_schema()["properties"]
    parts = [
        "# Settings",
        (
            "They stand in `[tool.dbdriver-lint]` of `pyproject.toml`, or at the top of a `dbdriver-lint.toml`, which wins "
            "over a `pyproject.toml` beside it. For each file the nearest settings file above it counts, alone; `extend` "
            "names one to build on. An unknown key is an error that names the nearest known one."
        ),
        (
            "`dbdriver-lint config --show path/to/file.py` prints what is in force for a file and where it was set, "
            "`dbdriver-lint config --why XDB105 path/to/file.py` says why a rule is on or off, and "
            "`dbdriver-lint config --schema` prints the JSON schema for editors that check TOML."
        ),
        "## extend",
        schema["extend"]["description"],
        '```toml\nextend = "../dbdriver-lint.toml"\n```',
    ]
    for field in setting_fields():
        key = key_of(field.name)
        known = schema[key]
        default = f"`{_toml(known['default'])}`" if "default" in known else "not set"
        about = f"Type: {known['type']} · default: {default}"
        if "enum" in known:
            about += " · one of " + ", ".join(f"`{choice}`" for choice in known["enum"])
        parts += [f"## {key}", field.metadata["doc"], about]
        for example in known.get("examples", ()):
            parts.append(f"```toml\n{key} = {_toml(example)}\n```")
    return _joined(parts)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_toml(item)}' for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def commands_page() -> str:
    """The help of every subcommand."""
    parts = [
        "# Commands",
        (
            "`dbdriver-lint src/` is `dbdriver-lint check src/`; `python -m dbdriver_lint` is the same as `dbdriver-lint`. "
            "Exit codes: 0 nothing found, or everything fixed; 1 findings; 2 a usage, settings or internal error. "
            "The output format never changes the exit code."
        ),
    ]
    for name, text in available().items():
        help_text = import_module(f"dbdriver_lint.cli.{name}").parser().format_help().rstrip()
        parts += [f"## {name}", f"{text[0].upper()}{text[1:]}.", f"```text\n{help_text}\n```"]
        if name in ABOUT_COMMANDS:
            parts.append(ABOUT_COMMANDS[name])
    return _joined(parts)


# --- drivers


def _drivers() -> tuple[Driver, ...]:
    """The drivers with a page: one a name, of those whose parameters are on record."""
    found = {driver.name: driver for driver in reversed(DRIVERS) if driver.name in TABLES and TABLES[driver.name].rows}
    return tuple(driver for driver in DRIVERS if found.get(driver.name) is driver)


def _dialects() -> tuple[str, ...]:
    return tuple(dict.fromkeys(driver.dialects[0] for driver in _drivers()))


def drivers_page() -> str:
    """Which name loads what, by SQLAlchemy version."""
    defaults = []
    for dialect in DIALECTS.values():
        names = [f"`{default.driver}`" + _since(default.since) for default in dialect.defaults]
        defaults.append((f"`{dialect.name}://`", ", ".join(names)))
    linked = {driver.name for driver in _drivers()}
    rows = [
        (
            _link(driver.name) if driver.name in linked else driver.name,
            ", ".join(f"`{dialect}+{driver.name}`" for dialect in driver.dialects),
            driver.nature.value,
            f"`{driver.install}`" if driver.install else "nothing",
            _sqlalchemy_span(driver.since, driver.until),
        )
        for driver in DRIVERS
    ]
    listed = "\n".join([*_dialects(), *(driver.name for driver in _drivers())])
    return _joined(
        [
            "# Drivers",
            (
                "What the linter knows of the drivers, from the tables that its rules, its fixes and the runtime function "
                "use. The PostgreSQL, MySQL and SQLite drivers were measured against real servers, by version of SQLAlchemy and "
                "of the driver; of the others is said what they were seen to do without one."
            ),
            "## What a URL without a driver loads",
            _table(("URL", "driver"), defaults),
            "## Which engine each driver works with",
            (
                "“sync” is `create_engine()`, “async” is `create_async_engine()`. SQLAlchemy's asyncio support also needs "
                "the package `greenlet`, which SQLAlchemy 2.1 no longer installs by itself: `pip install sqlalchemy[asyncio]`."
            ),
            _table(("driver", "in a URL", "engines", "install", "SQLAlchemy"), rows),
            f"```{{toctree}}\n:hidden:\n\n{listed}\n```",
        ]
    )


def dialect_page(dialect: str) -> str:
    """Which driver of a dialect takes which parameter of a URL, and how each spells an intention."""
    drivers = [driver.name for driver in _drivers() if driver.dialects[0] == dialect]
    keys = sorted({name for driver in drivers for row in TABLES[driver].rows for name in row.names})
    taken = []
    for key in keys:
        verdicts = [_taken(driver, key) for driver in drivers]
        if any(verdicts):
            taken.append((f"`{key}`", *("yes" if verdict else "" for verdict in verdicts)))
    named = [i for i in Intention if i is not Intention.OTHER]
    intentions = [i for i in named if any(spellings_of(driver, i) for driver in drivers)]
    alike: dict[tuple[str, ...], list[str]] = {}
    for driver in drivers:
        if driver not in ASYNC_VARIANTS:
            alike.setdefault(tuple(_spelled(driver, i) for i in intentions), []).append(_link(driver))
    spelled = zip([intention.value for intention in intentions], *alike, strict=True)
    return _joined(
        [
            f"# {DIALECTS[dialect].title}: which parameter for which driver",
            "## One intention, several spellings",
            (
                "Keys in *italics* do not work in a URL, only in `connect_args`. TLS has a table of its own on each "
                "driver's page. `dbdriver-lint url URL --driver NAME` translates a whole URL."
            ),
            _table(("for", *(", ".join(names) for names in alike.values())), spelled),
            "## In the URL's query",
            "With the newest SQLAlchemy and driver. What happens with a key that a driver does not take is on its page.",
            _table(("parameter", *map(_link, drivers)), taken),
        ]
    )


def _link(driver: str) -> str:
    return f"[{driver}]({driver}.md)"


def _taken(driver: str, key: str) -> bool:
    verdict = judge(driver, Place.URL, key, UNKNOWN, siblings={key: UNKNOWN}, sqlalchemy=VersionRange.everything())
    table = table_of(driver)
    return table is not None and verdict.ok and key in table.index


def _spelled(driver: str, intention: Intention) -> str:
    rows = spellings_of(driver, intention)
    return ", ".join(f"`{row.key}`" if row.url else f"*`{row.key}`*" for row in rows)


def driver_page(driver: Driver) -> str:
    """One driver: how it is named, how it does TLS, what it takes and what it says to the rest."""
    table = TABLES[driver.name]
    about = [
        ("in a URL", ", ".join(f"`{dialect}+{driver.name}://`" for dialect in driver.dialects)),
        ("engines", driver.nature.value),
        ("install", f"`pip install {driver.install}`" if driver.install else "nothing: it is part of Python"),
        ("imported as", f"`{driver.module}`"),
        ("SQLAlchemy", _sqlalchemy_span(driver.since, driver.until)),
    ]
    parts = [f"# {driver.name}", "\n".join(f"- {name}: {text}" for name, text in about)]
    forms = [
        (
            form.mode.word + (f" ({driver.name} ≥{form.since})" if form.since else ""),
            _query(form.url),
            _arguments(form.args),
            f"`{form.ca}`" if form.ca else "",
        )
        for form in tls_forms(ASYNC_VARIANTS.get(driver.name, driver.name))
    ]
    if forms:
        parts += [
            "## TLS",
            "How each strength is said; the names are those of libpq's `sslmode`. An empty cell: it cannot be said there.",
            _table(("strength", "in the URL", "in `connect_args`", "CA file"), forms),
        ]
    parts += [
        "## Parameters",
        _unknown_words(table),
        _table(_PARAMETERS, [_row(driver.name, row) for row in table.rows]),
    ]
    return _joined(parts)


_PARAMETERS = ("parameter", "for", "in the URL", "in `connect_args`")


def _query(pairs: Sequence[tuple[str, str]] | None) -> str:
    if pairs is None:
        return ""
    return f"`?{'&'.join('='.join(pair) for pair in pairs)}`" if pairs else "nothing to say"


def _arguments(pairs: Sequence[tuple[str, object]] | None) -> str:
    if pairs is None:
        return ""
    if not pairs:
        return "nothing to say"
    return ", ".join(
        f"`{key}` an `ssl.SSLContext`" if isinstance(value, Context) else f"`{key}={argument_text(value)}`"
        for key, value in pairs
    )


def _unknown_words(table: Table) -> str:
    if table.url_ignored:
        return f"A parameter of a URL that is not in the table: {table.url_ignored}."
    if not table.unknown:
        return "Which other parameters it takes depends on the client library and was not measured."
    return f"Any other parameter raises `{_filled(table.unknown, '…')}` at the first connection."


def _row(driver: str, row: Row) -> tuple[str, ...]:
    intentions = {
        known.intention.value if (known := spelling(driver, name)) else "TLS" if name in TLS_KEYS else ""
        for name in row.names
    }
    versions = [_span("SQLAlchemy", row.sqlalchemy), _span(driver, row.driver), row.depends]
    condition = ", ".join(text for text in versions if text)
    in_url = _effect(row.url, row.names[0], texts_only=True)
    in_args = _effect(row.args, row.names[0])
    return (
        ", ".join(f"`{name}`" for name in row.names) + (f" ({condition})" if condition else ""),
        ", ".join(sorted(intentions - {"", "other"})),
        in_url,
        "the same" if in_args == in_url and len(in_url) > len("the same") else in_args,
    )


_TEXTS = ("1", "1.5", "true", "false", "require", "disable", "primary", "direct", "postgres", "TLSv1.2", "random", "x")
"""Texts, one of which any parameter takes that takes texts at all."""


def _effect(checks: Checks | None, key: str, *, texts_only: bool = False) -> str:
    """What a value does in one place: taken, refused, or refused with a wrong value. A URL has nothing but texts."""
    if checks is None:
        return "no"
    siblings = {"sslmode": "require", "ssl": "require"}
    if texts_only and not any(all(c.accepts(text, siblings | {key: text}) for c in checks) for text in _TEXTS):
        return f"no: `{_filled(checks[0].error, key)}`" if checks[0].error else "no"
    told = [f"`{_filled(check.error, key)}`" if check.error else check.consequence for check in checks]
    versions = [_span("SQLAlchemy", check.sqlalchemy) for check in checks]
    wrong = [text + (f" ({version})" if version else "") for text, version in zip(told, versions, strict=True) if text]
    return "yes; a wrong value: " + "; ".join(dict.fromkeys(wrong)) if wrong else "yes"


def _filled(error: str, key: str) -> str:
    text = error.replace("{key}", key)
    for name in ("value", "type", "sslmode"):
        text = text.replace("{" + name + "}", "…")
    return text.replace("`", "'").rstrip(": ")


def _since(version: tuple[int, ...] | None) -> str:
    return f" from SQLAlchemy {'.'.join(map(str, version))} on" if version else ""


def _sqlalchemy_span(since: tuple[int, ...] | None, until: tuple[int, ...] | None) -> str:
    return _span("", (since, until)) or "all"


def _span(name: str, span: Span) -> str:
    since, until = (".".join(map(str, version)) if version else "" for version in span)
    text = " ".join(part for part in (f"≥{since}" if since else "", f"<{until}" if until else "") if part)
    return f"{name} {text}".strip() if text else ""


# --- Markdown


def _table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(heading)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"
