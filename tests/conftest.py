"""How many cases the property tests generate: few by default, as many as ``DBDRIVER_LINT_CASES`` says at night."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CASES = os.environ.get("DBDRIVER_LINT_CASES")

if _CASES is not None:
    settings.register_profile(
        "nightly", max_examples=int(_CASES), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("nightly")
