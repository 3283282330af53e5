"""Engines and connections that functions of the project make of what they are given.

Where such a function is called with a URL that is known, the call is a fact as if the engine was made there.
Where its own default is a URL, the call in it is one as that default runs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from dbdriver_lint.analysis.anchors import NodeAnchor
from dbdriver_lint.analysis.candidates import makers_inside
from dbdriver_lint.analysis.collect import CallerVisitor, CallVisitor, Site
from dbdriver_lint.analysis.facts import Argument, EngineCall, PossibleUrl, UrlSet
from dbdriver_lint.analysis.program import FunctionRecord
from dbdriver_lint.analysis.symbols import ENGINE_FUNCTIONS
from dbdriver_lint.analysis.targets import only_looked_at, target_of
from dbdriver_lint.analysis.tree import last_name, walk
from dbdriver_lint.analysis.urls import urls_of
from dbdriver_lint.analysis.values import CallRecord, Object, Step, Template, Text, Url, Value, options
from dbdriver_lint.records import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from dbdriver_lint.analysis.build import Analysis
    from dbdriver_lint.analysis.values import Anchor

#: The parameter of an engine function that holds the URL.
_URL = "url"


class Entering:
    """Which functions are run with what they are given: those that make an engine or connect."""

    def __init__(self, analysis: Analysis, own: Iterable[cst.FunctionDef]) -> None:
        self._analysis = analysis
        self._known: dict[cst.CSTNode, bool] = dict.fromkeys(own, True)
        #: Calls in other modules that make an engine of which only the dialect is read.
        self.only_dialect: set[cst.CSTNode] = set()
        #: The literals of their own defaults.
        self.defaults: set[Anchor] = set()
        self._met: set[FunctionRecord] = set()

    def __call__(self, record: FunctionRecord) -> bool:
        """Whether ``record`` is one; of another module's function the calls in it are looked for now."""
        known = self._known.get(record.node)
        if known is None:
            known = self._known[record.node] = record.module is not self._analysis.module and self._look(record)
        if known and record not in self._met:
            self._met.add(record)
            self.defaults.update(anchor for url in _default_urls(record) for _, _, anchor, _ in url.spans)
        return known

    def _look(self, record: FunctionRecord) -> bool:
        parsed = record.module.parsed
        assert parsed is not None
        visitor = CallVisitor()
        callers = CallerVisitor(makers_inside(NodeAnchor(parsed, record.node).text))
        walk(record.node, [visitor, callers])
        sites = [site for site in visitor.sites if makes_engine(site.node)]
        self._analysis.want([*visitor.sites, *callers.sites])  # what wraps an engine counts, too
        looked_at = (s.node for s in sites if s.node in visitor.looked_at or only_looked_at(parsed, s))
        self.only_dialect.update(looked_at)
        return bool(sites or callers.sites)


def makes_engine(node: cst.CSTNode) -> bool:
    """Whether a call looks like one that makes an engine."""
    return isinstance(node, cst.Call) and (last_name(node.func) or "").endswith("engine")


def has_default_url(record: FunctionRecord) -> bool:
    """Whether a function, or the ``__init__`` of its class, has a parameter whose default is a URL."""
    return any(True for _ in _default_urls(record))


def _default_urls(record: FunctionRecord) -> Iterator[PossibleUrl]:
    found = [record]
    init = record.owner.env.own("__init__") if record.owner is not None else None
    if isinstance(init, Object) and isinstance(init.definition, FunctionRecord):
        found.append(init.definition)
    for value in (value for each in found for value in each.defaults.values()):
        if any(isinstance(option, (Text, Template, Url)) for option in options(value)):
            yield from urls_of(value).urls


def reached(
    analysis: Analysis, callers: Iterable[Site], made: Mapping[cst.Call, EngineCall], wrapped: Collection[cst.CSTNode]
) -> Iterator[EngineCall]:
    """The engines that calls of the project's functions make, and those that the defaults of a function make."""
    found = analysis.interpreter.reached
    settled = {
        *analysis.entering.only_dialect,
        *(node for node, engine in made.items() if engine.only_dialect or engine.urls.decided),
    }
    alone = {node: urls_of(_url(record)) for node, record in _engines(analysis.interpreter.reached_alone)}
    given: dict[cst.Call, list[UrlSet]] = {}
    for site in {site.node: site for site in callers if site.node in found}.values():
        calls = list(_each_once(_engines(found[site.node])))
        for node, record in calls:
            given.setdefault(node, []).append(urls_of(_url(record)))
        if not calls or _chooses(calls):
            continue
        node, record = calls[0]
        urls = urls_of(_url(record))
        if node in settled or (node in alone and alone[node].decided and _written(urls) <= _written(alone[node])):
            continue  # that engine is a fact of its own, where the function stands
        if not urls.urls or not all(_is_default(url, analysis.entering) for url in urls.urls):
            engine = replace(_by_call(analysis, site, record, urls), wrapped_in_async_engine=node in wrapped)
            yield engine if len(calls) == 1 else replace(engine, connect_args=None, keywords={}, open_keywords=True)
    for function, reached_calls in found.items():
        calls = list(_engines(reached_calls))
        if isinstance(function, cst.FunctionDef) and not _chooses(calls):
            for node, record in calls:
                yield from _by_default(analysis, function, record, made.get(node), given.get(node, ()))


