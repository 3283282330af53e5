"""From abstract values to what the parameter table judges: Python values, or marks for what is only known by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Choice, Constant, Dictionary, Items, Object, Result, Text
from dbdriver_lint.knowledge.parameters.model import CALLABLE, SSL_CONTEXT, UNKNOWN

if TYPE_CHECKING:
    from dbdriver_lint.analysis.values import Value

_CONTEXT_MAKERS = frozenset(
    {
        "ssl.SSLContext",
        "ssl.create_default_context",
        "ssl._create_default_https_context",
        "ssl._create_unverified_context",
    }
)


def python_value(value: Value) -> object:
    """The Python value that ``value`` is; ``UNKNOWN`` where it is not known in full.

    An SSL context is ``SSL_CONTEXT``, a function or class of the project ``CALLABLE``. The keys and items of a
    known collection may be unknown themselves; a list stands for a tuple too.
    """
    if isinstance(value, Text):
        return value.text
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Dictionary) and not value.open:
        return {key: python_value(item) for key, item in value.items.items()}
    if isinstance(value, Items) and not value.open:
        return [python_value(item) for item in value.items]
    if isinstance(value, Result) and value.of in _CONTEXT_MAKERS:
        return SSL_CONTEXT
    if isinstance(value, Object) and value.kind in ("function", "class", "method"):
        return CALLABLE
    return UNKNOWN


def python_values(value: Value) -> tuple[object, ...]:
    """Every Python value that ``value`` can be, one of them ``UNKNOWN`` where that is not all."""
    if isinstance(value, Choice):
        return tuple(one for option in value.options for one in python_values(option))
    return (python_value(value),)
