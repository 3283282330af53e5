"""Reports: pure functions from the results of a run to text, one module a format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbdriver_lint.report.model import Report, Terminal

FORMATS = ("full", "concise", "json", "github", "gitlab", "sarif", "junit")


def render(format_name: str, report: Report, terminal: Terminal) -> str:
    """The report in one of :data:`FORMATS`; ends with a line ending unless it is empty."""
    module = import_module(f"{__name__}.{_MODULES.get(format_name, format_name)}")
    text: str = module.render(report, terminal)
    return text


_MODULES = {"json": "json_v1"}
