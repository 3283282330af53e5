"""Fields of classes whose ``__init__`` is generated: settings, models, dataclasses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.program import ClassRecord, FunctionRecord, InstanceRecord
from dbdriver_lint.analysis.symbols import canonical
from dbdriver_lint.analysis.values import (
    NONE,
    Arguments,
    Constant,
    Dictionary,
    EnvVar,
    Items,
    Object,
    Result,
    Symbol,
    Text,
    Unknown,
    Value,
    brought,
    choice,
    options,
)
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.layer import Layer

_SETTINGS = frozenset(
    {
        "pydantic_settings.BaseSettings",
        "pydantic_settings.main.BaseSettings",
        "pydantic.BaseSettings",
        "pydantic.v1.BaseSettings",
    }
)
_MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel", "sqlmodel.SQLModel"})
_DATACLASSES = frozenset(
    {
        "dataclasses.dataclass",
        "pydantic.dataclasses.dataclass",
        "attrs.define",
        "attrs.frozen",
        "attrs.mutable",
        "attr.s",
        "attr.define",
    }
)
_ENUMERATIONS = frozenset({"enum.Enum", "enum.StrEnum"})
_FIELD_FUNCTIONS = frozenset(
    {
        "pydantic.Field",
        "pydantic.fields.Field",
        "pydantic.v1.Field",
        "sqlmodel.Field",
        "dataclasses.field",
        "attrs.field",
        "attr.ib",
        "attr.field",
    }
)
_FIELD_VALIDATORS = frozenset({"pydantic.field_validator", "pydantic.validator", "pydantic.v1.validator"})
_WRITTEN = Unknown("what a validator writes")
_MODEL_VALIDATORS = frozenset({"pydantic.model_validator", "pydantic.root_validator", "pydantic.v1.root_validator"})


def base_symbols(record: ClassRecord, depth: int = 0) -> set[str]:
    """The foreign classes that a project class descends from."""
    found: set[str] = set()
    for base in record.bases:
        for option in options(base):
            if isinstance(option, Symbol):
                found.add(canonical(option.name))
            elif isinstance(option, Object) and isinstance(option.definition, ClassRecord) and depth < 10:
                found |= base_symbols(option.definition, depth + 1)
    return found


def is_settings(record: ClassRecord) -> bool:
    """Whether a class reads its fields from the environment."""
    return bool(base_symbols(record) & _SETTINGS)


def has_fields(record: ClassRecord) -> bool:
    """Whether a class has an ``__init__`` that sets its fields, to their defaults where nothing is given."""
    return not base_symbols(record).isdisjoint(_SETTINGS | _MODELS) or not _DATACLASSES.isdisjoint(record.decorators)


def is_enumeration(record: ClassRecord) -> bool:
    """Whether calling a class looks up a member by its value."""
    return bool(base_symbols(record) & _ENUMERATIONS)


def generated_attribute(interpreter: Layer, record: InstanceRecord, name: str, frame: Frame) -> Value | None:
    """What a generated ``__init__`` sets ``name`` to; None where it is no field.

    The variables of settings are those that are set beside their class, whoever reads them: what one file is told
    all others are told too, and each depends on the same files.
    """
    frame = Frame(record.owner.module, record.owner.env, depth=frame.depth)
    owners = list(interpreter.ancestors(record.owner, name))
    bases = base_symbols(record.owner)
    settings = bool(bases & _SETTINGS)
    if not (settings or bases & _MODELS or any(set(owner.decorators) & _DATACLASSES for owner in owners)):
        return None
    result = _field(interpreter, owners, record, name, frame, settings=settings)
    if settings or bases & _MODELS:
        if result is not None:
            result = _validated(interpreter, owners, record, name, result, frame)
        validators = list(_hooks(owners, _MODEL_VALIDATORS))
        for hook in (hook for hook in validators if not _is_after(hook) and name in _text(hook)):
            result = _around(interpreter, hook, name, result, frame)
        hooks = [*(hook for hook in validators if _is_after(hook)), *_methods(owners, "model_post_init")]
    else:
        hooks = _methods(owners, "__post_init__") or _methods(owners, "__attrs_post_init__")
    for hook in (hook for hook in hooks if name in _text(hook) or _hands_on(hook)):
        result = _after(interpreter, hook, record, name, result, frame)
    return result


def _field(
    interpreter: Layer, owners: list[ClassRecord], record: InstanceRecord, name: str, frame: Frame, *, settings: bool
) -> Value | None:
    """A field's value as it is given, read from the environment, or by default."""
    declared = any(name in klass.fields for klass in owners)
    owner = next((owner for owner in owners if name in owner.fields or owner.env.own(name) is not None), None)
    if owner is None or name in ("model_config", "Config"):
        return None
    default = owner.env.own(name)
    if not declared and (not settings or default is None or isinstance(default, Object)):
        return None
    given = record.keywords.get(name)
    if given is None and not settings and declared and record.positional:
        names = list(dict.fromkeys(field for klass in reversed(owners) for field in klass.fields))
        given = dict(zip(names, record.positional, strict=False)).get(name)
    if given is not None:
        return given
    known = _default(interpreter, default, frame)
    if isinstance(known, Object):
        return known  # settings inside settings
    if settings:
        steps = known.steps if known is not None else ()
        return interpreter.with_files(EnvVar(_variable(owners, name, default), known, steps, field=True), frame)
    if record.open or default is None:
        return brought("field", name)
    if known is None:
        return default if _is_none(default) else brought("field", name)
    return known


