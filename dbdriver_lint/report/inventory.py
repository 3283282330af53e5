"""The inventory as text, JSON, a Markdown table and a Mermaid diagram."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.drivers import meanings
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.records import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbdriver_lint.analysis.inventory import Row

VERSION = 1
"""Of the JSON document; a field is never taken away or given another meaning without a new one."""
_COLUMNS = ("Place", "What", "Mode", "Driver", "URL from", "TLS", "Pooling", "Purpose")


def as_text(rows: Sequence[Row]) -> str:
    """Blocks of lines, one a row, by file; what is not known is said last."""
    lines: list[str] = []
    path = ""
    for row in rows:
        if row.path != path:
            path = row.path
            lines += ["", path] if lines else [path]
        what = " ".join(part for part in (row.mode, row.kind) if part)
        lines.append(f"  {row.line}: {what} `{row.name}`, {row.purpose}")
        for label, values in (
            ("driver", _drivers(row)),
            ("URL from", row.origins),
            ("engine", (_engine(row),) if row.engine is not None else ()),
            ("TLS", row.tls),
            ("pooling", row.pooling),
            ("not known", row.unknown),
        ):
            if values:
                lines.append(f"       {label}: {'; '.join(values)}")
    lines += ["", _summary(rows)] if rows else ["No engine, session factory or connection found."]
    return "\n".join(lines) + "\n"


def as_json(rows: Sequence[Row]) -> str:
    """A document with every field of every row."""
    return (
        json.dumps({"version": VERSION, "rows": [_by_name(row) for row in rows]}, indent=2, ensure_ascii=False) + "\n"
    )


def _by_name(row: Row) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def as_markdown(rows: Sequence[Row]) -> str:
    """One table, for a README."""
    lines = [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    for row in rows:
        unknown = [f"*{reason}*" for reason in row.unknown]
        cells = [
            f"`{row.path}:{row.line}`",
            f"{row.kind} `{row.name}`",
            row.mode,
            ", ".join(_drivers(row, "`")),
            "; ".join([*([_engine(row)] if row.engine is not None else row.origins), *unknown]),
            _cell(row.tls),
            _cell(row.pooling),
            row.purpose,
        ]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def as_mermaid(rows: Sequence[Row]) -> str:
    """A diagram: from where a URL comes, over the engine, to its sessions."""
    lines = ["flowchart LR"]
    engines = {(row.path, row.line): f"row{index}" for index, row in enumerate(rows)}
    origins: dict[str, str] = {}
    for index, row in enumerate(rows):
        driver = ", ".join(_drivers(row)) or "driver not known"
        text = row.name if row.kind == "session factory" else f"{row.name}<br/>{driver}"
        lines.append(f'  row{index}["{_quoted(f"{row.mode} {row.kind}".strip())}<br/>{_quoted(text)}"]')
        if row.engine is not None and row.engine in engines:
            lines.append(f"  {engines[row.engine]} --> row{index}")
        for origin in row.origins:
            if origin not in origins:
                origins[origin] = f"url{len(origins)}"
                lines.append(f'  {origins[origin]}(["{_quoted(origin)}"])')
            lines.append(f"  {origins[origin]} --> row{index}")
    return "\n".join(lines) + "\n"


FORMATS = {"text": as_text, "json": as_json, "markdown": as_markdown, "mermaid": as_mermaid}


def _drivers(row: Row, quote: str = "") -> list[str]:
    """The names that the URL can have, with what SQLAlchemy loads for one that leaves it to SQLAlchemy."""
    shown = []
    for name, loaded in zip_longest(row.drivers, row.loads, fillvalue=None):
        assert name is not None
        note = "" if loaded in (None, (name,)) else f" ({_loaded(name, loaded)})"
        shown.append(f"{quote}{name}{quote}{note}")
    return shown


def _loaded(name: str, loaded: tuple[str, ...]) -> str:
    if not loaded:
        return "SQLAlchemy has no such name"
    known = [meaning for meaning in meanings(name, VersionRange.everything()) if meaning.drivername in loaded]
    return ", ".join(f"{m.driver} {m.when}" if len(known) > 1 else m.driver for m in known)


def _engine(row: Row) -> str:
    assert row.engine is not None
    return f"{row.engine[0]}:{row.engine[1]}"


def _cell(values: tuple[str, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")


def _summary(rows: Sequence[Row]) -> str:
    known = sum(1 for row in rows if row.kind == "engine" and row.loads and all(len(each) == 1 for each in row.loads))
    engines = sum(1 for row in rows if row.kind == "engine")
    return f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}; the driver of {known} of {engines} engines is known."
