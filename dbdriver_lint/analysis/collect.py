"""Visitors that note where the things stand that facts are made of.

They only look: names are the names as written. What a name means is asked of the interpreter, which
then runs just the functions in which something was noted.
"""

from __future__ import annotations

import re

import libcst as cst

from dbdriver_lint.analysis.candidates import CALL_NAMES
from dbdriver_lint.analysis.tree import descendants, dotted, last_name
from dbdriver_lint.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """Where a node stands: the statement, functions and classes around it, outermost first."""

    node: cst.CSTNode
    statement: cst.CSTNode
    functions: tuple[cst.FunctionDef, ...]
    classes: tuple[cst.ClassDef, ...]
    awaited: bool = False

    @property
    def coroutine(self) -> bool:
        """Whether the innermost function is an ``async def``."""
        return bool(self.functions) and self.functions[-1].asynchronous is not None


class SiteVisitor(cst.CSTVisitor):
    """Base of visitors that need to know where they are."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: list[cst.FunctionDef] = []
        self.classes: list[cst.ClassDef] = []
        self.statement: cst.CSTNode | None = None
        self.lambdas = 0
        """How many of them are around."""

    def site(self, node: cst.CSTNode, awaited: bool = False) -> Site:
        """The place of ``node``, which is being visited."""
        return Site(node, self.statement or node, tuple(self.functions), tuple(self.classes), awaited)

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        self.statement = node

    def visit_SimpleStatementSuite(self, node: cst.SimpleStatementSuite) -> None:
        self.statement = node

    def visit_If(self, node: cst.If) -> None:
        self.statement = node.test

    def visit_While(self, node: cst.While) -> None:
        self.statement = node.test

    def visit_For(self, node: cst.For) -> None:
        self.statement = node.iter

    def visit_WithItem(self, node: cst.WithItem) -> None:
        self.statement = node

    def visit_Decorator(self, node: cst.Decorator) -> None:
        self.statement = node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.statement = node.params
        self.functions.append(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self.functions.pop()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.statement = node.name
        self.classes.append(node)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self.classes.pop()

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.lambdas += 1

    def leave_Lambda(self, original_node: cst.Lambda) -> None:
        self.lambdas -= 1


class NamedVisitor(SiteVisitor):
    """Base of visitors that look for functions by their names, and by what the file imports these as."""

    def __init__(self, wanted: frozenset[str]) -> None:
        super().__init__()
        self._wanted = wanted
        self.names = set(wanted)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> None:
        alias = node.asname.name if node.asname is not None else None
        if isinstance(alias, cst.Name) and (dotted(node.name) or "").rpartition(".")[2] in self._wanted:
            self.names.add(alias.value)


_EXPECTS = re.compile(r"raises|warns|^expect_", re.IGNORECASE)


class CallVisitor(NamedVisitor):
    """Notes calls that may make an engine, connect, or run a migration."""

    def __init__(self) -> None:
        super().__init__(CALL_NAMES)
        self.sites: list[Site] = []
        self._awaited: set[int] = set()
        #: Calls of whose result only the dialect or the URL is read.
        self.looked_at: set[cst.CSTNode] = set()
        self._expecting = 0

    def visit_With(self, node: cst.With) -> None:
        self._expecting += _expects_failure(node)

    def leave_With(self, original_node: cst.With) -> None:
        self._expecting -= _expects_failure(original_node)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if isinstance(node.value, cst.Call) and node.attr.value in ("dialect", "url", "name", "driver"):
            self.looked_at.add(node.value)

    def visit_Await(self, node: cst.Await) -> None:
        self._awaited.add(id(node.expression))

    def visit_Call(self, node: cst.Call) -> None:
        if last_name(node.func) in self.names and not self._expecting:
            self.sites.append(self.site(node, id(node) in self._awaited))


def _expects_failure(node: cst.With) -> bool:
    """Whether what stands in a block is there to fail, or to warn: `with pytest.raises(…):`."""
    names = (last_name(item.item.func) for item in node.items if isinstance(item.item, cst.Call))
    return any(name is not None and _EXPECTS.search(name) for name in names)


class CallerVisitor(SiteVisitor):
    """Notes the calls of functions and classes that may make an engine of what they are given.

    ``names`` are those of this file; those ``elsewhere`` count where they are given something.
    """

    def __init__(self, names: frozenset[str], elsewhere: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.names = names
        self.elsewhere = elsewhere
        self.sites: list[Site] = []

    def visit_Call(self, node: cst.Call) -> None:
        name = last_name(node.func)
        if name in self.names or (node.args and name in self.elsewhere):
            self.sites.append(self.site(node))


class NameVisitor(cst.CSTVisitor):
    """Notes what a module imports at its own level, and which names its functions assign."""

    def __init__(self) -> None:
        super().__init__()
        self.imports: dict[str, str] = {}
        self.rebound: set[str] = set()
        self._depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._depth -= 1

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._depth += 1

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._depth -= 1

    def visit_Global(self, node: cst.Global) -> None:
        self.rebound.update(item.name.value for item in node.names)

    def visit_Import(self, node: cst.Import | cst.LazyImport) -> None:
        if self._depth:
            return
        for alias in node.names:
            name = dotted(alias.name) or ""
            local = name.partition(".")[0]
            target = local
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                local, target = alias.asname.name.value, name
            self.imports[local] = target

    visit_LazyImport = visit_Import  # noqa: N815  the name of a node

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        if self._depth or isinstance(node.names, cst.ImportStar):
            return
        module = "." * len(node.relative) + ((dotted(node.module) or "") if node.module is not None else "")
        for alias in node.names:
            name = dotted(alias.name) or ""
            local = name
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                local = alias.asname.name.value
            self.imports[local] = f"{module}.{name}"

    visit_LazyImportFrom = visit_ImportFrom  # noqa: N815


@dataclass(frozen=True, slots=True, eq=False)
class StringSite:
    """A string that looks like a URL, and what it is given to."""

    site: Site
    receiver: str | None
    """The name, attribute, keyword or key that holds it."""
    default: bool
    """It is a default: of a settings field, a parameter, an environment variable."""


#: How the types of settings' fields end that are called with a text.
_TYPES = ("Dsn", "Url", "SecretStr")


class UrlVisitor(SiteVisitor):
    """Notes string literals with ``://`` that stand where a value to use stands.

    Strings that only speak of URLs are passed over: docstrings, comparisons, arguments of
    ``startswith`` and ``replace``, collections of schemes, messages, logging, patterns.
    """

    _SPEAKING = frozenset(
        [
            "startswith",
            "endswith",
            "replace",
            "split",
            "rsplit",
            "partition",
            "rpartition",
            "removeprefix",
            "removesuffix",
            "strip",
            "lstrip",
            "find",
            "index",
            "count",
            "sub",
            "match",
            "search",
            "compile",
            "fullmatch",
            "findall",
            "info",
            "debug",
            "warning",
            "warn",
            "error",
            "exception",
            "critical",
            "log",
            "print",
            "echo",
            "write",
            "format",
            "join",
            "add_argument",
            "option",
            "argument",
            "parametrize",
            "secho",
            "fail",
            "skip",
            "xfail",
        ]
    )
    _KEYWORDS = frozenset(
        [
            "description",
            "help",
            "example",
            "examples",
            "title",
            "doc",
            "message",
            "msg",
            "reason",
            "pattern",
            "regex",
            "placeholder",
        ]
    )

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[StringSite] = []
        #: Strings that are put together of parts, one of which may be a password.
        self.built: list[StringSite] = []
        self._silent = 0
        self._receiver: dict[int, tuple[str | None, bool]] = {}

    def visit_Raise(self, node: cst.Raise) -> None:
        self._silent += 1

    def leave_Raise(self, original_node: cst.Raise) -> None:
        self._silent -= 1

    def visit_Assert(self, node: cst.Assert) -> None:
        self._silent += 1

    def leave_Assert(self, original_node: cst.Assert) -> None:
        self._silent -= 1

    def visit_Comparison(self, node: cst.Comparison) -> None:
        self._silent += 1

    def leave_Comparison(self, original_node: cst.Comparison) -> None:
        self._silent -= 1

    def visit_Annotation(self, node: cst.Annotation) -> None:
        self._silent += 1

    def leave_Annotation(self, original_node: cst.Annotation) -> None:
        self._silent -= 1

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if isinstance(node.operator, (cst.Add, cst.Modulo)):
            self._note_built(node)

    def _note_built(self, node: cst.CSTNode) -> None:
        """Note a text that is put together, if a URL with credentials may come of it."""
        receiver = self._receiver.get(id(node))
        if receiver is None or receiver[0] is None or self._silent:
            return
        texts = [n.value for n in descendants(node) if isinstance(n, (cst.SimpleString, cst.FormattedStringText))]
        if any("://" in text for text in texts) and any("@" in text for text in texts):
            self.built.append(StringSite(self.site(node), *receiver))

    def visit_Call(self, node: cst.Call) -> None:
        name = last_name(node.func)
        if name == "format":
            self._note_built(node)
        if name in self._SPEAKING:
            self._silent += 1
            return
        reads_environment = name in ("getenv", "get", "config", "env", "str", "Field", "field", "setdefault", "pop")
        # `dsn: PostgresDsn = PostgresDsn("…")`
        own_default = (name or "").endswith(_TYPES) and self._receiver.get(id(node), (None, False))[1]
        is_default = reads_environment or own_default
        variable = name
        if reads_environment and node.args and isinstance(node.args[0].value, cst.SimpleString):
            variable = node.args[0].value.raw_value
        for arg in node.args:
            keyword = arg.keyword.value if arg.keyword is not None else None
            receiver = variable if keyword in (None, "default") else keyword
            self._give(arg.value, receiver, default=is_default or keyword == "default")
            if keyword in self._KEYWORDS:
                self._receiver[id(arg.value)] = (None, True)

    def leave_Call(self, original_node: cst.Call) -> None:
        if last_name(original_node.func) in self._SPEAKING:
            self._silent -= 1

    def visit_Expr(self, node: cst.Expr) -> None:
        if isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)):
            self._receiver[id(node.value)] = (None, True)

    def visit_Assign(self, node: cst.Assign) -> None:
        target = node.targets[0].target
        self._give(node.value, last_name(target) or _option(target), default=False)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._give(node.value, last_name(node.target), default=bool(self.classes) and not self.functions)

    def visit_Param(self, node: cst.Param) -> None:
        if node.default is not None:
            self._give(node.default, node.name.value, default=True)

    def visit_Return(self, node: cst.Return) -> None:
        if node.value is not None and self.functions:
            self._give(node.value, self.functions[-1].name.value, default=False)

    def visit_DictElement(self, node: cst.DictElement) -> None:
        self._receiver[id(node.key)] = (None, True)
        key = node.key.raw_value if isinstance(node.key, cst.SimpleString) else None
        self._give(node.value, key, default=False)

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        receiver, _ = self._receiver.get(id(node), (None, False))
        # `x or "default"`
        self._give(node.left, receiver, default=True)
        self._give(node.right, receiver, default=True)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        receiver, default = self._receiver.get(id(node), (None, False))
        self._give(node.body, receiver, default=default)
        self._give(node.orelse, receiver, default=default)

    def _give(self, node: cst.CSTNode, name: str | None, *, default: bool) -> None:
        self._receiver[id(node)] = (name, default)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if "://" in node.value:
            self._note(node)

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        if any(isinstance(part, cst.FormattedStringText) and "://" in part.value for part in node.parts):
            self._note(node)
            self._note_built(node)

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> None:
        receiver = self._receiver.get(id(node))
        if receiver is not None:
            self._receiver[id(node.left)] = (None, True)
            self._note(node)
            self._note_built(node)

    def _note(self, node: cst.CSTNode) -> None:
        receiver = self._receiver.get(id(node))
        if not self._silent and receiver is not None and receiver[0] is not None:
            self.strings.append(StringSite(self.site(node), receiver[0], receiver[1]))


def _option(target: cst.CSTNode) -> str | None:
    """``SQLALCHEMY_DATABASE_URI`` of ``app.config["SQLALCHEMY_DATABASE_URI"]``: the name of an application's option."""
    if not (isinstance(target, cst.Subscript) and last_name(target.value) == "config" and len(target.slice) == 1):
        return None
    index = target.slice[0].slice
    if isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString):
        return index.value.raw_value
    return None
