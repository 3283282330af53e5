"""dbdriver-lint: the static-analysis linter for database drivers and URLs in Python code.

The public interface is the command line (``dbdriver-lint``), the flake8 plugin and
:mod:`dbdriver_lint.runtime`, which applications import.
"""

__version__ = "0.1.0"
