"""Expressions and parameters as ``ast`` read them, made into LibCST's nodes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import libcst as cst

from dbdriver_lint.source.translation.places import Extent, Places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dbdriver_lint.source.slice import Slicer
    from dbdriver_lint.source.text import SourceFile

#: A string that is written in one piece.
_ONE_STRING = re.compile(
    r"""[a-zA-Z]{0,2}(?:'''(?:[^\\']|\\.|'(?!''))*'''|\"""(?:[^\\"]|\\.|"(?!""))*\"""|'(?:[^\\'\n]|\\.)*'|"(?:[^\\"\n]|\\.)*")""",
    re.DOTALL,
)
#: Operators that the two libraries name differently; all others have one name in both.
_RENAMED = {
    ast.FloorDiv: cst.FloorDivide,
    ast.LShift: cst.LeftShift,
    ast.RShift: cst.RightShift,
    ast.Mod: cst.Modulo,
    ast.Sub: cst.Subtract,
    ast.Mult: cst.Multiply,
    ast.MatMult: cst.MatrixMultiply,
    ast.Div: cst.Divide,
    ast.Pow: cst.Power,
    ast.Invert: cst.BitInvert,
    ast.UAdd: cst.Plus,
    ast.USub: cst.Minus,
    ast.Eq: cst.Equal,
    ast.NotEq: cst.NotEqual,
    ast.Lt: cst.LessThan,
    ast.LtE: cst.LessThanEqual,
    ast.Gt: cst.GreaterThan,
    ast.GtE: cst.GreaterThanEqual,
}
OPERATORS: dict[type[ast.AST], cst.CSTNode] = {
    theirs: (_RENAMED.get(theirs) or getattr(cst, theirs.__name__))()
    for family in (ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
    for theirs in family.__subclasses__()
}
_ASYNC = cst.Asynchronous()


class Untranslatable(Exception):  # noqa: N818  a message to the caller, no error
    """Syntax that only LibCST's parser reads."""


class Expressions(Places):
    """The expressions of one file; each is made once."""

    def __init__(self, source: SourceFile, slicer: Slicer) -> None:
        super().__init__(source, slicer)
        self._known: dict[ast.AST, Any] = {}

    def expression(self, node: ast.expr) -> Any:
        """The node of an expression.

        Raises:
            Untranslatable: see above.
        """
        known = self._known.get(node)
        if known is None:
            translate = _EXPRESSIONS.get(type(node))
            if translate is None:
                raise Untranslatable(type(node).__name__)
            known = self._known[node] = translate(self, node)
        return known

    def _optional(self, node: ast.expr | None) -> Any:
        return None if node is None else self.expression(node)

    def _constant(self, node: ast.Constant) -> Any:
        value = node.value
        if value is None or value is True or value is False:
            return self.node(cst.Name, node, value=str(value))
        if value is ...:
            return self.node(cst.Ellipsis, node)
        text = self.text(node)
        if isinstance(value, (str, bytes)):
            if _ONE_STRING.fullmatch(text):
                return self.node(cst.SimpleString, node, value=text)
            return self._string(node)
        kind: Any = (
            cst.Imaginary if isinstance(value, complex) else cst.Float if isinstance(value, float) else cst.Integer
        )
        return self.node(kind, node, value=text)

    def _string(self, node: ast.expr) -> Any:
        """A string of several pieces, as LibCST parses it."""
        try:
            made = cst.parse_expression(f"({self.text(node)})")
        except Exception as error:
            raise Untranslatable("string") from error
        self.island(made, node)
        return made

    def _name(self, node: ast.Name) -> Any:
        return self.node(cst.Name, node, value=node.id)

    def _attribute(self, node: ast.Attribute) -> Any:
        attribute = self.node(cst.Name, node, value=node.attr)
        return self.node(cst.Attribute, node, value=self.expression(node.value), attr=attribute)

    def _subscript(self, node: ast.Subscript) -> Any:
        index = node.slice
        parts = [index]
        if isinstance(index, ast.Tuple) and index.elts and index.elts[0].col_offset == index.col_offset:
            parts = index.elts  # without parentheses
        elements = tuple(self.node(cst.SubscriptElement, part, slice=self._index(part)) for part in parts)
        return self.node(cst.Subscript, node, value=self.expression(node.value), slice=elements)

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            lower, upper, step = self._optional(node.lower), self._optional(node.upper), self._optional(node.step)
            return self.node(cst.Slice, node, lower=lower, upper=upper, step=step, first_colon=None, second_colon=None)
        if isinstance(node, ast.Starred):
            return self.node(cst.Index, node, value=self.expression(node.value), star="*")
        return self.node(cst.Index, node, value=self.expression(node), star=None)

    def _call(self, node: ast.Call) -> Any:
        arguments = self._arguments(node.args, node.keywords, node.func)
        return self.node(cst.Call, node, func=self.expression(node.func), args=arguments)

    def _arguments(
        self, positional: Sequence[ast.expr], keywords: Sequence[ast.keyword], after: ast.expr | None = None
    ) -> tuple[cst.Arg, ...]:
        """The arguments of a call or class in the order of the text; ``after`` is what is called."""
        given: list[ast.expr | ast.keyword] = [*positional, *keywords]
        if keywords and positional:
            given.sort(key=lambda each: (each.lineno, each.col_offset))
        made: list[cst.Arg] = []
        end = None if after is None else _end(after)
        for each in given:
            at = Extent(each, each, end)
            if isinstance(each, ast.keyword):
                name = None if each.arg is None else self.node(cst.Name, each, value=each.arg)
                star = "**" if name is None else ""
                made.append(self.node(cst.Arg, at, value=self.expression(each.value), keyword=name, star=star))
            else:
                starred = isinstance(each, ast.Starred)
                value = self.expression(each.value if isinstance(each, ast.Starred) else each)
                made.append(self.node(cst.Arg, at, value=value, keyword=None, star="*" if starred else ""))
            end = end and _end(each)
        return tuple(made)

    def _binary(self, node: ast.BinOp) -> Any:
        left, right = self.expression(node.left), self.expression(node.right)
        return self.node(cst.BinaryOperation, node, left=left, operator=OPERATORS[type(node.op)], right=right)

    def _boolean(self, node: ast.BoolOp) -> Any:
        made = self.expression(node.values[0])
        for value in node.values[1:]:
            right = self.expression(value)
            at = node if value is node.values[-1] else Extent(node, value)
            made = self.node(cst.BooleanOperation, at, left=made, operator=OPERATORS[type(node.op)], right=right)
        return made

    def _unary(self, node: ast.UnaryOp) -> Any:
        operand = self.expression(node.operand)
        return self.node(cst.UnaryOperation, node, operator=OPERATORS[type(node.op)], expression=operand)

    def _comparison(self, node: ast.Compare) -> Any:
        comparisons = tuple(
            self.node(cst.ComparisonTarget, each, operator=OPERATORS[type(op)], comparator=self.expression(each))
            for op, each in zip(node.ops, node.comparators, strict=True)
        )
        return self.node(cst.Comparison, node, left=self.expression(node.left), comparisons=comparisons)

    def _conditional(self, node: ast.IfExp) -> Any:
        test, body, orelse = self.expression(node.test), self.expression(node.body), self.expression(node.orelse)
        return self.node(cst.IfExp, node, test=test, body=body, orelse=orelse)

    def _walrus(self, node: ast.NamedExpr) -> Any:
        return self.node(cst.NamedExpr, node, target=self.expression(node.target), value=self.expression(node.value))

    def _lambda(self, node: ast.Lambda) -> Any:
        return self.node(cst.Lambda, node, params=self._parameters(node.args), body=self.expression(node.body))

    def _await(self, node: ast.Await) -> Any:
        return self.node(cst.Await, node, expression=self.expression(node.value))

    def _yield(self, node: ast.Yield) -> Any:
        return self.node(cst.Yield, node, value=self._optional(node.value))

    def _yield_from(self, node: ast.YieldFrom) -> Any:
        source = self.node(cst.From, node.value, item=self.expression(node.value))
        return self.node(cst.Yield, node, value=source)

    def _items(self, node: ast.List | ast.Tuple | ast.Set) -> Any:
        elements = tuple(
            self.expression(each)
            if isinstance(each, ast.Starred)
            else self.node(cst.Element, each, value=self.expression(each))
            for each in node.elts
        )
        return self.node(getattr(cst, type(node).__name__), node, elements=elements)

    def _starred(self, node: ast.Starred) -> Any:
        return self.node(cst.StarredElement, node, value=self.expression(node.value))

    def _dict(self, node: ast.Dict) -> Any:
        elements: list[cst.BaseDictElement] = []
        after = (node.lineno, node.col_offset)
        for key, value in zip(node.keys, node.values, strict=True):
            at = Extent(key or value, value, after)
            made = self.expression(value)
            if key is None:
                elements.append(self.node(cst.StarredDictElement, at, value=made))
            else:
                elements.append(self.node(cst.DictElement, at, key=self.expression(key), value=made))
            after = _end(value)
        return self.node(cst.Dict, node, elements=tuple(elements))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Any:
        clause = self._clauses(node.generators)
        return self.node(getattr(cst, type(node).__name__), node, elt=self.expression(node.elt), for_in=clause)

    def _dict_comprehension(self, node: ast.DictComp) -> Any:
        key, value = self.expression(node.key), self.expression(node.value)
        return self.node(cst.DictComp, node, key=key, value=value, for_in=self._clauses(node.generators))

    def _clauses(self, generators: Sequence[ast.comprehension]) -> Any:
        inner = None
        for each in reversed(generators):
            inner = self.node(
                cst.CompFor,
                each.target,
                target=self.expression(each.target),
                iter=self.expression(each.iter),
                ifs=tuple(self.node(cst.CompIf, test, test=self.expression(test)) for test in each.ifs),
                inner_for_in=inner,
                asynchronous=_ASYNC if each.is_async else None,
            )
        return inner

    def _annotation(self, node: ast.expr | None) -> cst.Annotation | None:
        return None if node is None else self.node(cst.Annotation, node, annotation=self.expression(node))

    def _as_name(self, at: ast.AST, name: str | None) -> cst.AsName | None:
        return None if name is None else self.node(cst.AsName, at, name=self.node(cst.Name, at, value=name))

    def _parameters(self, node: ast.arguments) -> cst.Parameters:
        known = self._known.get(node)
        if known is not None:
            return known  # type: ignore[no-any-return]

        def parameter(each: ast.arg, default: ast.expr | None = None, star: str = "") -> cst.Param:
            return self.node(
                cst.Param,
                each,
                name=self.node(cst.Name, each, value=each.arg),
                annotation=self._annotation(each.annotation),
                default=self._optional(default),
                star=star,
            )

        positional = [*node.posonlyargs, *node.args]
        defaults = [None] * (len(positional) - len(node.defaults)) + list(node.defaults)
        made = [parameter(each, default) for each, default in zip(positional, defaults, strict=True)]
        first = len(node.posonlyargs)
        star: Any = cst.MaybeSentinel.DEFAULT
        if node.vararg is not None:
            star = parameter(node.vararg, star="*")
        elif node.kwonlyargs:
            star = self.node(cst.ParamStar, None)
        known = self._known[node] = self.node(
            cst.Parameters,
            _all_of(node),
            params=tuple(made[first:]),
            star_arg=star,
            kwonly_params=tuple(
                parameter(each, default) for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
            ),
            star_kwarg=None if node.kwarg is None else parameter(node.kwarg, star="**"),
            posonly_params=tuple(made[:first]),
            posonly_ind=self.node(cst.ParamSlash, None) if first else cst.MaybeSentinel.DEFAULT,
        )
        return known


def _all_of(node: ast.arguments) -> Extent | None:
    """From the first parameter to the end of the last one."""
    parts: list[Any] = [*ast.iter_child_nodes(node)]
    if not parts:
        return None
    return Extent(min(parts, key=lambda part: (part.lineno, part.col_offset)), max(parts, key=_end))


def _end(node: Any) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


_EXPRESSIONS: dict[type[ast.AST], Callable[[Expressions, Any], Any]] = {
    ast.Constant: Expressions._constant,
    ast.JoinedStr: Expressions._string,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.Call: Expressions._call,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._boolean,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._comparison,
    ast.IfExp: Expressions._conditional,
    ast.NamedExpr: Expressions._walrus,
    ast.Lambda: Expressions._lambda,
    ast.Await: Expressions._await,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield_from,
    ast.List: Expressions._items,
    ast.Tuple: Expressions._items,
    ast.Set: Expressions._items,
    ast.Starred: Expressions._starred,
    ast.Dict: Expressions._dict,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._dict_comprehension,
}
