"""Sphinx: `python -m sphinx -n -W docs docs/_build`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from generate import write_pages

from dbdriver_lint import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "dbdriver-lint"
author = "The dbdriver-lint developers"
copyright = "the dbdriver-lint developers, MIT license"  # noqa: A001
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.intersphinx"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
# The rules' examples are programs as people write them, broken ones too.
suppress_warnings = ["misc.highlighting_failure"]

# Pages of others are linked to where their inventories are at hand; the build itself never asks the network.
INVENTORIES = Path(__file__).parent / "_inventories"
OTHERS = {
    "alembic": "https://alembic.sqlalchemy.org/en/latest",
    "python": "https://docs.python.org/3",
    "sqlalchemy": "https://docs.sqlalchemy.org/en/21",
}
intersphinx_mapping = {
    name: (address, str(INVENTORIES / f"{name}.inv"))
    for name, address in OTHERS.items()
    if (INVENTORIES / f"{name}.inv").exists()
}
# Without its inventory such a reference is plain text.
nitpick_ignore_regex = [("py:.*", rf"{name}\..*") for name in OTHERS if name not in intersphinx_mapping]
exclude_patterns = ["_build"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_title = f"dbdriver-lint {release}"
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Write the generated pages before Sphinx looks for pages."""
    write_pages(Path(app.srcdir))
