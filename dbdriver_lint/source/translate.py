"""LibCST's nodes without LibCST's parser: the kept statements of other modules, as ``ast`` read them.

What is only evaluated, never edited, needs no white space: its nodes are made from what the slicer has
read already, each statement once for all parts of its file. They hold the fields that mean something
(see :mod:`dbdriver_lint.analysis.tree`) and no layout. f-strings and concatenated strings, whose pieces
``ast`` does not keep, go to LibCST alone; what is rarer (``match``, type parameters) is left to its parser.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, TypeVar

import libcst as cst

from dbdriver_lint.source.parse import ParsedModule, positions
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dbdriver_lint.source.slice import Slice, Slicer, Statement
    from dbdriver_lint.source.text import SourceFile

N = TypeVar("N", bound=cst.CSTNode)

_set = object.__setattr__
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
_OPERATORS: dict[type[ast.AST], cst.CSTNode] = {
    theirs: (_RENAMED.get(theirs) or getattr(cst, theirs.__name__))()
    for family in (ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
    for theirs in family.__subclasses__()
}
_AUGMENTED = {
    theirs: getattr(cst, f"{type(ours).__name__}Assign")()
    for theirs, ours in _OPERATORS.items()
    if hasattr(cst, f"{type(ours).__name__}Assign")
}
_DOT = cst.Dot()
_ASYNC = cst.Asynchronous()


class Untranslatable(Exception):  # noqa: N818  a message to the caller, no error
    """Syntax that only LibCST's parser reads."""


class TranslatedModule(ParsedModule):
    """A part of a file, of which the places are those that ``ast`` tells."""

    __slots__ = ("_translator",)

    def __init__(self, source: SourceFile, tree: cst.Module, translator: Translator) -> None:
        super().__init__(source, tree, None)
        self._translator = translator

    @property
    def faithful(self) -> bool:
        """Its text cannot be had back."""
        return False

    def span(self, node: cst.CSTNode) -> Span:
        """The node's place in the source text, without surrounding white space and parentheses."""
        return self._translator.span(node)


class _Part:
    """What is translated at a time."""

    __slots__ = ("rebound", "slice")

    def __init__(self, kept: Slice) -> None:
        self.slice = kept
        self.rebound: set[str] = set()


