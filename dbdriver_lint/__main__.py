"""``python -m dbdriver_lint`` is the same as ``dbdriver-lint``."""

from dbdriver_lint.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