def _chooses(calls: Collection[tuple[cst.Call, CallRecord]]) -> bool:
    """Whether a function makes one engine or another, and nobody knows which: of several kinds, or URLs."""
    return len({(record.function, _texts(urls_of(_url(record)))) for _, record in calls}) > 1


def _written(urls: UrlSet) -> frozenset[Anchor]:
    """The literals that a URL's scheme, or all of it, was written as."""
    return frozenset(anchor for url in urls.urls for _, _, anchor, _ in url.spans if "://" in anchor.text)


def _is_default(url: PossibleUrl, entering: Entering) -> bool:
    """Whether nothing of a URL is given: that is one for the function itself."""
    return bool(url.spans) and all(anchor in entering.defaults for _, _, anchor, _ in url.spans)


def _by_default(
    analysis: Analysis,
    function: cst.FunctionDef,
    record: CallRecord,
    sink: EngineCall | None,
    given: Collection[UrlSet],
) -> Iterator[EngineCall]:
    """The engine as the defaults of ``function`` make it; none where this file gives it something else all over."""
    value = _url(record)
    urls = urls_of(value)
    if value is None or sink is None or sink.url is None or sink.urls.decided or not urls.decided:
        return
    name = sink.location.classes[-1] if sink.location.classes else function.name.value
    calls = re.findall(rf"(?<!def )(?<!class )\b{name}\s*\(\s*(\)?)", analysis.parsed.source.text)
    if calls and not any(calls) and not any(_texts(urls) == _texts(other) for other in given):
        return
    possible = tuple(replace(url, by_default=True) for url in urls.urls)
    yield replace(sink, urls=replace(urls, urls=possible), url=replace(sink.url, value=value))


def _engines(calls: Iterable[tuple[cst.Call, CallRecord]]) -> Iterator[tuple[cst.Call, CallRecord]]:
    return ((node, record) for node, record in calls if record.function in ENGINE_FUNCTIONS)


def _each_once(calls: Iterable[tuple[cst.Call, CallRecord]]) -> Iterator[tuple[cst.Call, CallRecord]]:
    """A call that stands in another one, as ``AsyncEngine(create_engine(url))``, is met twice."""
    seen: list[tuple[cst.Call, Value | None]] = []
    for node, record in calls:
        if all(node is not other or _url(record) != url for other, url in seen):
            seen.append((node, _url(record)))
            yield node, record


def _url(record: CallRecord) -> Value | None:
    if record.function.endswith("engine_from_config"):
        return None
    return record.positional[0] if record.positional else record.keywords.get(_URL)


def _texts(urls: UrlSet) -> frozenset[str]:
    return frozenset(url.url.text for url in urls.urls)


def _by_call(analysis: Analysis, site: Site, record: CallRecord, urls: UrlSet) -> EngineCall:
    """The engine as it is made of what a call gives."""
    node = site.node
    assert isinstance(node, cst.Call)
    whole = analysis.anchor(site)
    name = record.function.rpartition(".")[2]
    step = Step(f"it is given to `{name}()` here", record.anchor)
    value = _url(record)
    urls = replace(urls, urls=tuple(replace(url, steps=(*url.steps, step)) for url in urls.urls))
    keywords = {key: Argument(each, whole, whole, key, passed=True) for key, each in record.keywords.items()}
    return EngineCall(
        function=record.function,
        is_async=ENGINE_FUNCTIONS[record.function],
        anchor=whole,
        callee=analysis.anchor(site, node.func),
        url=None if value is None else _carrying(analysis, site, node, value),
        urls=urls,
        connect_args=keywords.get("connect_args"),
        keywords=keywords,
        open_keywords=record.open,
        location=analysis.location(site),
        target=target_of(site),
        made_at=record.anchor,
    )


def _carrying(analysis: Analysis, site: Site, node: cst.Call, value: Value) -> Argument:
    """The argument of a call that a URL comes from: the one that is it, or has the literal that it was written as."""
    places = {anchor for url in urls_of(value).urls for _, _, anchor, _ in url.spans}
    for arg in node.args:
        anchor = analysis.anchor(site, arg.value)
        if any(place.path == anchor.path and anchor.span.contains(place.span) for place in places):
            return Argument(value, anchor, anchor, passed=True)
    return Argument(value, analysis.anchor(site), analysis.anchor(site), passed=True)
