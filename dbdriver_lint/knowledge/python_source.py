"""``connect_args`` as the Python that a user would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.spellings import Context

if TYPE_CHECKING:
    from collections.abc import Mapping


def arguments_text(arguments: Mapping[str, object]) -> str:
    """The entries of a ``connect_args`` dictionary, each on its own: ``'timeout': 3``."""
    return ", ".join(f"{key!r}: {argument_text(value)}" for key, value in arguments.items())


def argument_text(value: object) -> str:
    """One value as an expression; a context verifies at least what is asked for."""
    if isinstance(value, Context):
        if not value.verify:
            return "ssl._create_unverified_context()"
        return f"ssl.create_default_context({_ca_file(value)})"
    if callable(value):
        return "lambda: ''"
    return repr(value)


def statements(arguments: Mapping[str, object]) -> list[str]:
    """Whole statements that make ``connect_args``, with the SSL context set up to the last detail."""
    lines: list[str] = []
    shown: list[str] = []
    for key, value in arguments.items():
        if isinstance(value, Context):
            lines += _context_statements(value)
        shown.append(f"{key!r}: {'context' if isinstance(value, Context) else argument_text(value)}")
    return [*lines, f"connect_args = {{{', '.join(shown)}}}"]


def _context_statements(context: Context) -> list[str]:
    lines = ["import ssl", f"context = ssl.create_default_context({_ca_file(context)})"]
    if not (context.verify and context.check_hostname):
        lines.append("context.check_hostname = False")
    if not context.verify:
        lines.append("context.verify_mode = ssl.CERT_NONE")
    if context.certificate is not None:
        key = "" if context.key is None else f", {context.key!r}"
        lines.append(f"context.load_cert_chain({context.certificate!r}{key})")
    return lines


def _ca_file(context: Context) -> str:
    return "" if context.ca_file is None else f"cafile={context.ca_file!r}"
