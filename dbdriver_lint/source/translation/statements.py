"""The kept statements of a file as ``ast`` read them, made into LibCST's nodes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst

from dbdriver_lint.source.translation.expressions import OPERATORS, Expressions, Untranslatable
from dbdriver_lint.source.translation.places import Extent, TranslatedModule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dbdriver_lint.source.outline import Statement
    from dbdriver_lint.source.parse import ParsedModule
    from dbdriver_lint.source.slice import Slice

_AUGMENTED = {
    theirs: getattr(cst, f"{type(ours).__name__}Assign")()
    for theirs, ours in OPERATORS.items()
    if hasattr(cst, f"{type(ours).__name__}Assign")
}
_DOT = cst.Dot()


class _Part:
    """What is translated at a time."""

    __slots__ = ("rebound", "slice")

    def __init__(self, kept: Slice) -> None:
        self.slice = kept
        self.rebound: set[str] = set()


class Translator(Expressions):
    """One file, of which several parts are translated; their statements are shared."""

    def module(self, kept: Slice) -> tuple[ParsedModule, frozenset[str]]:
        """The kept statements as a module, and the names that functions among them assign through ``global``.

        Raises:
            Untranslatable: only LibCST's parser reads what is in them.
        """
        part = _Part(kept)
        tree = self.node(cst.Module, None, body=tuple(self._block(kept.body, part)))
        return TranslatedModule(self.source, tree, self), frozenset(part.rebound)

    # Statements

    def _block(self, statements: Sequence[Statement], part: _Part) -> Iterator[cst.BaseStatement]:
        """The kept statements of a block; those on one line make one line."""
        line: list[cst.BaseSmallStatement] = []
        nodes: list[ast.stmt] = []
        for statement in statements:
            if statement not in part.slice.kept:
                continue
            node = statement.node
            small = _SMALL.get(type(node))
            if line and (small is None or node.lineno != nodes[-1].end_lineno):
                yield self._line(line, nodes)
                line, nodes = [], []
            if small is None:
                yield self._compound(statement, part)
                continue
            if isinstance(node, ast.Global):
                part.rebound.update(node.names)
            line.append(self._small(statement, small, part))
            nodes.append(node)
        if line:
            yield self._line(line, nodes)

    def _line(self, body: list[cst.BaseSmallStatement], nodes: list[ast.stmt]) -> cst.SimpleStatementLine:
        at = nodes[0] if len(nodes) == 1 else Extent(nodes[0], nodes[-1])
        return self.node(cst.SimpleStatementLine, at, body=tuple(body))

    def _small(self, statement: Statement, translate: Callable[[Translator, Any], Any], part: _Part) -> Any:
        node = statement.node
        if isinstance(node, (ast.Return, ast.Raise)) and not part.slice.is_whole(statement):
            if isinstance(node, ast.Return):
                return self.node(cst.Return, node, value=None)  # that it leaves is enough
            return self.node(cst.Raise, node, exc=None, cause=None)
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
            return self.node(cst.IndentedBlock, first, body=body)
        small = body[0].body if body else ()  # type: ignore[attr-defined]
        return self.node(cst.SimpleStatementSuite, first, body=small)

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
        return self.node(cst.Else, only.node, body=self._suite(block, part))

    def _if(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        body = self._suite(part.slice.blocks_of(statement)[0], part)
        orelse = self._orelse(node, statement.blocks, part)
        return self.node(cst.If, node, test=self.expression(node.test), body=body, orelse=orelse)

    def _while(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        body = self._suite(part.slice.blocks_of(statement)[0], part)
        orelse = self._orelse(node, statement.blocks, part)
        return self.node(cst.While, node, test=self.expression(node.test), body=body, orelse=orelse)

    def _for(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        return self.node(
            cst.For,
            node,
            target=self.expression(node.target),
            iter=self.expression(node.iter),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            orelse=self._orelse(node, statement.blocks, part),
            asynchronous=self.node(cst.Asynchronous, node) if isinstance(node, ast.AsyncFor) else None,
        )

    def _try(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        blocks = iter(statement.blocks)
        star = isinstance(node, ast.TryStar)
        body = self._suite(next(blocks), part)
        handlers = tuple(
            self.node(
                cst.ExceptStarHandler if star else cst.ExceptHandler,
                handler,
                type=self._optional(handler.type),
                name=self._as_name(handler, handler.name),
                body=self._suite(next(blocks), part),
            )
            for handler in node.handlers
        )
        orelse = self.node(cst.Else, node, body=self._suite(next(blocks), part)) if node.orelse else None
        final = self.node(cst.Finally, node, body=self._suite(next(blocks), part)) if node.finalbody else None
        kind: Any = cst.TryStar if star else cst.Try
        return self.node(kind, node, body=body, handlers=handlers, orelse=orelse, finalbody=final)

    def _with(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        items = []
        for item in node.items:
            bound = item.optional_vars
            name = None if bound is None else self.node(cst.AsName, bound, name=self.expression(bound))
            expression = item.context_expr
            at = expression if bound is None else Extent(expression, bound)
            items.append(self.node(cst.WithItem, at, item=self.expression(expression), asname=name))
        return self.node(
            cst.With,
            node,
            items=tuple(items),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            asynchronous=self.node(cst.Asynchronous, node) if isinstance(node, ast.AsyncWith) else None,
        )

    def _function(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        return self.node(
            cst.FunctionDef,
            node,
            decorators=self._decorators(node),
            name=self.node(cst.Name, node, value=node.name),
            params=self._parameters(node.args),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            returns=self._annotation(node.returns),
            asynchronous=self.node(cst.Asynchronous, node) if isinstance(node, ast.AsyncFunctionDef) else None,
            type_parameters=None,
        )

    def _class(self, statement: Statement, part: _Part) -> Any:
        node: Any = statement.node
        known = self._known.get(node)
        if known is None:
            arguments = self._arguments(node.bases, node.keywords)
            named = tuple(a for a in arguments if a.keyword is not None or a.star == "**")
            known = self._known[node] = (self._decorators(node), tuple(a for a in arguments if a not in named), named)
        decorators, bases, keywords = known
        return self.node(
            cst.ClassDef,
            node,
            decorators=decorators,
            name=self.node(cst.Name, node, value=node.name),
            body=self._suite(part.slice.blocks_of(statement)[0], part),
            bases=bases,
            keywords=keywords,
            type_parameters=None,
        )

    def _decorators(self, node: Any) -> tuple[cst.Decorator, ...]:
        return tuple(self.node(cst.Decorator, d, decorator=self.expression(d)) for d in node.decorator_list)

    # Simple statements

    def _assign(self, node: ast.Assign) -> Any:
        targets = tuple(self.node(cst.AssignTarget, t, target=self.expression(t)) for t in node.targets)
        return self.node(cst.Assign, node, targets=targets, value=self.expression(node.value))

    def _annotated(self, node: ast.AnnAssign) -> Any:
        return self.node(
            cst.AnnAssign,
            node,
            target=self.expression(node.target),
            annotation=self._annotation(node.annotation),
            value=self._optional(node.value),
        )

    def _augmented(self, node: ast.AugAssign) -> Any:
        return self.node(
            cst.AugAssign,
            node,
            target=self.expression(node.target),
            operator=_AUGMENTED[type(node.op)],
            value=self.expression(node.value),
        )

    def _expression_statement(self, node: ast.Expr) -> Any:
        return self.node(cst.Expr, node, value=self.expression(node.value))

    def _return(self, node: ast.Return) -> Any:
        return self.node(cst.Return, node, value=self._optional(node.value))

    def _raise(self, node: ast.Raise) -> Any:
        cause = None if node.cause is None else self.node(cst.From, node.cause, item=self.expression(node.cause))
        return self.node(cst.Raise, node, exc=self._optional(node.exc), cause=cause)

    def _assert(self, node: ast.Assert) -> Any:
        return self.node(cst.Assert, node, test=self.expression(node.test), msg=self._optional(node.msg))

    def _delete(self, node: ast.Delete) -> Any:
        targets = [self.expression(target) for target in node.targets]
        if len(targets) == 1:
            return self.node(cst.Del, node, target=targets[0])
        elements = tuple(self.node(cst.Element, at, value=t) for at, t in zip(node.targets, targets, strict=True))
        return self.node(
            cst.Del, node, target=self.node(cst.Tuple, Extent(node.targets[0], node.targets[-1]), elements=elements)
        )

    def _names(self, node: ast.Global | ast.Nonlocal) -> Any:
        names = tuple(self.node(cst.NameItem, node, name=self.node(cst.Name, node, value=n)) for n in node.names)
        return self.node(cst.Global if isinstance(node, ast.Global) else cst.Nonlocal, node, names=names)

    def _keyword_statement(self, node: ast.Pass | ast.Break | ast.Continue) -> Any:
        return self.node(getattr(cst, type(node).__name__), node)

    def _import(self, node: ast.Import) -> Any:
        kind: Any = cst.LazyImport if _is_lazy(node) else cst.Import
        return self.node(kind, node, names=tuple(self._alias(alias) for alias in node.names))

    def _import_from(self, node: ast.ImportFrom) -> Any:
        names: Any = tuple(self._alias(alias) for alias in node.names)
        if node.names[0].name == "*":
            names = self.node(cst.ImportStar, None)
        module = None if node.module is None else self._dotted(node, node.module)
        kind: Any = cst.LazyImportFrom if _is_lazy(node) else cst.ImportFrom
        return self.node(kind, node, module=module, names=names, relative=(_DOT,) * node.level)

    def _alias(self, node: ast.alias) -> cst.ImportAlias:
        asname = self._as_name(node, node.asname)
        return self.node(cst.ImportAlias, node, name=self._dotted(node, node.name), asname=asname)

    def _dotted(self, at: ast.AST, name: str) -> Any:
        first, *rest = name.split(".")
        made: Any = self.node(cst.Name, at, value=first)
        for each in rest:
            made = self.node(cst.Attribute, at, value=made, attr=self.node(cst.Name, at, value=each))
        return made


def _is_lazy(node: ast.Import | ast.ImportFrom) -> bool:
    """``lazy import …``, of Python 3.15."""
    return bool(getattr(node, "is_lazy", False))


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
