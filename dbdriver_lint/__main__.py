"""``python -m dbdriver_lint`` is the same as ``dbdriver-lint``."""

from dbdriver_lint.cli import run_process

if __name__ == "__main__":
    run_process()
