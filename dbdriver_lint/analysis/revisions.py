"""Alembic's revisions: their functions, and what they await."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.collect import Site, SiteVisitor
from dbdriver_lint.analysis.facts import AwaitedOperation, MigrationFunction
from dbdriver_lint.analysis.tree import dotted, last_name
from dbdriver_lint.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbdriver_lint.analysis.build import Analysis


@dataclass(slots=True, eq=False)
class RevisionNotes:
    """What makes a file an Alembic revision or environment."""

    identifiers: set[str] = field(default_factory=set)
    functions: list[cst.FunctionDef] = field(default_factory=list)


class RevisionVisitor(SiteVisitor):
    """Notes a revision's identifiers, its ``upgrade`` and ``downgrade``, and awaited calls."""

    def __init__(self) -> None:
        super().__init__()
        self.notes = RevisionNotes()
        self.awaits: list[Site] = []
        self.async_blocks: list[Site] = []
        self.called: dict[str, int] = {}

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        if not self.functions and not self.classes and isinstance(node.target, cst.Name):
            self.notes.identifiers.add(node.target.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if not self.functions and not self.classes and isinstance(node.target, cst.Name):
            self.notes.identifiers.add(node.target.value)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        if not self.functions and not self.classes:
            self.notes.functions.append(node)
        super().visit_FunctionDef(node)

    def visit_Await(self, node: cst.Await) -> None:
        self.awaits.append(self.site(node))

    def visit_With(self, node: cst.With) -> None:
        if node.asynchronous is not None:
            self.async_blocks.append(self.site(node))

    def visit_For(self, node: cst.For) -> None:
        super().visit_For(node)
        if node.asynchronous is not None:
            self.async_blocks.append(self.site(node))

    def visit_CompFor(self, node: cst.CompFor) -> None:
        if node.asynchronous is not None:
            self.async_blocks.append(self.site(node))

    def visit_Call(self, node: cst.Call) -> None:
        name = last_name(node.func)
        if name is not None:
            self.called[name] = self.called.get(name, 0) + 1


def is_revision(analysis: Analysis) -> bool:
    """Whether the file has a revision's identifier and Alembic's operations."""
    return "revision" in analysis.revision.notes.identifiers and _op_name(analysis) is not None


def _op_name(analysis: Analysis) -> str | None:
    for local, qualified in analysis.names.imports.items():
        if qualified == "alembic.op":
            return local
    return None


def awaited_operations(analysis: Analysis) -> Iterator[AwaitedOperation]:
    """The awaits of Alembic's operations."""
    op = _op_name(analysis)
    for site in analysis.revision.awaits:
        node = site.node
        assert isinstance(node, cst.Await)
        path = dotted(node.expression.func) if isinstance(node.expression, cst.Call) else None
        if path is None or not path.startswith(f"{op}.") or path.count(".") != 1:
            continue
        if path.endswith(".run_async"):
            continue
        name = site.functions[-1].name.value if site.functions else None
        yield AwaitedOperation(
            function=path.rpartition(".")[2],
            anchor=analysis.anchor(site),
            call=analysis.anchor(site, node.expression),
            function_name=name,
        )


def migration_functions(analysis: Analysis, awaited: Sequence[AwaitedOperation]) -> Iterator[MigrationFunction]:
    """``upgrade`` and ``downgrade``."""
    for node in analysis.revision.notes.functions:
        name = node.name.value
        if name not in ("upgrade", "downgrade"):
            continue
        own = tuple(a for a in awaited if a.function_name == name)
        waits = sum(1 for site in analysis.revision.awaits if site.functions and site.functions[-1] is node)
        blocks = sum(1 for site in analysis.revision.async_blocks if site.functions and site.functions[-1] is node)
        keyword = node.asynchronous
        yield MigrationFunction(
            name=name,
            is_async=keyword is not None,
            anchor=NodeAnchor(analysis.parsed, node, node.name, last=node.name),
            asynchronous=NodeAnchor(analysis.parsed, keyword, node.name) if keyword is not None else None,
            awaited=own,
            other_awaits=waits - len(own) + blocks,
            callers=analysis.revision.called.get(name, 0),
        )
