"""What a condition says of the names in it: which branch is taken, and what they can be there."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.expressions import Expressions
from dbdriver_lint.analysis.program import Deferred, Env, FunctionRecord, narrowed, source_of, unnarrowed
from dbdriver_lint.analysis.relevance import expression_may_matter, speaks_of_databases
from dbdriver_lint.analysis.tree import descendants, dotted, last_name, of_syntax
from dbdriver_lint.analysis.values import (
    Choice,
    EnvVar,
    Hole,
    Items,
    Object,
    Piece,
    Template,
    Text,
    Unknown,
    Url,
    Value,
    choice,
    options,
)
from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.records import replace as copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dbdriver_lint.analysis.frames import Frame


#: Of how many assignments, each of what the one before it gave, a condition narrows what they began with.
MAX_DISTANCE = 3
#: Methods that leave the scheme of a URL as it is, as far as anybody writes it.
_SAME_SCHEME = frozenset({"lower", "casefold", "strip"})


#: Words of what tells one database from another, which documentation is not.
_DATABASES = re.compile("dialect|driver|scheme|backend|sqlite|postgres|mysql", re.IGNORECASE)
_LONG_TEXT = ('"""', "'''")


class Conditions(Expressions):
    """The part of the interpreter that narrows values."""

    def assume(self, test: cst.BaseExpression, wanted: bool, frame: Frame) -> bool:
        """Narrow the names in ``test`` to what they can be where it is ``wanted``.

        Answers False where nothing is left: the branch is never taken.
        """
        if type(test) is cst.UnaryOperation and type(test.operator) is cst.Not:
            return self.assume(test.expression, not wanted, frame)
        if type(test) is cst.BooleanOperation:
            both = type(test.operator) is cst.And
            if both is wanted:
                return self.assume(test.left, wanted, frame) and self.assume(test.right, wanted, frame)
            self._mark_checked(test, frame)
            return True
        subjects = _subjects(test)
        for path, node in subjects.items():
            value = frame.env.read(path)
            if value is None and "." in path:
                value = self.evaluate(node, frame)
            if not isinstance(value, (Choice, EnvVar, Unknown)):
                continue
            schemes = self._schemes(path, test, frame) if wanted else ()
            if wanted and isinstance(value, Unknown) and not schemes:
                value = self._with_dialect(value, path, test, frame)
            kept = self._kept(value, wanted, partial(self._outcome, test, path, frame), schemes)
            if not kept:
                return False
            frame.env.vars[path] = narrowed(choice(kept), frame.env.binding(path))
        self._assume_behind(test, wanted, subjects, frame)
        self._mark_checked(test, frame)
        return True

    def _assume_behind(self, test: cst.BaseExpression, wanted: bool, subjects: Iterable[str], frame: Frame) -> None:
        """Narrow what a tested name was computed from: the URL behind ``is_sqlite = url.startswith("sqlite")``."""
        for path in subjects:
            outcome = partial(self._outcome, test, path, frame)
            binding = frame.env.binding(path)
            self._narrow_sources(binding, wanted, outcome, frozenset(subjects), frame, compares=_compares(test))

    def _narrow_sources(
        self,
        binding: Value | Deferred | None,
        wanted: bool,
        outcome: Callable[[Value], bool | None],
        subjects: frozenset[str],
        frame: Frame,
        *,
        compares: bool,
        of_backend: bool = False,
        distance: int = 1,
    ) -> None:
        """Narrow what a value was computed from, and what that was, where the value's ``outcome`` is ``wanted``."""
        source = source_of(binding)
        if source is None or distance > MAX_DISTANCE:
            return
        node, names = source
        of_backend = of_backend or _asks_for_backend(node)
        for name, read in _subjects(node).items():
            now, then = frame.env.binding(name), names.binding(name)
            waiting = frame.env.pending(name.partition(".")[0])
            if name in subjects or (waiting is not None and waiting.costly):
                continue

            def behind(option: Value, name: str = name) -> bool | None:
                given = Env(names.kind, names.parent)
                given.vars = {**names.vars, name: option}
                return outcome(self.evaluate(node, copy(frame, env=given, recording=False)))

            # of another URL that the name holds now, only the database is the same
            if unnarrowed(now) is unnarrowed(then) or of_backend:
                value = frame.env.read(name)
                if value is None and speaks_of_databases(name.rpartition(".")[2]):
                    value = self.evaluate(read, frame)
                kept = self._kept(value, wanted, behind) if isinstance(value, (Choice, EnvVar, Url)) else []
                if compares:
                    kept = [_of_one_dialect(option, wanted, behind) for option in kept]
                if kept:
                    frame.env.vars[name] = narrowed(choice(kept), now)
            self._narrow_sources(
                then, wanted, behind, subjects, frame, compares=compares, of_backend=of_backend, distance=distance + 1
            )

    def _kept(
        self, value: Value, wanted: bool, outcome: Callable[[Value], bool | None], schemes: tuple[str, ...] = ()
    ) -> list[Value]:
        """What ``value`` can be where a test whose ``outcome`` depends on it is ``wanted``."""
        kept = (self._narrow(option, wanted, outcome, schemes) for option in options(value))
        return [option for option in kept if option is not None]

    def _narrow(
        self, option: Value, wanted: bool, outcome: Callable[[Value], bool | None], schemes: tuple[str, ...] = ()
    ) -> Value | None:
        """``option`` where a test is ``wanted``; None where it cannot be."""
        if isinstance(option, EnvVar):
            default, in_files = (
                None if known is None else (self._kept(known, wanted, outcome) or None)
                for known in (option.default, option.in_files)
            )
            option = copy(option, default=default and choice(default), in_files=in_files and choice(in_files))
        if isinstance(option, (EnvVar, Unknown)):
            return strings.beginning_with(option, schemes) if schemes else option
        return None if outcome(option) is (not wanted) else option

    def _outcome(self, test: cst.BaseExpression, path: str, frame: Frame, value: Value) -> bool | None:
        """What ``test`` gives where ``path`` is ``value``; None where that cannot be known."""
        saved = frame.env.vars.get(path)
        frame.env.vars[path] = value
        recording, frame.recording = frame.recording, False
        try:
            return strings.truth(self.evaluate(test, frame))
        finally:
            frame.recording = recording
            if saved is None:
                del frame.env.vars[path]
            else:
                frame.env.vars[path] = saved

    def doubt(self, test: cst.BaseExpression, frame: Frame) -> None:
        """After ``if production and url.startswith("sqlite"): raise``: what it refuses may not get here."""
        if not (isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And)):
            return
        parts = list(_conjuncts(test))
        for part in parts:
            for path in _subjects(part):
                value = frame.env.read(path)
                if not isinstance(value, (Choice, EnvVar)):
                    continue
                kept = self._kept(value, False, partial(self._outcome, part, path, frame))
                if kept != list(options(value)):
                    refused = Unknown("refused under a condition")
                    frame.env.vars[path] = narrowed(choice([*kept, refused]), frame.env.binding(path))

    def asked(self, test: cst.BaseExpression, frame: Frame) -> frozenset[str]:
        """What functions that tell one database from another are asked about in a condition whose outcome is unknown."""
        calls = (node for node in descendants(test) if isinstance(node, cst.Call) and node.args)
        telling = (call for call in calls if _tells_databases_apart(self.evaluate(call.func, frame)))
        return frozenset(path for call in telling for arg in call.args for path in _subjects(arg.value))

    def doubted(self, value: Value, node: cst.BaseExpression, frame: Frame) -> Value:
        """``value`` of ``node`` where the code is reached by such a condition.

        Where it is one thing or another depending on what is not known, such as ``rewritten(url)``, a condition
        on that (``if needs_pool(url)``) may exclude any of it.
        """
        if not (isinstance(value, Choice) and any(isinstance(option, Unknown) for option in value.options)):
            return value
        return Unknown("what a condition on it leaves", value.steps) if _is_made_of(node, frame) else value

    def _schemes(self, path: str, test: cst.BaseExpression, frame: Frame) -> tuple[str, ...]:
        """What the value begins with where ``test`` is ``path.startswith("postgres://")``; empty for other tests."""
        if not (isinstance(test, cst.Call) and len(test.args) == 1 and isinstance(test.func, cst.Attribute)):
            return ()
        receiver = test.func.value
        if isinstance(receiver, cst.Call) and last_name(receiver.func) in _SAME_SCHEME:
            receiver = receiver.func.value if isinstance(receiver.func, cst.Attribute) else receiver
        if test.func.attr.value != "startswith" or dotted(receiver) != path:
            return ()
        prefix = self.evaluate(test.args[0].value, frame)
        texts = prefix.items if isinstance(prefix, Items) else (prefix,)
        known = tuple(text.text for text in texts if isinstance(text, Text) and "://" in text.text)
        return known if len(known) == len(texts) else ()

    def _with_dialect(self, value: Unknown, path: str, test: cst.BaseExpression, frame: Frame) -> Value:
        """An unknown value of which a function of the project says that it is for one of certain databases."""
        if not isinstance(test, cst.Call) or not any(dotted(arg.value) == path for arg in test.args):
            return value
        if not isinstance(self.evaluate(test.func, frame), Object):
            return value
        rest = (Hole(value), Piece("://"), Hole(value))

        def begun(name: str) -> Template:
            return Template((Piece(name), *rest), value.steps)

        if self._outcome(test, path, frame, begun("another")) is not False:
            return value  # it says nothing of databases: so do most, and then this was one run instead of one for each
        left = [text for text in map(begun, DIALECTS) if self._outcome(test, path, frame, text) is not False]
        return choice(list(left)) if left else value

    def _mark_checked(self, test: cst.BaseExpression, frame: Frame) -> None:
        """An environment value that a test looks into (not only at its presence) is a checked one."""
        if isinstance(test, (cst.Name, cst.Attribute)) or _is_none_test(test):
            return
        for path in _subjects(test):
            waiting = frame.env.pending(path.partition(".")[0])
            if waiting is not None and waiting.costly:
                continue
            value = frame.env.read(path)
            if value is not None and any(isinstance(option, EnvVar) for option in options(value)):
                marked = [copy(o, checked=True) if isinstance(o, EnvVar) else o for o in options(value)]
                frame.env.vars[path] = narrowed(choice(marked), frame.env.binding(path))

    @staticmethod
    def _is_foreign(test: cst.BaseExpression, frame: Frame) -> bool:
        """Whether a condition has nothing to do with databases, and asking it may run much."""
        waiting = [frame.env.pending(path.partition(".")[0]) for path in _subjects(test)]
        return any(each is not None and each.costly for each in waiting) and not expression_may_matter(test)

    def _matches(self, subject: Value, pattern: cst.MatchPattern, frame: Frame) -> bool | None:
        """Whether a case is taken; None where it cannot be known."""
        if isinstance(pattern, cst.MatchAs):
            return True if pattern.pattern is None else self._matches(subject, pattern.pattern, frame)
        if isinstance(pattern, cst.MatchOr):
            outcomes = {self._matches(subject, each.pattern, frame) for each in pattern.patterns}
            return True if True in outcomes else (None if None in outcomes else False)
        if isinstance(pattern, (cst.MatchValue, cst.MatchSingleton)):
            value = self.evaluate(pattern.value, frame)
            found = {strings.equals(option, value) for option in options(subject)}
            return found.pop() if len(found) == 1 else None
        return None


