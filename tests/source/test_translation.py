"""Statements that are made of what ``ast`` read are what LibCST parses, at the same places."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libcst as cst
import pytest

from dbdriver_lint.analysis.tree import semantic_fields
from dbdriver_lint.source.parse import parse
from dbdriver_lint.source.slice import Slicer
from dbdriver_lint.source.text import SourceFile
from dbdriver_lint.source.translation import Translator, Untranslatable

if TYPE_CHECKING:
    from dbdriver_lint.source.parse import ParsedModule
    from dbdriver_lint.source.slice import Slice

#: Nothing that a value depends on, or written as the default by one and left out by the other.
IGNORED = frozenset({"first_colon", "second_colon"})
NOTHING = (None, "", cst.MaybeSentinel.DEFAULT)
CODE = '''\
"""Docstring."""
from __future__ import annotations
import os, a.b.c as d
from . import x as y, z
from ..up import *
A: int = 1; B = -2.5e3; C = 1j
if a and b or not c: pass
elif x is not None:
    del a, b.c
    x = (a), (b); y = ((a), (b)); z = (a), b, ; w = (  # (
        (a), b  # )
    ), (  # (
        (c) for c in d if (e)  # )
    )
else:
    global_name = f"é{a!r:>{width}}" "x" + rb"y"
for i, *rest in [*a, (1, 2), {1}, {**b, "k": v}]:
    continue
else:
    break
while (n := next(it)) < 3 <= m: n += 1
with open(f"{p}/é") as f, (yield) as (g, h):
    "ü"; x[1:2, ::3, ...] = y[a, (b, c)]
try:
    raise E from None
except (A, B) as error:
    assert x, "m"
except:
    nonlocal_ = lambda a, /, b=1, *c, d, e=2, **f: (a if b else c)
finally:
    print(*args, k=1, **kw)
    call(  # (
        (a), (b.c)(  (d)  ), *(e), k=(f), **(g))(x for x in y)
    call(((x for x in y)), (h, i), j=(  # )
        k
    ))
    {(a): (b), **(c), "d": ((e)), (f): lambda: (g)}
@decorator.of(x)
async def f(a: int, b: str = """x
y""", *, c=None) -> Result[int]:
    global G
    async with a as b: await c
    async for q in r:
        return [x async for x in y if a if b for z in x]
    return {k: v for k, v in w.items()}, (x for x in y), {x for x in y}
class K(Base, metaclass=M, **options):
    x = a @ b // c ** -d % e << f >> g & h | i ^ ~j
    def m(self): yield from self.a.b().c[0]
'''


def everything(slicer: Slicer) -> Slice:
    """A slice with every statement, docstrings too."""
    kept = slicer.whole()
    stack = [kept.body]
    while stack:
        for statement in stack.pop():
            kept.kept[statement] = -1
            stack.extend(kept.blocks_of(statement))
    return kept


#: What no fact stands at: its place is that of a part of it, or of what it is a part of, or none at all.
APPROXIMATE = (
    *(cst.AsName, cst.BaseSuite, cst.CompFor, cst.CompIf, cst.ComparisonTarget, cst.Decorator, cst.Dot, cst.Else),
    *(cst.BaseBinaryOp, cst.BaseUnaryOp, cst.BaseBooleanOp, cst.BaseCompOp, cst.BaseAugOp, cst.Finally, cst.From),
    *(cst.Element, cst.ImportStar, cst.Index, cst.Module, cst.NameItem, cst.ParamSlash, cst.ParamStar),
    *(cst.Slice, cst.SubscriptElement, cst.Annotation, cst.AssignTarget, cst.WithItem),
)


def compare(ours: Any, theirs: Any, us: ParsedModule, them: ParsedModule, *, placed: bool = True) -> None:
    """Fail where two nodes differ in kind, in a field that means something, or in their place."""
    assert type(ours) is type(theirs)
    if isinstance(ours, (cst.Import, cst.ImportFrom, cst.LazyImport, cst.LazyImportFrom, cst.Global, cst.Nonlocal)):
        assert us.span(ours) == them.span(theirs)
        placed = False  # the names in it have no places of their own
    if isinstance(ours, cst.Parameters):
        # only the line matters, and only where there is something in it
        assert not ours.params or us.source.line_of(us.span(ours).start) == us.source.line_of(them.span(theirs).start)
    elif placed and not isinstance(ours, APPROXIMATE):
        assert us.span(ours) == them.span(theirs)
    if isinstance(ours, cst.AsName):
        placed = False
    for name in semantic_fields(type(ours)):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if (
            name in IGNORED
            or (isinstance(ours, cst.CompFor) and name == "asynchronous")
            or (mine in NOTHING and other in NOTHING)
        ):
            continue
        if isinstance(mine, cst.CSTNode):
            compare(mine, other, us, them, placed=placed)
        elif isinstance(mine, (list, tuple)):
            assert len(mine) == len(other)
            for one, two in zip(mine, other, strict=True):
                compare(one, two, us, them, placed=placed)
        else:
            assert mine == other


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("away", [False, True])
def test_same_nodes_as_the_parser_gives(newline: str, away: bool) -> None:
    source = SourceFile.from_text("a.py", CODE.replace("\n", newline))
    slicer = Slicer(source.text)
    if away:
        slicer.put_away()
    translated, rebound = Translator(source, slicer).module(everything(slicer))
    parsed = parse(source)
    slicer.close()  # places are asked for as long as there are facts
    compare(translated.tree, parsed.tree, translated, parsed)
    assert rebound == {"G"}


@pytest.mark.parametrize("path", sorted(Path(ast.__file__).parent.glob("[c-d]*.py"))[:14], ids=lambda path: path.name)
def test_same_nodes_for_real_code(path: Path) -> None:
    source = SourceFile.from_bytes(path.name, path.read_bytes())
    slicer = Slicer(source.text)
    try:
        translated, _ = Translator(source, slicer).module(everything(slicer))
    except Untranslatable:
        pytest.skip("LibCST's parser reads this one")
    parsed = parse(source)
    compare(translated.tree, parsed.tree, translated, parsed)


@pytest.mark.parametrize("code", ["match x:\n    case 1:\n        a = 1\n"])
def test_rare_syntax_is_left_to_the_parser(code: str) -> None:
    slicer = Slicer(code)
    with pytest.raises(Untranslatable):
        Translator(SourceFile.from_text("a.py", code), slicer).module(slicer.around([1, 3]))
