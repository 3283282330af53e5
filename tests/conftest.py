"""How many cases each property test generates: 60, or as many as ``DBDRIVER_LINT_CASES`` says at night."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "dbdriver-lint",
    max_examples=int(os.environ.get("DBDRIVER_LINT_CASES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dbdriver-lint")