def _of_one_dialect(option: Value, wanted: bool, outcome: Callable[[Value], bool | None]) -> Value:
    """A URL object of which only a comparison says which database it is for."""
    if not (isinstance(option, Url) and isinstance(option.drivername, Unknown)):
        return option

    def begun(name: str) -> Url:
        return copy(option, drivername=Template((Piece(name), Hole(option.drivername))), text=None)

    if outcome(begun("another+")) is not (not wanted):
        return option
    left = [url for url in map(begun, DIALECTS) if outcome(url) is wanted]
    return left[0] if len(left) == 1 else option


def _compares(test: cst.BaseExpression) -> bool:
    """Whether a test asks if something is one thing, not if it is one of several."""
    return isinstance(test, cst.Comparison) and isinstance(
        test.comparisons[0].operator, (cst.Equal, cst.NotEqual, cst.Is, cst.IsNot)
    )


def _tells_databases_apart(callee: Value) -> bool:
    """Whether a function of the project speaks of drivers or databases by name."""
    definition = callee.definition if isinstance(callee, Object) else None
    record = definition[0] if isinstance(definition, tuple) else definition
    if not isinstance(record, FunctionRecord):
        return False
    words = (node.value for node in descendants(record.node.body) if isinstance(node, (cst.Name, cst.SimpleString)))
    return any(_DATABASES.search(word) for word in words if not word.endswith(_LONG_TEXT))