def _default(interpreter: Layer, value: Value | None, frame: Frame) -> Value | None:
    """The default of a field, also inside ``Field(default=…)``; None where there is none."""
    if value is None or _is_none(value):
        return None
    if isinstance(value, Result) and value.of in _FIELD_FUNCTIONS and value.call is not None:
        found = value.call.positional[0] if value.call.positional else value.call.keywords.get("default")
        if found is None:
            factory = value.call.keywords.get("default_factory")
            if isinstance(factory, Object):
                return interpreter.call_object(factory, Arguments(), frame)
            return None if factory is None else Unknown("default factory")
        return None if isinstance(found, Unknown) or _is_none(found) or _is_ellipsis(found) else found
    return None if _is_ellipsis(value) else value


def _variable(owners: list[ClassRecord], name: str, default: Value | None) -> str:
    """The environment variable of a settings field: its alias, else its name with the class's prefix."""
    if isinstance(default, Result) and default.of in _FIELD_FUNCTIONS and default.call is not None:
        for keyword in ("validation_alias", "alias", "env"):
            alias = default.call.keywords.get(keyword)
            if isinstance(alias, Result) and alias.call is not None and alias.call.positional:
                alias = alias.call.positional[0]  # AliasChoices("A", "B")
            if isinstance(alias, Items) and alias.items:
                alias = alias.items[0]
            if isinstance(alias, Text):
                return alias.text.upper()
    prefix = _config(owners, "env_prefix")
    if isinstance(prefix, Text):
        return f"{prefix.text}{name}".upper()
    return name.upper()


def _config(owners: list[ClassRecord], option: str) -> Value | None:
    """An option of ``model_config``, ``class Config`` or the class statement, nearest class first."""
    for owner in owners:
        if option in owner.keywords:
            return owner.keywords[option]
        config = owner.env.own("model_config")
        found: Value | None = None
        if isinstance(config, Result) and config.call is not None:
            found = config.call.keywords.get(option)
        elif isinstance(config, Dictionary):
            found = config.items.get(option)
        if found is not None:
            return found
        inner = owner.env.own("Config")
        if isinstance(inner, Object) and isinstance(inner.definition, ClassRecord):
            found = inner.definition.env.own(option)
            if found is not None:
                return found
    return None


# Validators


def _hooks(owners: list[ClassRecord], kinds: frozenset[str]) -> Iterator[FunctionRecord]:
    """The validators of a class and its bases, each once."""
    seen: set[str] = set()
    for owner in owners:
        for name, value in owner.env.vars.items():
            if name in seen or not (isinstance(value, Object) and isinstance(value.definition, FunctionRecord)):
                continue
            if any(decorator in kinds for decorator in value.definition.decorators):
                seen.add(name)
                yield value.definition


def _validated(
    interpreter: Layer, owners: list[ClassRecord], record: InstanceRecord, name: str, value: Value, frame: Frame
) -> Value:
    """A field's value after its validators, which settings run on defaults too."""
    for hook in _hooks(owners, _FIELD_VALIDATORS):
        named = {a.text for call in hook.decorator_calls for a in call.positional if isinstance(a, Text)}
        if not named & {name, "*"}:
            continue
        arguments = [_others(interpreter, owners, record, name, hook, frame)]
        klass = Object("class", record.owner.name, record.owner)

        def run(
            given: Value, hook: FunctionRecord = hook, rest: list[Value] = arguments, klass: Object = klass
        ) -> Value:
            count = max(len(hook.node.params.params) - 1, 1)
            return interpreter.call_function(hook, [given, *rest][:count], {}, depth=frame.depth, bound=klass)

        if isinstance(value, EnvVar):
            raw = copy(value, default=None, in_files=None)
            default = run(value.default if value.default is not None else NONE)
            in_files = run(value.in_files) if value.in_files is not None else None
            value = copy(
                value,
                default=None if _is_none(default) or isinstance(default, Unknown) else default,
                in_files=None if isinstance(in_files, Unknown) else in_files,
                checked=True,
                rewritten=value.rewritten or run(raw) != raw,
            )
        else:
            value = choice([run(option) for option in options(value)])
    return value


