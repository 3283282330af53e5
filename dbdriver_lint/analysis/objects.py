"""Classes, instances and modules of the project: their attributes, and what calling them gives.

An instance is not made when its class is called, but when one of its attributes is asked for, and
then only as far as that attribute needs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis import fields, strings
from dbdriver_lint.analysis.changes import may_change
from dbdriver_lint.analysis.layer import MAX_NESTING, Layer
from dbdriver_lint.analysis.program import ClassRecord, FunctionRecord, InstanceRecord, ModuleRecord
from dbdriver_lint.analysis.relevance import speaks_of_databases
from dbdriver_lint.analysis.values import (
    TEXTUAL,
    Arguments,
    Choice,
    EnvVar,
    Object,
    Step,
    Text,
    Unknown,
    Value,
    choice,
    options,
    unknown_attribute,
    with_step,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from dbdriver_lint.analysis.frames import Frame

#: Decorators that make an attribute of a method.
PROPERTIES = frozenset(
    {
        "property",
        "functools.cached_property",
        "builtins.property",
        "sqlalchemy.ext.hybrid.hybrid_property",
        "pydantic.computed_field",
    }
)
#: How long a line of ancestors is followed.
MAX_BASES = 10


class Objects(Layer):
    """The part of the interpreter that knows objects."""

    # Attributes

    def object_attribute(self, value: Object, name: str, node: cst.CSTNode, frame: Frame) -> Value:
        """``value.name`` of a module, class or instance."""
        definition = value.definition
        if isinstance(definition, ModuleRecord):
            return _read(self.module_attribute(definition, name), f"{definition.name}.{name}", node, frame)
        if isinstance(definition, ClassRecord):
            wanted = _made_for(frame) if name == "__init__" else None  # Base.__init__(self)
            found = self._as_far_as(definition, name, wanted or name)
            if found is None:
                return unknown_attribute(name, of=value.name)
            return self._unless_changed(self._bind(found, value, frame), definition, name, frame)
        if isinstance(definition, InstanceRecord):
            if definition.presumed and not speaks_of_databases(name):
                return unknown_attribute(name, of=value.name)
            found = self.instance_attribute(value, definition, name, frame)
            if found is None and not name.startswith("__"):
                found = self._computed(value, definition, name, frame)
            if found is None:
                return unknown_attribute(name, of=definition.owner.name)
            known = self._bind(found, value, frame)
            if definition.wanted is None:
                known = self._unless_changed(known, definition.owner, name, frame)
            return _read(known, f"{definition.owner.name}.{name}", node, frame)
        if value.kind == "super":
            found = self._inherited(value, name)
            return unknown_attribute(name) if found is None else self._bind(found, value.definition[1], frame)  # type: ignore[index]
        return unknown_attribute(name)

    def _unless_changed(self, value: Value, owner: ClassRecord, name: str, frame: Frame) -> Value:
        """An attribute as its class gives it; it may be another one where other code may set it."""
        if not any(isinstance(option, TEXTUAL) for option in options(value)) or fields.is_enumeration(owner):
            return value
        reader = frame.module.parsed.source.text if frame.module.parsed is not None else ""
        classes = [
            (klass.module.parsed.source.text, klass.name)
            for klass in self.ancestors(owner, name)
            if klass.module.parsed is not None
        ]
        return choice([value, Unknown(f"{name} may be set elsewhere")]) if may_change(name, classes, reader) else value

    def _inherited(self, value: Object, name: str) -> Value | None:
        """``super().name``: what the bases of the class have."""
        assert isinstance(value.definition, tuple)
        owner, receiver = value.definition
        record = receiver.definition
        wanted = record.wanted if isinstance(record, InstanceRecord) and record.wanted is not None else name
        bases = list(self.ancestors(owner, wanted))[1:]
        return next((v for klass in bases if (v := klass.env.own(name)) is not None), None)

    def member(self, record: ClassRecord, name: str) -> ClassRecord:
        """``record`` with the text that its member ``name`` needs, where its module was only parsed in part."""
        module = record.module
        if not module.partial or record.env.parent is not module.env:
            return record
        part = self.part(module, record.name, name)
        found = part.env.own(record.name) if part is not None else None
        if isinstance(found, Object) and isinstance(found.definition, ClassRecord):
            return found.definition
        return record

    def ancestors(self, record: ClassRecord, name: str, depth: int = 0) -> Iterator[ClassRecord]:
        """The class and its first-party bases, nearest first, each as far as the member ``name`` needs it."""
        record = self.member(record, name)
        yield record
        if depth < MAX_BASES:
            for base in record.bases:
                for option in options(base):
                    if isinstance(option, Object) and isinstance(option.definition, ClassRecord):
                        yield from self.ancestors(option.definition, name, depth + 1)

    def class_attribute(self, record: ClassRecord, name: str) -> Value | None:
        """A name of a class or of its bases; None where no first-party class has it."""
        return self._as_far_as(record, name, name)

    def _as_far_as(self, record: ClassRecord, name: str, member: str) -> Value | None:
        """A name of a class or of its bases as far as ``member`` needs them."""
        return next((v for klass in self.ancestors(record, member) if (v := klass.env.own(name)) is not None), None)

    def instance_attribute(self, value: Object, record: InstanceRecord, name: str, frame: Frame) -> Value | None:
        """An attribute as ``__init__``, the generated ``__init__`` or the class gives it; None without one."""
        found = record.attributes.get(name)
        if found is None and name not in record.asked:
            record.asked.add(name)
            if record is record.owner.by_default and self._nesting < MAX_NESTING:
                record.attributes[name] = Unknown("it needs itself")
                found = self.made_apart(value, record, name)
                del record.attributes[name]
            else:
                found = self.made_attribute(value, record, name, frame)
            if found is not None:
                record.attributes[name] = found
        if found is None and record.wanted is not None:
            # the part of the class that gives the wanted attribute has in full the methods that set it
            found = self._as_far_as(record.owner, name, record.wanted)
        if found is None:
            found = self.class_attribute(record.owner, name)
        return found

    def made_attribute(self, value: Object, record: InstanceRecord, name: str, frame: Frame) -> Value | None:
        """An attribute as an object gets it when it is made; None where that says nothing of it."""
        return None if self._is_plain_method(record.owner, name) else self._initialised(value, record, name, frame)

    def _is_plain_method(self, owner: ClassRecord, name: str) -> bool:
        """Whether a name is a method that nothing in the modules of its class may bind anew: it is only called."""
        classes = list(self.ancestors(owner, name))
        found = next((v for klass in classes if (v := klass.env.own(name)) is not None), None)
        if not (isinstance(found, Object) and isinstance(found.definition, FunctionRecord)):
            return False
        bound = re.compile(rf"\.{name}\b(?!\s*\()")
        texts = {klass.module.parsed.source.text for klass in classes if klass.module.parsed is not None}
        return not any(bound.search(text) for text in texts)

    def _computed(self, value: Object, record: InstanceRecord, name: str, frame: Frame) -> Value | None:
        """What ``__getattr__`` gives for an attribute that is nowhere set: settings that are read late."""
        found = self.class_attribute(record.owner, "__getattr__")
        if not (isinstance(found, Object) and isinstance(found.definition, FunctionRecord)):
            return None
        asked = strings.text_of(name)
        return self.call_function(found.definition, [asked], {}, depth=frame.depth, bound=value)

    def _initialised(self, value: Object, record: InstanceRecord, name: str, frame: Frame) -> Value | None:
        """The attribute ``name`` after ``__init__`` has run."""
        init = self._as_far_as(record.owner, "__init__", name)
        if not (isinstance(init, Object) and isinstance(init.definition, FunctionRecord)):
            return fields.generated_attribute(self, record, name, frame)
        # of a module parsed in part, what ``__init__`` was cut down to says nothing of the other attributes
        made = InstanceRecord(record.owner, record.positional, record.keywords, record.open, asked=record.asked)
        made.wanted = name
        with self.making():
            self.call_function(
                init.definition,
                made.positional,
                dict(made.keywords),
                depth=frame.depth,
                bound=Object("instance", value.name, made),
                open_arguments=made.open,
            )
        found = made.attributes.get(name)
        if record.owner.module.partial:
            made.attributes = {} if found is None else {name: found}
        record.attributes.update(made.attributes)
        record.asked.update(made.attributes)
        # an ``__init__`` of its own calls that of the settings or the model, which sets the fields
        if found is not None:
            return found
        found = fields.generated_attribute(self, record, name, frame)
        if found is not None and fields.names(init.definition, name):
            return choice([found, Unknown("what __init__ hands on")])
        return found

    def _bind(self, found: Value, receiver: Object, frame: Frame) -> Value:
        """A function found on a class becomes a method; a property is called."""
        if isinstance(found, Choice):
            return choice([self._bind(option, receiver, frame) for option in found.options])
        if not (isinstance(found, Object) and isinstance(found.definition, FunctionRecord)):
            return found
        record = found.definition
        if record.owner is None:
            return found
        instance = receiver.kind == "instance"
        if instance and any(d in PROPERTIES for d in record.decorators):
            return self.call_function(record, [], {}, depth=frame.depth, bound=receiver)
        if "staticmethod" in record.decorators:
            return found
        if instance or "classmethod" in record.decorators:
            return Object("method", found.name, (record, receiver))
        return found

    # Calls

    def call_object(self, callee: Object, arguments: Arguments, frame: Frame) -> Value:
        """What calling a function, method or class of the project gives."""
        definition = callee.definition
        positional = arguments.positional
        if isinstance(definition, ClassRecord):
            if positional and fields.is_enumeration(definition):
                return choice([_member(option) for option in options(positional[0])])
            if positional or arguments.keywords or arguments.open:
                made = InstanceRecord(definition, positional, arguments.keywords, arguments.open)
            else:
                made = definition.by_default = definition.by_default or InstanceRecord(definition)
            return Object("instance", definition.name, made)
        bound: Value | None = None
        if isinstance(definition, tuple):
            definition, bound = definition
        elif isinstance(definition, FunctionRecord) and definition.owner is not None and positional:
            if "staticmethod" not in definition.decorators:
                bound, positional = positional[0], positional[1:]
        elif isinstance(definition, InstanceRecord):
            found = self.class_attribute(definition.owner, "__call__")
            if not (isinstance(found, Object) and isinstance(found.definition, FunctionRecord)):
                return Unknown(f"result of {callee.name}")
            definition, bound = found.definition, callee
        if not isinstance(definition, FunctionRecord):
            return Unknown(f"result of {callee.name}")
        return self.call_function(
            definition,
            positional,
            dict(arguments.keywords),
            depth=frame.depth,
            bound=bound,
            open_arguments=arguments.open,
        )


def _made_for(frame: Frame) -> str | None:
    """The attribute for which the object of the method that is run is being made; None for any other method."""
    receiver = frame.receiver()
    record = receiver.definition if isinstance(receiver, Object) else None
    return record.wanted if isinstance(record, InstanceRecord) else None


def _member(value: Value) -> Value:
    """The member of an enumeration with this value, which stands for it."""
    return value if isinstance(value, (Text, EnvVar)) else Unknown("member of an enumeration", value.steps)


def _read(value: Value, path: str, node: cst.CSTNode, frame: Frame) -> Value:
    if isinstance(value, TEXTUAL):
        return with_step(value, Step(f"`{path}` is read here", frame.anchor(node)))
    return value