def _is_made_of(node: cst.BaseExpression, frame: Frame) -> bool:
    """Whether an expression is made of what functions were asked about, as far as names tell."""
    waiting, seen = [*_subjects(node)], set[str]()
    while waiting:
        path = waiting.pop()
        if path in frame.asked:
            return True
        binding = unnarrowed(frame.env.vars.get(path))
        if path in seen or not isinstance(binding, Deferred):
            continue
        seen.add(path)
        if binding.source is None:
            return True  # one of several values
        waiting += _subjects(binding.source[0])
    return False


def _conjuncts(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        yield from _conjuncts(test.left)
        yield from _conjuncts(test.right)
    else:
        yield test


@of_syntax
def _asks_for_backend(node: cst.CSTNode) -> bool:
    """Whether an expression asks only which database a URL is for, which no rewriting of it changes."""
    return any(
        isinstance(inner, cst.Attribute) and inner.attr.value == "get_backend_name" for inner in descendants(node)
    )


def _is_none_test(test: cst.CSTNode) -> bool:
    return (
        type(test) is cst.Comparison
        and len(test.comparisons) == 1
        and isinstance(test.comparisons[0].operator, (cst.Is, cst.IsNot))
    )


@of_syntax
def _subjects(test: cst.CSTNode) -> dict[str, cst.CSTNode]:
    """The names and attributes that a test reads, by their text, outermost first."""
    found: dict[str, cst.CSTNode] = {}
    stack: list[cst.CSTNode] = [test]
    while stack:
        node = stack.pop()
        if type(node) is cst.Name:
            found.setdefault(node.value, node)
        elif type(node) is cst.Attribute:
            path = dotted(node)
            if path is not None:
                found.setdefault(path, node)
            stack.append(node.value)
        elif type(node) is cst.Call:
            # of `url.startswith(...)` the URL is the subject, not its method
            stack.append(node.func.value if type(node.func) is cst.Attribute else node.func)
            stack.extend(arg.value for arg in node.args)
        elif type(node) is cst.Comparison:
            stack.append(node.left)
            stack.extend(target.comparator for target in node.comparisons)
        elif type(node) is cst.BooleanOperation:
            stack.extend((node.left, node.right))
        elif type(node) is cst.UnaryOperation:
            stack.append(node.expression)
        elif type(node) is cst.Subscript:
            stack.append(node.value)
    return found


def captures(pattern: cst.CSTNode) -> list[str]:
    """The names that a match pattern binds."""
    found: list[str] = []
    stack = [pattern]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.MatchAs):
            if node.name is not None:
                found.append(node.name.value)
            if node.pattern is not None:
                stack.append(node.pattern)
        elif isinstance(node, cst.MatchStar):
            if node.name is not None:
                found.append(node.name.value)
        else:
            stack.extend(child for child in node.children if not isinstance(child, cst.BaseExpression))
    return found