def _others(
    interpreter: Layer, owners: list[ClassRecord], record: InstanceRecord, name: str, hook: FunctionRecord, frame: Frame
) -> Value:
    """The values of the other fields that it names, as a validator is given them: ``values``, or ``info.data``."""
    settings = is_settings(record.owner)
    text = _text(hook)
    names = [field for owner in reversed(owners) for field in owner.fields if field != name and field in text]
    found = {field: _field(interpreter, owners, record, field, frame, settings=settings) for field in names}
    data = Dictionary({field: value for field, value in found.items() if value is not None}, open=True)
    if "pydantic.field_validator" not in hook.decorators:
        return data
    return Object("instance", "ValidationInfo", InstanceRecord(record.owner, attributes={"data": data}))


def _text(hook: FunctionRecord) -> str:
    parsed = hook.module.parsed
    return "" if parsed is None else NodeAnchor(parsed, hook.node).text


def names(function: FunctionRecord, field: str) -> bool:
    """Whether a function's text has the name of a field."""
    return re.search(rf"\b{field}\b", _text(function)) is not None


def _hands_on(hook: FunctionRecord) -> bool:
    """Whether a method calls further ones of its object, which may set what it does not name."""
    parameters = hook.node.params.params
    receiver = re.escape(parameters[0].name.value) if parameters else "self"
    return re.search(rf"\b(?:{receiver}\s*\.\s*\w+|super)\s*\(", _text(hook)) is not None


def _methods(owners: list[ClassRecord], name: str) -> list[FunctionRecord]:
    """The method of that name, of the nearest class that has it."""
    found = next((v for owner in owners if (v := owner.env.own(name)) is not None), None)
    definition = found.definition if isinstance(found, Object) else None
    return [definition] if isinstance(definition, FunctionRecord) else []


def _around(interpreter: Layer, hook: FunctionRecord, name: str, value: Value | None, frame: Frame) -> Value | None:
    """A field after a validator that gives all the values anew, as a dictionary: what it writes there is the field."""
    given = Dictionary({} if _is_before(hook) or value is None else {name: value}, open=True)
    klass = Object("class", hook.owner.name, hook.owner) if hook.owner is not None else None
    made = interpreter.call_function(hook, [given], {}, depth=frame.depth, bound=klass, open_arguments=True)
    if value is None:
        return None
    found = [option.items.get(name, value) if isinstance(option, Dictionary) else _WRITTEN for option in options(made)]
    return choice(found)


def _is_before(hook: FunctionRecord) -> bool:
    modes = [call.keywords.get("mode") or call.keywords.get("pre") for call in hook.decorator_calls]
    return any(
        (isinstance(mode, Text) and mode.text == "before") or (isinstance(mode, Constant) and mode.value is True)
        for mode in modes
    )


def _is_after(hook: FunctionRecord) -> bool:
    modes = [call.keywords.get("mode") for call in hook.decorator_calls]
    return any(isinstance(mode, Text) and mode.text == "after" for mode in modes)


def _after(
    interpreter: Layer, hook: FunctionRecord, record: InstanceRecord, name: str, value: Value | None, frame: Frame
) -> Value | None:
    """An attribute after a method that runs on the new object has run."""
    made = InstanceRecord(record.owner, record.positional, record.keywords, record.open, asked=record.asked)
    made.wanted = name
    if value is not None:
        made.attributes[name] = value
    with interpreter.making():
        bound = Object("instance", record.owner.name, made)
        given = interpreter.call_function(hook, [], {}, depth=frame.depth, bound=bound, open_arguments=True)
    if any(not _is_none(option) and not _is_of(option, made) for option in options(given)):
        return _WRITTEN  # another object takes its place: `self.model_copy(update=…)`
    return made.attributes.get(name, value)


def _is_of(value: Value, record: InstanceRecord) -> bool:
    return isinstance(value, Object) and value.definition is record


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def _is_ellipsis(value: Value) -> bool:
    return isinstance(value, Unknown) and value.reason == "Ellipsis"
