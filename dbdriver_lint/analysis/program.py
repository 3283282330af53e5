"""The records of what a program defines: modules, functions, classes, instances and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from dbdriver_lint.analysis.values import CallRecord, Choice, Unknown, Value, choice, options
from dbdriver_lint.records import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import libcst as cst

    from dbdriver_lint.source.parse import ParsedModule


#: How many names are found one through the other; what is further away is unknown, else Python's stack would end.
MAX_CHAIN = 50


class Deferred:
    """A name whose value is found when it is first read: an assignment, an import from another file.

    ``costly`` says that finding it may run much: no condition that has nothing to do with databases asks for it.
    ``source`` is the expression that was assigned, with the names as they were there; ``narrows`` is what the
    name held before a condition said more of it.
    """

    __slots__ = ("_find", "_value", "costly", "narrows", "source")

    _chain: ClassVar[int] = 0
    """How many are being found, each for the one before it."""

    def __init__(
        self,
        find: Callable[[], Value],
        *,
        costly: bool = False,
        source: tuple[cst.BaseExpression, Env] | None = None,
        narrows: Value | Deferred | None = None,
    ) -> None:
        self._find = find
        self._value: Value | None = None
        self.costly = costly
        self.source = source
        self.narrows = narrows

    @property
    def is_pending(self) -> bool:
        """Whether nobody has asked for the value yet."""
        return self._value is None

    def force(self) -> Value:
        """The value; looked up once. An import cycle gives Unknown, and so does too long a chain, for who asks so."""
        if self._value is None:
            if Deferred._chain >= MAX_CHAIN:
                return Unknown("too long a chain of assignments")
            self._value = Unknown("import cycle")
            Deferred._chain += 1
            try:
                self._value = self._find()
            finally:
                Deferred._chain -= 1
        return self._value


def either(first: Value | Deferred, second: Value | Deferred) -> Value | Deferred:
    """One of two values; computed when it is asked for, if one of them is."""
    if isinstance(first, Deferred) or isinstance(second, Deferred):
        same = unnarrowed(first) is unnarrowed(second)
        return Deferred(
            lambda: _joined(first, second, unnarrowed(first) if same else None),
            source=source_of(first) if same else None,
            narrows=unnarrowed(first) if same else None,
        )
    return choice([first, second])


def _joined(first: Value | Deferred, second: Value | Deferred, whole: Value | Deferred | None) -> Value:
    """One of two values; where both are parts of one, in the order of that one."""
    joined = choice([_forced(first), _forced(second)])
    if whole is None or not isinstance(joined, Choice):
        return joined
    order = list(options(_forced(whole)))
    return replace(
        joined, options=tuple(sorted(joined.options, key=lambda o: order.index(o) if o in order else len(order)))
    )


def narrowed(value: Value, before: Value | Deferred | None) -> Value | Deferred:
    """What a name holds where a condition says more of it than ``before``, which it is all the same."""
    if before is None:
        return value
    return Deferred(lambda: value, source=source_of(before), narrows=unnarrowed(before))


def unnarrowed(binding: Value | Deferred | None) -> Value | Deferred | None:
    """What a name was given, whatever conditions say of it here."""
    return binding.narrows if isinstance(binding, Deferred) and binding.narrows is not None else binding


def source_of(binding: Value | Deferred | None) -> tuple[cst.BaseExpression, Env] | None:
    """The expression that a name was given, with the names as they were there."""
    return binding.source if isinstance(binding, Deferred) else None


def _forced(value: Value | Deferred) -> Value:
    return value.force() if isinstance(value, Deferred) else value


class Env:
    """The names of one scope, and the scope around it.

    Attributes that were assigned in this scope are kept under their dotted text (``self.url``).
    """

    __slots__ = ("kind", "parent", "vars", "wildcards")

    def __init__(self, kind: str, parent: Env | None) -> None:
        self.kind = kind
        self.parent = parent
        self.vars: dict[str, Value | Deferred] = {}
        #: Modules imported with ``*``: asked when a name is not found.
        self.wildcards: list[Callable[[str], Value | None]] = []

    def own(self, name: str) -> Value | None:
        """The value of a name of this very scope."""
        value = self.vars.get(name)
        if isinstance(value, Deferred):
            return value.force()
        if value is None:
            for wildcard in reversed(self.wildcards):
                found = wildcard(name)
                if found is not None:
                    return found
        return value

    def lookup(self, name: str) -> Value | None:
        """The value of a name as code in this scope reads it; None where it is not bound."""
        env: Env | None = self
        while env is not None:
            # a class body is seen by itself, not by the functions in it
            if env is self or env.kind != "class":
                value = env.own(name)
                if value is not None:
                    return value
            env = env.parent
        return None

    def read(self, path: str) -> Value | None:
        """The value of a name, or of an attribute that was set or narrowed here; None where there is none."""
        value = self.vars.get(path)
        if isinstance(value, Deferred):
            value = value.force()
        return value if value is not None or "." in path else self.lookup(path)

    def binding(self, name: str) -> Value | Deferred | None:
        """What a name holds as code in this scope reads it, whether or not anybody has asked for its value."""
        env: Env | None = self
        while env is not None:
            value = env.vars.get(name)
            if value is not None and (env is self or env.kind != "class"):
                return value
            env = env.parent
        return None

    def pending(self, name: str) -> Deferred | None:
        """What a name waits for, where nobody has asked for its value yet."""
        value = self.binding(name)
        return value if isinstance(value, Deferred) and value.is_pending else None

    def closure(self) -> Env:
        """The scope that a function defined here closes over."""
        env = self
        while env.kind == "class" and env.parent is not None:
            env = env.parent
        return env


@dataclass(slots=True, eq=False)
class ModuleRecord:
    """A first-party module: its syntax, where it was parsed, and its names, once it ran."""

    name: str
    path: str
    parsed: ParsedModule | None = None
    env: Env = field(default_factory=lambda: Env("module", None))
    is_package: bool = False
    executed: bool = False
    partial: bool = False
    """Only what one name needs was parsed; its classes lack the members that nobody asked for."""
    needs: frozenset[ModuleRecord] = frozenset()
    """The parts of modules that it took to run this one."""
    #: Names that functions assign through ``global``: their module-level value may change.
    rebound: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class FunctionRecord:
    """A function or lambda of the project."""

    name: str
    module: ModuleRecord
    node: cst.FunctionDef | cst.Lambda
    env: Env
    owner: ClassRecord | None = None
    is_async: bool = False
    #: Canonical names of the decorators; None for one that is not known.
    decorators: tuple[str | None, ...] = ()
    decorator_calls: tuple[CallRecord, ...] = ()
    """Those of the decorators that are calls, with their arguments."""
    defaults: dict[str, Value] = field(default_factory=dict)
    relevant: bool | None = None
    """Whether it may have to do with databases; None before anyone asked."""


@dataclass(slots=True, eq=False)
class ClassRecord:
    """A class of the project."""

    name: str
    module: ModuleRecord
    node: cst.ClassDef
    env: Env
    bases: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    decorators: tuple[str | None, ...] = ()
    #: Annotated fields in order, with their annotation.
    fields: dict[str, cst.BaseExpression] = field(default_factory=dict)
    any_instance: InstanceRecord | None = None
    """What ``self`` is in a method that is looked at by itself."""
    by_default: InstanceRecord | None = None
    """What calling it without an argument gives: to all who do, since an object is made as far as it is asked for."""


@dataclass(slots=True, eq=False)
class InstanceRecord:
    """An object of a project class: how it was made, and the attributes that were asked for so far."""

    owner: ClassRecord
    positional: Sequence[Value] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    open: bool = False
    """There may be arguments that are not known."""
    attributes: dict[str, Value] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    presumed: bool = False
    """Nobody saw it made: what it gives on the way to a database is as if by default, all else is not asked for."""
    wanted: str | None = None
    """It is being made for this attribute: what is assigned to its attributes now is what they are."""


class Importer(Protocol):
    """How the interpreter finds other first-party modules."""

    def find(self, name: str, level: int, importer: ModuleRecord) -> ModuleRecord | None:
        """The module ``name`` (``level`` dots before it) as ``importer`` would import it, else None."""
        ...

    def holding(self, module: ModuleRecord, name: str, member: str | None = None) -> ModuleRecord | None:
        """``module`` parsed as far as ``name`` needs it, to be run; None where it cannot have the name.

        Of a class nothing but its header is needed, and its ``member`` if one is given.
        """
        ...

    def environment(self, module: ModuleRecord, name: str) -> Value | None:
        """What files beside ``module``'s code set an environment variable to; None where they do not."""
        ...


class NoImports:
    """An importer that knows no other module: every import is foreign."""

    def find(self, name: str, level: int, importer: ModuleRecord) -> ModuleRecord | None:
        """Nothing."""
        return None

    def holding(self, module: ModuleRecord, name: str, member: str | None = None) -> ModuleRecord | None:
        """Nothing."""
        return None

    def environment(self, module: ModuleRecord, name: str) -> Value | None:
        """Nothing."""
        return None
