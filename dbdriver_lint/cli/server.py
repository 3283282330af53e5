"""``dbdriver-lint server``: the language server, for editors to start."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from dbdriver_lint.cli.options import new_parser
from dbdriver_lint.cli.process import EXIT_CLEAN, fail

if TYPE_CHECKING:
    import argparse


def parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = new_parser("server", "Speak the language server protocol with an editor. It needs the package pygls.")
    parser.add_argument("--stdio", action="store_true", help="by standard input and output (there is no other way)")
    return parser


def run(_args: argparse.Namespace) -> int:
    """Serve until the editor ends it."""
    if find_spec("pygls") is None:
        fail("the language server needs the package pygls: pip install 'dbdriver-lint[lsp]'")
    from dbdriver_lint.integrations.lsp import serve

    serve()
    return EXIT_CLEAN
