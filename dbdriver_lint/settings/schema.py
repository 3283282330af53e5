"""The JSON schema of the settings, for editors that complete and check TOML; generated from the model."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin, get_type_hints

from dbdriver_lint.records import MISSING, Field
from dbdriver_lint.settings.model import Selectors, Settings, key_of, setting_fields

_STRINGS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}


def json_schema() -> dict[str, Any]:
    """The schema of the table `[tool.dbdriver-lint]`, and of the whole of `dbdriver-lint.toml`."""
    types_ = get_type_hints(Settings)
    properties: dict[str, Any] = {
        "extend": {
            "description": "Settings file that this one builds on, relative to it; what is set here replaces what is set there.",
            "type": "string",
        }
    }
    for field in setting_fields():
        properties[key_of(field.name)] = _property(field, types_[field.name])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "dbdriver-lint",
        "description": "Settings of dbdriver-lint: [tool.dbdriver-lint] in pyproject.toml, or dbdriver-lint.toml.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _property(field: Field[Any], expected: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": field.metadata["doc"]}
    default: Any = None if field.default is MISSING else field.default
    if expected is bool:
        schema |= {"type": "boolean", "default": default}
    elif expected is str or get_origin(expected) in (Union, types.UnionType):
        schema["type"] = "string"
        if default is not None:
            schema["default"] = default
    elif get_args(expected)[0] is str:
        schema |= _STRINGS | {"default": list(default or ())}
    else:
        schema |= {"type": "object", "additionalProperties": _STRINGS, "default": {}}
    if expected == Selectors:
        schema["uniqueItems"] = True
    if "choices" in field.metadata:
        schema["enum"] = list(field.metadata["choices"])
    if "pattern" in field.metadata:
        schema["pattern"] = f"^{field.metadata['pattern']}$"
    if "example" in field.metadata:
        schema["examples"] = [field.metadata["example"]]
    return schema
