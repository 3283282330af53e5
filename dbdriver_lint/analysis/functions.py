"""Functions of the project: what their parameters are given, and what a call of them gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.assignments import is_being_made
from dbdriver_lint.analysis.fields import has_fields
from dbdriver_lint.analysis.frames import Frame
from dbdriver_lint.analysis.program import ClassRecord, Deferred, Env, FunctionRecord, InstanceRecord
from dbdriver_lint.analysis.relevance import call_may_matter
from dbdriver_lint.analysis.statements import MAX_STEPS, Statements
from dbdriver_lint.analysis.symbols import ANNOTATED, canonical
from dbdriver_lint.analysis.tree import dotted, last_name
from dbdriver_lint.analysis.values import (
    Constant,
    Dictionary,
    Items,
    Object,
    Result,
    Symbol,
    Unknown,
    Value,
    brought,
    choice,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How deep calls of the project's own functions are followed.
MAX_DEPTH = 8
#: Decorators that leave the function's result as it is.
_TRANSPARENT = frozenset(
    {
        "functools.lru_cache",
        "functools.cache",
        "functools.cached_property",
        "functools.wraps",
        "staticmethod",
        "classmethod",
        "property",
        "abc.abstractmethod",
        "typing.override",
        "typing_extensions.override",
        "typing.final",
        "pydantic.computed_field",
        "pydantic.field_validator",
        "pydantic.model_validator",
        "pydantic.validator",
        "pydantic.v1.validator",
        "pydantic.root_validator",
        "pydantic.v1.root_validator",
        "async_lru.alru_cache",
        "contextlib.contextmanager",
        "contextlib.asynccontextmanager",
    }
)
#: The last names of annotations that say what a parameter is; an alias (``SessionDep``) is seen by what it speaks of.
_ANNOTATIONS = frozenset(name.rpartition(".")[2] for name in ANNOTATED)
_SPEAKS_OF_ONE = re.compile("session|engine|connection", re.IGNORECASE)
_CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
#: The last names of annotations that say by which class a parameter is configured.
_CONFIGURATION = re.compile("config|settings|credentials|connection|database", re.IGNORECASE)
#: A parameter's default that says which function provides it.
_DEPENDENCIES = frozenset({"fastapi.Depends", "fastapi.params.Depends", "fastapi.Security"})


class Functions(Statements):
    """The part of the interpreter that runs functions of the project."""

    _active: list[FunctionRecord | ClassRecord]

    def alone(self, record: FunctionRecord) -> Frame:
        """An activation of a function that is looked at by itself, its parameters unknown."""
        return self._function_frame(record, [], {}, depth=0, bound=None, open_arguments=True)

    def call_function(
        self,
        record: FunctionRecord,
        positional: Sequence[Value],
        keywords: dict[str, Value],
        *,
        depth: int,
        bound: Value | None = None,
        open_arguments: bool = False,
        provides: bool = False,
    ) -> Value:
        """What a call of a first-party function gives; Unknown beyond the bounds or in a recursion."""
        if depth >= MAX_DEPTH or record in self._active or self.steps > MAX_STEPS:
            return Unknown("too deep")
        if not is_being_made(bound) and not call_may_matter(record, [*positional, *keywords.values()]):
            return Unknown(f"result of {record.name}")
        if any(name is None or name not in _TRANSPARENT for name in record.decorators):
            return Unknown(f"result of the decorated function {record.name}")
        frame = self._function_frame(
            record, positional, keywords, depth=depth + 1, bound=bound, open_arguments=open_arguments
        )
        frame.gives_yielded = provides or not _CONTEXT_MANAGERS.isdisjoint(record.decorators)
        self._active.append(record)
        try:
            return self.run_body(record, frame)
        finally:
            self._active.pop()

    def run_body(self, record: FunctionRecord, frame: Frame) -> Value:
        """Execute a function's body in an activation of it, and what that gives."""
        node = record.node
        if isinstance(node, cst.Lambda):
            return self.evaluate(node.body, frame)
        alive = self.suite(node.body, frame)
        if frame.yields:
            return choice(frame.yielded) if frame.gives_yielded and frame.yielded else Unknown("generator")
        if alive or not frame.returns:
            frame.returns.append(Constant(None))
        return choice(frame.returns)

    def _function_frame(
        self,
        record: FunctionRecord,
        positional: Sequence[Value],
        keywords: dict[str, Value],
        *,
        depth: int,
        bound: Value | None,
        open_arguments: bool,
    ) -> Frame:
        env = Env("function", record.env)
        frame = Frame(record.module, env, depth=depth, function=record, owner=record.owner)
        parameters = record.node.params
        names = [*parameters.posonly_params, *parameters.params]
        values = list(positional)
        if (
            record.owner is not None
            and "staticmethod" not in record.decorators
            and isinstance(record.node, cst.FunctionDef)
        ):
            if bound is None:
                owner = record.owner
                owner.any_instance = owner.any_instance or InstanceRecord(owner, open=True)
                bound = Object("instance", owner.name, owner.any_instance)
            if "classmethod" in record.decorators:
                bound = Object("class", record.owner.name, record.owner)
            values.insert(0, bound)
        for index, parameter in enumerate(names):
            name = parameter.name.value
            if index < len(values):
                env.vars[name] = values[index]
            else:
                env.vars[name] = self._argument(record, parameter, keywords, open_arguments)
        for parameter in parameters.kwonly_params:
            env.vars[parameter.name.value] = self._argument(record, parameter, keywords, open_arguments)
        if isinstance(parameters.star_arg, cst.Param):
            rest = tuple(values[len(names) :])
            env.vars[parameters.star_arg.name.value] = Items(rest, open=open_arguments)
        if parameters.star_kwarg is not None:
            own = {parameter.name.value for parameter in (*parameters.params, *parameters.kwonly_params)}
            others = {name: value for name, value in keywords.items() if name not in own}
            rest_of_them = Unknown("parameter") if open_arguments else Dictionary(others)
            env.vars[parameters.star_kwarg.name.value] = rest_of_them
        return frame

    def _argument(
        self, record: FunctionRecord, parameter: cst.Param, keywords: dict[str, Value], open_arguments: bool
    ) -> Value | Deferred:
        name = parameter.name.value
        if name in keywords:
            return keywords[name]
        default = record.defaults.get(name)
        if default is not None and not open_arguments:
            return default
        annotation = parameter.annotation
        if annotation is not None:
            known = self._annotated(annotation.annotation, Frame(record.module, record.env))
            if known is not None:
                return known
        provided = self._provided(default)
        if provided is not None:
            return provided
        unknown = brought("parameter", name)
        if default is not None and not (isinstance(default, Constant) and default.value is None):
            return choice([default, unknown])
        configuration = None if annotation is None else _configuration(annotation.annotation)
        if configuration is None:
            return unknown
        frame = Frame(record.module, record.env)
        return Deferred(lambda: self._by_default(configuration, unknown, frame), costly=True)

    def _by_default(self, annotation: cst.BaseExpression, unknown: Unknown, frame: Frame) -> Value:
        """What a parameter is whose annotation is a class with fields: one with all its defaults, or any other."""
        made = self.evaluate(annotation, frame)
        if not (isinstance(made, Object) and isinstance(made.definition, ClassRecord)):
            return unknown
        if not has_fields(made.definition):
            return unknown
        return choice([Object("instance", made.name, InstanceRecord(made.definition, presumed=True)), unknown])

    def _provided(self, default: Value | None) -> Value | None:
        """What ``= Depends(function)`` gives; None for any other default."""
        if not isinstance(default, Result) or default.of not in _DEPENDENCIES or default.call is None:
            return None
        provider = default.call.positional[0] if default.call.positional else None
        if isinstance(provider, Object) and isinstance(provider.definition, FunctionRecord):
            return self.call_function(provider.definition, [], {}, depth=1, open_arguments=True, provides=True)
        return Unknown("dependency")

    def _annotated(self, node: cst.BaseExpression, frame: Frame) -> Value | None:
        if isinstance(node, cst.Subscript) and node.slice:
            # Annotated[AsyncSession, Depends(...)], Optional[Engine]
            index = node.slice[0].slice
            if isinstance(index, cst.Index) and dotted(node.value) in (
                "Annotated",
                "typing.Annotated",
                "Optional",
                "typing.Optional",
            ):
                node = index.value
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return None
        name = last_name(node) or ""
        if name not in _ANNOTATIONS and not _SPEAKS_OF_ONE.search(name):
            return None
        value = self.evaluate(node, frame)
        if isinstance(value, Symbol) and canonical(value.name) in ANNOTATED:
            return Result(canonical(value.name))
        return None


def _configuration(annotation: cst.BaseExpression) -> cst.BaseExpression | None:
    """The class by which a parameter is configured: ``Settings`` of ``Optional[Settings]`` or ``Settings | None``."""
    node = annotation
    if isinstance(node, cst.Subscript) and last_name(node.value) in ("Optional", "Annotated"):
        index = node.slice[0].slice
        node = index.value if isinstance(index, cst.Index) else node
    if isinstance(node, cst.BinaryOperation):
        node = node.right if last_name(node.left) == "None" else node.left
    named = isinstance(node, (cst.Name, cst.Attribute)) and _CONFIGURATION.search(last_name(node) or "") is not None
    return node if named else None
