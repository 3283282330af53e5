"""What a condition says of the names in it: which branch is taken, and what they can be there."""

from __future__ import annotations

from dataclasses import replace as copy
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis import strings
from dbdriver_lint.analysis.expressions import Expressions
from dbdriver_lint.analysis.relevance import expression_may_matter
from dbdriver_lint.analysis.tree import dotted, last_name
from dbdriver_lint.analysis.values import Choice, EnvVar, Items, Text, Unknown, Value, choice, options

if TYPE_CHECKING:
    from dbdriver_lint.analysis.frames import Frame


#: Methods that leave the scheme of a URL as it is, as far as anybody writes it.
_SAME_SCHEME = frozenset({"lower", "casefold", "strip"})


class Conditions(Expressions):
    """The part of the interpreter that narrows values."""

    def assume(self, test: cst.BaseExpression, wanted: bool, frame: Frame) -> bool:
        """Narrow the names in ``test`` to what they can be where it is ``wanted``.

        Answers False where nothing is left: the branch is never taken.
        """
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            return self.assume(test.expression, not wanted, frame)
        if isinstance(test, cst.BooleanOperation):
            both = isinstance(test.operator, cst.And)
            if both is wanted:
                return self.assume(test.left, wanted, frame) and self.assume(test.right, wanted, frame)
            self._mark_checked(test, frame)
            return True
        for path, node in _subjects(test).items():
            value = frame.env.read(path)
            if value is None and "." in path:
                value = self.evaluate(node, frame)
            if not isinstance(value, (Choice, EnvVar, Unknown)):
                continue
            kept: list[Value] = []
            for option in options(value):
                narrowed = self._narrow(path, option, test, wanted, frame)
                if narrowed is not None:
                    kept.append(narrowed)
            if not kept:
                return False
            frame.env.vars[path] = strings.copy_steps(choice(kept), ())
        self._mark_checked(test, frame)
        return True

    def _narrow(self, path: str, option: Value, test: cst.BaseExpression, wanted: bool, frame: Frame) -> Value | None:
        """``option`` where ``test`` is ``wanted``; None where it cannot be."""
        if isinstance(option, EnvVar):

            def possible(value: Value | None) -> bool:
                return value is not None and any(
                    self._narrow(path, inner, test, wanted, frame) is not None for inner in options(value)
                )

            if option.default is not None and not possible(option.default):
                option = copy(option, default=None)
            if option.in_files is not None and not possible(option.in_files):
                option = copy(option, in_files=None)
        if isinstance(option, (EnvVar, Unknown)):
            schemes = self._schemes(path, test, frame) if wanted else ()
            return strings.beginning_with(option, schemes) if schemes else option
        saved = frame.env.vars.get(path)
        frame.env.vars[path] = option
        recording, frame.recording = frame.recording, False
        try:
            truth = strings.truth(self.evaluate(test, frame))
        finally:
            frame.recording = recording
            if saved is None:
                del frame.env.vars[path]
            else:
                frame.env.vars[path] = saved
        return None if truth is (not wanted) else option

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

    def _mark_checked(self, test: cst.BaseExpression, frame: Frame) -> None:
        """An environment value that a test looks into (not only at its presence) is a checked one."""
        if isinstance(test, (cst.Name, cst.Attribute)) or _is_none_test(test):
            return
        for path in _subjects(test):
            waiting = frame.env.pending(path.partition(".")[0])
            if waiting is not None and waiting.costly:
                continue
            value = frame.env.read(path)
            if isinstance(value, (EnvVar, Choice)):
                marked = [copy(o, checked=True) if isinstance(o, EnvVar) else o for o in options(value)]
                frame.env.vars[path] = choice(marked)

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


def _is_none_test(test: cst.CSTNode) -> bool:
    return (
        isinstance(test, cst.Comparison)
        and len(test.comparisons) == 1
        and isinstance(test.comparisons[0].operator, (cst.Is, cst.IsNot))
    )


def _subjects(test: cst.CSTNode) -> dict[str, cst.CSTNode]:
    """The names and attributes that a test reads, by their text, outermost first."""
    found: dict[str, cst.CSTNode] = {}
    stack: list[cst.CSTNode] = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Name, cst.Attribute)):
            path = dotted(node)
            if path is not None:
                found.setdefault(path, node)
            if isinstance(node, cst.Attribute):
                stack.append(node.value)
        elif isinstance(node, cst.Call):
            # of `url.startswith(...)` the URL is the subject, not its method
            stack.append(node.func.value if isinstance(node.func, cst.Attribute) else node.func)
            stack.extend(arg.value for arg in node.args)
        elif isinstance(node, cst.Comparison):
            stack.append(node.left)
            stack.extend(target.comparator for target in node.comparisons)
        elif isinstance(node, cst.BooleanOperation):
            stack.extend((node.left, node.right))
        elif isinstance(node, cst.UnaryOperation):
            stack.append(node.expression)
        elif isinstance(node, cst.Subscript):
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