class Translator:
    """One file, of which several parts are translated; their statements are shared."""

    def __init__(self, source: SourceFile, slicer: Slicer) -> None:
        self.source = source
        self.slicer = slicer
        self._known: dict[ast.AST, Any] = {}
        #: Where a node stands, by its identity; the node is kept, so that no other one gets it.
        self._at: dict[int, tuple[cst.CSTNode, ast.AST]] = {}
        #: What LibCST parsed, and where it begins, until a place in it is asked for.
        self._islands: list[tuple[cst.CSTNode, ast.expr]] = []
        self._found: dict[cst.CSTNode, Span] = {}

    def module(self, kept: Slice) -> tuple[ParsedModule, frozenset[str]]:
        """The kept statements as a module, and the names that functions among them assign through ``global``.

        Raises:
            Untranslatable: only LibCST's parser reads what is in them.
        """
        part = _Part(kept)
        tree = self._node(cst.Module, None, body=tuple(self._block(kept.body, part)))
        return TranslatedModule(self.source, tree, self), frozenset(part.rebound)

    # Places

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node of a translated module stands."""
        known = self._at.get(id(node))
        if known is not None:
            at: Any = known[1]
            start = self.slicer.offset(at.lineno, at.col_offset)
            end = self.slicer.offset(at.end_lineno, at.end_col_offset)
            if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and self.slicer.text[start] == "(":
                inner = self.slicer.text[start + 1 : end - 1]  # parentheses are none of the node's
                start += 1 + len(inner) - len(inner.lstrip())
                end = start + len(inner.strip())
            return Span(start, end)
        while self._islands and node not in self._found:
            self._explore(*self._islands.pop())
        return self._found[node]

    def _explore(self, island: cst.CSTNode, at: ast.expr) -> None:
        """Find the places in what LibCST parsed, which begins with a parenthesis that is not in the file."""
        first = self.slicer.offset(at.lineno, at.col_offset)
        starts = self.slicer.starts
        for node, (start_line, start, end_line, end) in positions(island).items():
            self._found[node] = Span(
                *(
                    first + column - 1 if line == 1 else starts[at.lineno + line - 2] + column
                    for line, column in ((start_line, start), (end_line, end))
                )
            )

    def _node(self, kind: type[N], at: ast.AST | None, **values: Any) -> N:
        node = object.__new__(kind)
        for name, value in values.items():
            _set(node, name, value)
        if at is not None:
            self._at[id(node)] = (node, at)
        return node

    # Statements

    def _block(self, statements: Sequence[Statement], part: _Part) -> Iterator[cst.BaseStatement]:
        """The kept statements of a block; those on one line make one line."""
        line: list[cst.BaseSmallStatement] = []
        first: ast.stmt | None = None
        last_line = 0
        for statement in statements:
            if statement not in part.slice.kept:
                continue
            node = statement.node
            small = _SMALL.get(type(node))
            if line and (small is None or node.lineno != last_line):
                yield self._node(cst.SimpleStatementLine, first, body=tuple(line))
                line = []
            if small is None:
                yield self._compound(statement, part)
                continue
            if isinstance(node, ast.Global):
                part.rebound.update(node.names)
            if not line:
                first = node
            line.append(self._small(statement, small, part))
            last_line = node.end_lineno or 0
        if line:
            yield self._node(cst.SimpleStatementLine, first, body=tuple(line))

    def _small(self, statement: Statement, translate: Callable[[Translator, Any], Any], part: _Part) -> Any:
        node = statement.node
        if isinstance(node, (ast.Return, ast.Raise)) and not part.slice.is_whole(statement):
            if isinstance(node, ast.Return):
                return self._node(cst.Return, node, value=None)  # that it leaves is enough
            return self._node(cst.Raise, node, exc=None, cause=None)
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = translate(self, node)
        return known

    def _compound(self, statement: Statement, part: _Part) -> Any:
        translate = _COMPOUND.get(type(statement.node))
        if translate is None:
            raise Untranslatable(type(statement.node).__name__)
        return translate(self, statement, part)

    def _suite(self, block: Sequence[Statement], part: _Part) -> cst.BaseSuite:
        first = block[0].node
        body = tuple(self._block(block, part))
        if self.slicer.stands_alone(first):
            return self._node(cst.IndentedBlock, first, body=body)
        small = body[0].body if body else ()  # type: ignore[attr-defined]
        return self._node(cst.SimpleStatementSuite, first, body=small)

    def _orelse(
        self, node: ast.If | ast.For | ast.AsyncFor | ast.While, blocks: list[list[Statement]], part: _Part
    ) -> Any:
        if not node.orelse:
            return None
        block = blocks[1]
        only = block[0]
        start = self.slicer.start(only.node)
        if isinstance(node, ast.If) and isinstance(only.node, ast.If) and self.slicer.text.startswith("elif", start):
            return self._if(only, part) if only in part.slice.kept else None
        return self._node(cst.Else, only.node, body=self._suite(block, part))

    def _if(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        body = self._suite(part.slice.blocks_of(statement)[0], part)
        orelse = self._orelse(node, statement.blocks, part)
        return self._node(cst.If, node, test=self.expression(node.test), body=body, orelse=orelse)

    def _while(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        body = self._suite(part.slice.blocks_of(statement)[0], part)
        orelse = self._orelse(node, statement.blocks, part)
        return self._node(cst.While, node, test=self.expression(node.test), body=body, orelse=orelse)

    def _for(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        return self._node(
            cst.For,
            node,
            target=self.expression(node.target),
            iter=self.expression(node.iter),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            orelse=self._orelse(node, statement.blocks, part),
            asynchronous=_ASYNC if isinstance(node, ast.AsyncFor) else None,
        )

    def _try(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        blocks = iter(statement.blocks)
        star = isinstance(node, ast.TryStar)
        body = self._suite(next(blocks), part)
        handlers = tuple(
            self._node(
                cst.ExceptStarHandler if star else cst.ExceptHandler,
                handler,
                type=self._optional(handler.type),
                name=self._as_name(handler, handler.name),
                body=self._suite(next(blocks), part),
            )
            for handler in node.handlers
        )
        orelse = self._node(cst.Else, node, body=self._suite(next(blocks), part)) if node.orelse else None
        final = self._node(cst.Finally, node, body=self._suite(next(blocks), part)) if node.finalbody else None
        kind: Any = cst.TryStar if star else cst.Try
        return self._node(kind, node, body=body, handlers=handlers, orelse=orelse, finalbody=final)

    def _with(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        items = []
        for item in node.items:
            bound = item.optional_vars
            name = None if bound is None else self._node(cst.AsName, bound, name=self.expression(bound))
            expression = item.context_expr
            items.append(self._node(cst.WithItem, expression, item=self.expression(expression), asname=name))
        return self._node(
            cst.With,
            node,
            items=tuple(items),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            asynchronous=_ASYNC if isinstance(node, ast.AsyncWith) else None,
        )

    def _function(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        if getattr(node, "type_params", None):
            raise Untranslatable("type parameters")
        return self._node(
            cst.FunctionDef,
            node,
            decorators=self._decorators(node),
            name=self._node(cst.Name, node, value=node.name),
            params=self._parameters(node.args),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            returns=self._annotation(node.returns),
            asynchronous=_ASYNC if isinstance(node, ast.AsyncFunctionDef) else None,
            type_parameters=None,
        )

    def _class(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        if getattr(node, "type_params", None):
            raise Untranslatable("type parameters")
        known = self._known.get(node)
        if known is None:
            arguments = self._arguments(node.bases, node.keywords)
            named = tuple(a for a in arguments if a.keyword is not None or a.star == "**")
            known = self._known[node] = (self._decorators(node), tuple(a for a in arguments if a not in named), named)
        decorators, bases, keywords = known
        return self._node(
            cst.ClassDef,
            node,
            decorators=decorators,
            name=self._node(cst.Name, node, value=node.name),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            bases=bases,
            keywords=keywords,
            type_parameters=None,
        )

    def _decorators(self, node: Any) -> tuple[cst.Decorator, ...]:
        return tuple(self._node(cst.Decorator, d, decorator=self.expression(d)) for d in node.decorator_list)

    def _annotation(self, node: ast.expr | None) -> cst.Annotation | None:
        return None if node is None else self._node(cst.Annotation, node, annotation=self.expression(node))

    def _as_name(self, at: ast.AST, name: str | None) -> cst.AsName | None:
        return None if name is None else self._node(cst.AsName, at, name=self._node(cst.Name, at, value=name))

    def _parameters(self, node: ast.arguments) -> cst.Parameters:
        known = self._known.get(node)
        if known is not None:
            return known  # type: ignore[no-any-return]

        def parameter(each: ast.arg, default: ast.expr | None = None, star: str = "") -> cst.Param:
            return self._node(
                cst.Param,
                each,
                name=self._node(cst.Name, each, value=each.arg),
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
            star = self._node(cst.ParamStar, None)
        known = self._known[node] = self._node(
            cst.Parameters,
            None,
            params=tuple(made[first:]),
            star_arg=star,
            kwonly_params=tuple(
                parameter(each, default) for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
            ),
            star_kwarg=None if node.kwarg is None else parameter(node.kwarg, star="**"),
            posonly_params=tuple(made[:first]),
            posonly_ind=self._node(cst.ParamSlash, None) if first else cst.MaybeSentinel.DEFAULT,
        )
        return known

    # Simple statements

    def _assign(self, node: ast.Assign) -> Any:
        targets = tuple(self._node(cst.AssignTarget, t, target=self.expression(t)) for t in node.targets)
        return self._node(cst.Assign, node, targets=targets, value=self.expression(node.value))

    def _annotated(self, node: ast.AnnAssign) -> Any:
        return self._node(
            cst.AnnAssign,
            node,
            target=self.expression(node.target),
            annotation=self._annotation(node.annotation),
            value=self._optional(node.value),
        )

    def _augmented(self, node: ast.AugAssign) -> Any:
        return self._node(
            cst.AugAssign,
            node,
            target=self.expression(node.target),
            operator=_AUGMENTED[type(node.op)],
            value=self.expression(node.value),
        )

    def _expression_statement(self, node: ast.Expr) -> Any:
        return self._node(cst.Expr, node, value=self.expression(node.value))

    def _return(self, node: ast.Return) -> Any:
        return self._node(cst.Return, node, value=self._optional(node.value))

    def _raise(self, node: ast.Raise) -> Any:
        cause = None if node.cause is None else self._node(cst.From, node.cause, item=self.expression(node.cause))
        return self._node(cst.Raise, node, exc=self._optional(node.exc), cause=cause)

    def _assert(self, node: ast.Assert) -> Any:
        return self._node(cst.Assert, node, test=self.expression(node.test), msg=self._optional(node.msg))

    def _delete(self, node: ast.Delete) -> Any:
        targets = [self.expression(target) for target in node.targets]
        if len(targets) == 1:
            return self._node(cst.Del, node, target=targets[0])
        elements = tuple(self._node(cst.Element, at, value=t) for at, t in zip(node.targets, targets, strict=True))
        return self._node(cst.Del, node, target=self._node(cst.Tuple, node, elements=elements))

    def _names(self, node: ast.Global | ast.Nonlocal) -> Any:
        names = tuple(self._node(cst.NameItem, node, name=self._node(cst.Name, node, value=n)) for n in node.names)
        return self._node(cst.Global if isinstance(node, ast.Global) else cst.Nonlocal, node, names=names)

    def _keyword_statement(self, node: ast.Pass | ast.Break | ast.Continue) -> Any:
        return self._node(getattr(cst, type(node).__name__), node)

    def _import(self, node: ast.Import) -> Any:
        return self._node(cst.Import, node, names=tuple(self._alias(alias) for alias in node.names))

    def _import_from(self, node: ast.ImportFrom) -> Any:
        names: Any = tuple(self._alias(alias) for alias in node.names)
        if node.names[0].name == "*":
            names = self._node(cst.ImportStar, None)
        module = None if node.module is None else self._dotted(node, node.module)
        return self._node(cst.ImportFrom, node, module=module, names=names, relative=(_DOT,) * node.level)

    def _alias(self, node: ast.alias) -> cst.ImportAlias:
        asname = self._as_name(node, node.asname)
        return self._node(cst.ImportAlias, node, name=self._dotted(node, node.name), asname=asname)

    def _dotted(self, at: ast.AST, name: str) -> Any:
        first, *rest = name.split(".")
        made: Any = self._node(cst.Name, at, value=first)
        for each in rest:
            made = self._node(cst.Attribute, at, value=made, attr=self._node(cst.Name, at, value=each))
        return made

    # Expressions

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

    def _text(self, node: ast.expr) -> str:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.slicer.offset(node.lineno, node.col_offset)
        return self.slicer.text[start : self.slicer.offset(node.end_lineno, node.end_col_offset)]

    def _constant(self, node: ast.Constant) -> Any:
        value = node.value
        if value is None or value is True or value is False:
            return self._node(cst.Name, node, value=str(value))
        if value is ...:
            return self._node(cst.Ellipsis, node)
        text = self._text(node)
        if isinstance(value, (str, bytes)):
            if _ONE_STRING.fullmatch(text):
                return self._node(cst.SimpleString, node, value=text)
            return self._string(node)
        kind: Any = (
            cst.Imaginary if isinstance(value, complex) else cst.Float if isinstance(value, float) else cst.Integer
        )
        return self._node(kind, node, value=text)

    def _string(self, node: ast.expr) -> Any:
        """A string of several pieces, as LibCST parses it."""
        try:
            made = cst.parse_expression(f"({self._text(node)})")
        except Exception as error:
            raise Untranslatable("string") from error
        self._islands.append((made, node))
        return made

    def _name(self, node: ast.Name) -> Any:
        return self._node(cst.Name, node, value=node.id)

    def _attribute(self, node: ast.Attribute) -> Any:
        attribute = self._node(cst.Name, node, value=node.attr)
        return self._node(cst.Attribute, node, value=self.expression(node.value), attr=attribute)

    def _subscript(self, node: ast.Subscript) -> Any:
        index = node.slice
        parts = [index]
        if isinstance(index, ast.Tuple) and index.elts and index.elts[0].col_offset == index.col_offset:
            parts = index.elts  # without parentheses
        elements = tuple(self._node(cst.SubscriptElement, part, slice=self._index(part)) for part in parts)
        return self._node(cst.Subscript, node, value=self.expression(node.value), slice=elements)

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            lower, upper, step = self._optional(node.lower), self._optional(node.upper), self._optional(node.step)
            return self._node(cst.Slice, node, lower=lower, upper=upper, step=step, first_colon=None, second_colon=None)
        if isinstance(node, ast.Starred):
            return self._node(cst.Index, node, value=self.expression(node.value), star="*")
        return self._node(cst.Index, node, value=self.expression(node), star=None)

    def _call(self, node: ast.Call) -> Any:
        arguments = self._arguments(node.args, node.keywords)
        return self._node(cst.Call, node, func=self.expression(node.func), args=arguments)

    def _arguments(self, positional: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> tuple[cst.Arg, ...]:
        """The arguments of a call or class in the order of the text."""
        made: list[tuple[tuple[int, int], cst.Arg]] = []
        for each in positional:
            starred = isinstance(each, ast.Starred)
            value = self.expression(each.value if isinstance(each, ast.Starred) else each)
            arg = self._node(cst.Arg, each, value=value, keyword=None, star="*" if starred else "")
            made.append(((each.lineno, each.col_offset), arg))
        for named in keywords:
            name = None if named.arg is None else self._node(cst.Name, named, value=named.arg)
            value = self.expression(named.value)
            arg = self._node(cst.Arg, named, value=value, keyword=name, star="**" if name is None else "")
            made.append(((named.lineno, named.col_offset), arg))
        if keywords and positional:
            made.sort(key=lambda pair: pair[0])
        return tuple(arg for _, arg in made)

    def _binary(self, node: ast.BinOp) -> Any:
        left, right = self.expression(node.left), self.expression(node.right)
        return self._node(cst.BinaryOperation, node, left=left, operator=_OPERATORS[type(node.op)], right=right)

    def _boolean(self, node: ast.BoolOp) -> Any:
        made = self.expression(node.values[0])
        for value in node.values[1:]:
            right = self.expression(value)
            at = node if value is node.values[-1] else _between(node, value)
            made = self._node(cst.BooleanOperation, at, left=made, operator=_OPERATORS[type(node.op)], right=right)
        return made

    def _unary(self, node: ast.UnaryOp) -> Any:
        operand = self.expression(node.operand)
        return self._node(cst.UnaryOperation, node, operator=_OPERATORS[type(node.op)], expression=operand)

    def _comparison(self, node: ast.Compare) -> Any:
        comparisons = tuple(
            self._node(cst.ComparisonTarget, each, operator=_OPERATORS[type(op)], comparator=self.expression(each))
            for op, each in zip(node.ops, node.comparators, strict=True)
        )
        return self._node(cst.Comparison, node, left=self.expression(node.left), comparisons=comparisons)

    def _conditional(self, node: ast.IfExp) -> Any:
        test, body, orelse = self.expression(node.test), self.expression(node.body), self.expression(node.orelse)
        return self._node(cst.IfExp, node, test=test, body=body, orelse=orelse)

    def _walrus(self, node: ast.NamedExpr) -> Any:
        return self._node(cst.NamedExpr, node, target=self.expression(node.target), value=self.expression(node.value))

    def _lambda(self, node: ast.Lambda) -> Any:
        return self._node(cst.Lambda, node, params=self._parameters(node.args), body=self.expression(node.body))

    def _await(self, node: ast.Await) -> Any:
        return self._node(cst.Await, node, expression=self.expression(node.value))

    def _yield(self, node: ast.Yield) -> Any:
        return self._node(cst.Yield, node, value=self._optional(node.value))

    def _yield_from(self, node: ast.YieldFrom) -> Any:
        source = self._node(cst.From, node.value, item=self.expression(node.value))
        return self._node(cst.Yield, node, value=source)

    def _items(self, node: ast.List | ast.Tuple | ast.Set) -> Any:
        elements = tuple(
            self.expression(each)
            if isinstance(each, ast.Starred)
            else self._node(cst.Element, each, value=self.expression(each))
            for each in node.elts
        )
        return self._node(getattr(cst, type(node).__name__), node, elements=elements)

    def _starred(self, node: ast.Starred) -> Any:
        return self._node(cst.StarredElement, node, value=self.expression(node.value))

    def _dict(self, node: ast.Dict) -> Any:
        elements: list[cst.BaseDictElement] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                elements.append(self._node(cst.StarredDictElement, value, value=self.expression(value)))
                continue
            element = self._node(
                cst.DictElement, _between(key, value), key=self.expression(key), value=self.expression(value)
            )
            elements.append(element)
        return self._node(cst.Dict, node, elements=tuple(elements))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Any:
        clause = self._clauses(node.generators)
        return self._node(getattr(cst, type(node).__name__), node, elt=self.expression(node.elt), for_in=clause)

    def _dict_comprehension(self, node: ast.DictComp) -> Any:
        key, value = self.expression(node.key), self.expression(node.value)
        return self._node(cst.DictComp, node, key=key, value=value, for_in=self._clauses(node.generators))

    def _clauses(self, generators: Sequence[ast.comprehension]) -> Any:
        inner = None
        for each in reversed(generators):
            inner = self._node(
                cst.CompFor,
                each.target,
                target=self.expression(each.target),
                iter=self.expression(each.iter),
                ifs=tuple(self._node(cst.CompIf, test, test=self.expression(test)) for test in each.ifs),
                inner_for_in=inner,
                asynchronous=_ASYNC if each.is_async else None,
            )
        return inner


def _between(first: ast.expr, last: ast.expr) -> ast.expr:
    """The place from the beginning of one expression to the end of another."""
    return ast.expr(
        lineno=first.lineno,
        col_offset=first.col_offset,
        end_lineno=last.end_lineno,
        end_col_offset=last.end_col_offset,
    )


_SMALL: dict[type[ast.AST], Callable[[Translator, Any], Any]] = {
    ast.Assign: Translator._assign,
    ast.AnnAssign: Translator._annotated,
    ast.AugAssign: Translator._augmented,
    ast.Expr: Translator._expression_statement,
    ast.Return: Translator._return,
    ast.Raise: Translator._raise,
    ast.Assert: Translator._assert,
    ast.Delete: Translator._delete,
    ast.Global: Translator._names,
    ast.Nonlocal: Translator._names,
    ast.Pass: Translator._keyword_statement,
    ast.Break: Translator._keyword_statement,
    ast.Continue: Translator._keyword_statement,
    ast.Import: Translator._import,
    ast.ImportFrom: Translator._import_from,
}
_COMPOUND: dict[type[ast.AST], Callable[[Translator, Any, _Part], Any]] = {
    ast.If: Translator._if,
    ast.While: Translator._while,
    ast.For: Translator._for,
    ast.AsyncFor: Translator._for,
    ast.Try: Translator._try,
    ast.TryStar: Translator._try,
    ast.With: Translator._with,
    ast.AsyncWith: Translator._with,
    ast.FunctionDef: Translator._function,
    ast.AsyncFunctionDef: Translator._function,
    ast.ClassDef: Translator._class,
}
_EXPRESSIONS: dict[type[ast.AST], Callable[[Translator, Any], Any]] = {
    ast.Constant: Translator._constant,
    ast.JoinedStr: Translator._string,
    ast.Name: Translator._name,
    ast.Attribute: Translator._attribute,
    ast.Subscript: Translator._subscript,
    ast.Call: Translator._call,
    ast.BinOp: Translator._binary,
    ast.BoolOp: Translator._boolean,
    ast.UnaryOp: Translator._unary,
    ast.Compare: Translator._comparison,
    ast.IfExp: Translator._conditional,
    ast.NamedExpr: Translator._walrus,
    ast.Lambda: Translator._lambda,
    ast.Await: Translator._await,
    ast.Yield: Translator._yield,
    ast.YieldFrom: Translator._yield_from,
    ast.List: Translator._items,
    ast.Tuple: Translator._items,
    ast.Set: Translator._items,
    ast.Starred: Translator._starred,
    ast.Dict: Translator._dict,
    ast.ListComp: Translator._comprehension,
    ast.SetComp: Translator._comprehension,
    ast.GeneratorExp: Translator._comprehension,
    ast.DictComp: Translator._dict_comprehension,
}
