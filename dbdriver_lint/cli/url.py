"""``dbdriver-lint url``: one URL as a driver wants it, and what a URL cannot say for that driver."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dbdriver_lint.cli.options import new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, EXIT_FINDINGS, fail, write

if TYPE_CHECKING:
    import argparse

    from dbdriver_lint.knowledge.translate import Translation

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full", "none")


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser("url", "Show a database URL as a driver wants it. The password is masked unless asked for.")
    parser.add_argument("url", help="the URL, with or without its scheme; `-` reads it from standard input")
    parser.add_argument("--driver", required=True, metavar="NAME", help="asyncpg, psycopg2, postgresql+psycopg …")
    parser.add_argument(
        "--ssl",
        choices=MODES,
        default="require",
        help="the TLS mode where the URL says none; `none` adds nothing (default: require)",
    )
    parser.add_argument("--show-password", action="store_true", help="print the password, not ***")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the translation; exit code 1 if the driver cannot do what the URL asks for."""
    from dbdriver_lint.knowledge.address import DatabaseUrlError
    from dbdriver_lint.knowledge.intentions import Tls
    from dbdriver_lint.knowledge.translate import translate

    url = sys.stdin.readline().strip() if args.url == "-" else args.url
    try:
        result = translate(url, args.driver, default=Tls.of(args.ssl))
    except DatabaseUrlError as error:
        fail(str(error))
    write((_json(result, args) if args.output_format == "json" else _text(result, args)) + "\n")
    return EXIT_FINDINGS if result.refused else EXIT_CLEAN


def _shown(result: Translation, args: argparse.Namespace) -> str:
    """The URL; what is masked of it may be more than SQLAlchemy takes for the password, such as one with a slash."""
    from dbdriver_lint.knowledge.secrets import mask_text

    return result.url if args.show_password else mask_text(result.masked)


def _text(result: Translation, args: argparse.Namespace) -> str:
    from dbdriver_lint.knowledge.python_source import statements

    lines = [_shown(result, args)]
    if result.connect_args:
        lines += ["", "with what only Python can say:"]
        lines += [f"    {line}" for line in statements(result.connect_args)]
    if result.moved:
        lines += ["", "translated:"]
        lines += [f"    {moved.source} → {moved.target} ({moved.intention.value})" for moved in result.moved]
    if result.lost:
        lines += ["", f"{result.driver} cannot express:"]
        lines += [f"    {lost.parameter}: {lost.reason}" for lost in result.lost]
    return "\n".join(lines)


def _json(result: Translation, args: argparse.Namespace) -> str:
    import json

    from dbdriver_lint.knowledge.python_source import argument_text

    return json.dumps(
        {
            "url": _shown(result, args),
            "driver": result.driver,
            "drivername": result.drivername,
            "tls": None if result.tls is None else result.tls.word,
            "connect_args": {key: argument_text(value) for key, value in result.connect_args.items()},
            "translated": [
                {"parameter": m.source, "as": m.target, "intention": m.intention.value, "in_url": m.in_url}
                for m in result.moved
            ],
            "lost": [
                {"parameter": lost.parameter, "reason": lost.reason, "refused": lost in result.refused}
                for lost in result.lost
            ],
        },
        ensure_ascii=False,
    )
