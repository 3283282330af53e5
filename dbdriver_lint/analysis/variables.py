"""Environment variables, and the functions and objects of the libraries that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import (
    Arguments,
    Constant,
    EnvVar,
    Origin,
    Step,
    Text,
    Unknown,
    Value,
    choice,
)

if TYPE_CHECKING:
    from dbdriver_lint.analysis.anchors import NodeAnchor

_STARLETTE = "starlette.config.Config"
#: Functions that read an environment variable: name, then the keyword of the default.
READERS: dict[str, str] = {
    "os.getenv": "default",
    "os.environ.get": "default",
    "os.environ.setdefault": "value",
    "os.environ.pop": "default",
    "decouple.config": "default",
    "environs.env": "default",
    "environs.env.str": "default",
    "starlette.config.environ.get": "default",
}
#: Objects that are called, or whose methods are called, to read one.
OBJECTS = frozenset(
    {
        _STARLETTE,
        "environs.Env",
        "environs.FileAwareEnv",
        "environ.Env",
        "decouple.AutoConfig",
        "decouple.Config",
    }
)


def read_environment(name: str, arguments: Arguments, anchor: NodeAnchor) -> Value:
    """``os.getenv("NAME", default)`` and the like."""
    keyword = READERS.get(name, "default")
    variable = arguments.get(0, "key") or arguments.get(0, "name")
    default = arguments.get(1, keyword)
    if isinstance(default, Constant) and default.value is None:
        default = None
    if name == _STARLETTE and len(arguments.positional) > 1:
        default = arguments.get(2, keyword)  # config("NAME", cast, default)
    return environment_value(variable, default, anchor)


def environment_value(variable: Value | None, default: Value | None, anchor: NodeAnchor) -> Value:
    """An environment variable read at ``anchor``."""
    if not isinstance(variable, Text):
        return (
            Unknown("environment variable with a computed name", origin=Origin("variable"))
            if default is None
            else choice([default, Unknown("environment", origin=Origin("environment"))])
        )
    step = Step(f"`{variable.text}` is read from the environment here", anchor, read=variable.text)
    return EnvVar(variable.text, default, (step,))
