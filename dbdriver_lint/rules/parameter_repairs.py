"""Repairs of single parameters: another spelling in the same place, a move to ``connect_args``, a removal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.facts import EngineCall
from dbdriver_lint.analysis.values import Dictionary
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix, ImportRequest
from dbdriver_lint.knowledge.parameters import Outcome, Place
from dbdriver_lint.knowledge.tls import TLS_KEYS
from dbdriver_lint.rules.engines import dictionaries
from dbdriver_lint.rules.repairs import is_shared
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from dbdriver_lint.analysis.facts import Argument, DriverCall
    from dbdriver_lint.analysis.values import Anchor
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.judging import Judged

_ARGS = re.compile(r"connect_args=\{(.*)\}", re.DOTALL)
_KEY = re.compile(r"'(\w+)': ")
_REMOVE = "remove it: "
_NOTHING_LOST = "remove it: it belongs to "
"""How a remedy begins that takes away what can have no meaning for this database."""


def parameter_fix(judged: Judged, call: EngineCall | DriverCall, context: Context) -> Fix | None:
    """The remedy of the table as edits; None where it is words, or where the text is not there to edit."""
    remedy = judged.verdict.remedy
    if not remedy or "…" in remedy or judged.written is None:
        return None
    edits = _edits(judged, remedy, call, context)
    if not edits:
        return None
    imports: tuple[ImportRequest, ...] = ()
    if "ssl." in remedy:
        name, imports = context.local_attribute("ssl", "create_default_context")
        if name != "ssl.create_default_context":
            return None
    title = f"Remove `{judged.key}`" if remedy.startswith(_REMOVE) else f"Write `{_quoted(remedy)}`"
    return Fix(title, edits, _applicability(judged), imports)


def _applicability(judged: Judged) -> Applicability:
    """Safe where the code could only raise, with every version, and nothing that it asked for is dropped."""
    verdict = judged.verdict
    sure = bool(verdict.exception) and not verdict.condition and ": " not in judged.when and not _serves_others(judged)
    dropped = verdict.remedy.startswith(_REMOVE) and not verdict.remedy.startswith(_NOTHING_LOST)
    return Applicability.SAFE if sure and not dropped else Applicability.UNSAFE


def _serves_others(judged: Judged) -> bool:
    """Whether what is written is judged by a default, but goes with whatever is given instead of that as well."""
    if not judged.when or judged.written is None:
        return False
    scheme = judged.url.source_span(0, 1) if judged.url is not None else None
    if scheme is None:
        return True
    whole, own = scheme[0], judged.written
    return whole.path != own.path or not whole.span.start <= own.span.start < whole.span.end


def _edits(judged: Judged, remedy: str, call: EngineCall | DriverCall, context: Context) -> tuple[Edit, ...]:
    arguments = _ARGS.fullmatch(remedy)
    removed = remedy.startswith(_REMOVE)
    if judged.place is Place.KEYWORD:
        return _keyword_edits(judged, remedy, call, removed=removed)
    if judged.place is Place.ARGS:
        if not isinstance(call, EngineCall) or _is_shared_entry(judged, call, context):
            return ()
        if removed:
            return _without_entry(judged, call)
        return _entry_edits(judged, _quoted(arguments[1])) if arguments is not None else ()
    if judged.url is None or _has_other_tls(judged):
        return ()
    if isinstance(call, EngineCall) and is_shared(judged.url, call, context):
        return ()
    if remedy.startswith("?"):
        assert judged.written is not None
        return (Edit(judged.written.span, remedy[1:]),)
    removals = _removals(judged)
    if removed or not removals:
        return removals
    if arguments is None or not isinstance(call, EngineCall):
        return ()
    added = add_connect_args(call, _quoted(arguments[1]))
    return (*removals, *added) if added else ()


def _has_other_tls(judged: Judged) -> bool:
    """Whether other parameters of the URL speak about TLS too: they mean something together only."""
    assert judged.url is not None
    names = [parameter.name.value for parameter in judged.url.url.query]
    return judged.key in TLS_KEYS and (
        sum(name in TLS_KEYS for name in names) > 1 or names.count(judged.key) > 1 or judged.url.url.query_is_open
    )


def _removals(judged: Judged) -> tuple[Edit, ...]:
    """The edits that take the parameter out of the text of the URL."""
    assert judged.url is not None
    url = judged.url.url
    places = [judged.url.place(start, end) for start, end in url.removal_spans(url.named(judged.key))]
    if not places or any(place is None or place.path != judged.at.path for place in places):
        return ()
    return tuple(Edit(place.span, "") for place in places if place is not None)


# --- connect_args --------------------------------------------------------------------------------------


_COMMA_AND_LINE = re.compile(r",[ \t]*(\r?\n)")


def add_connect_args(call: EngineCall, entries: str) -> tuple[Edit, ...]:
    """The edit that gives the engine these entries (``"timeout": 5``) too; empty where it cannot be done here."""
    if call.url is None or call.from_config or call.open_keywords or call.made_at is not None:
        return ()
    if call.connect_args is None:
        return (_after_url(call.url.whole, f"connect_args={{{entries}}}"),)
    if not _is_display(call.connect_args):
        return ()
    value = call.connect_args.value
    assert isinstance(value, Dictionary)
    if set(_KEY.findall(entries.replace('"', "'"))) & value.items.keys():
        return ()
    text, start = call.connect_args.anchor.text, call.connect_args.anchor.span.start
    space = re.match(r"\{\s*", text)
    assert space is not None
    at = start + space.end()
    if text[space.end()] == "}":
        return (Edit(Span(start + 1, start + 1), entries),)
    separator = f",{space[0][1:]}" if "\n" in space[0] else ", "
    return (Edit(Span(at, at), entries + separator),)


def _after_url(url: Anchor, argument: str) -> Edit:
    """The argument behind the URL, on a line of its own where the URL has that.

    The edit borders on the URL, so that no repair that gives it another driver goes in at the same time.
    """
    end, text = url.span.end, url.source.text
    before = text[text.rfind("\n", 0, url.span.start) + 1 : url.span.start]
    after = _COMMA_AND_LINE.match(text, end)
    if after is None or before.strip():
        return Edit(Span(end, end), f", {argument}")
    return Edit(Span(end, end + 1), f",{after[1]}{before}{argument},")


def _is_display(argument: Argument) -> bool:
    """Whether ``connect_args`` is one dictionary that is written out in the call itself."""
    value = argument.value
    return isinstance(value, Dictionary) and argument.keyword is not None and argument.anchor.text.startswith("{")


def _entry_edits(judged: Judged, entries: str) -> tuple[Edit, ...]:
    """The entry replaced by others, unless the dictionary has one of them already."""
    assert judged.written is not None
    assert judged.dictionary is not None
    names = set(_KEY.findall(entries.replace('"', "'"))) - {judged.key}
    if names & judged.dictionary.items.keys() or not _is_entry(judged):
        return ()
    return (Edit(judged.written.span, entries),)


def _is_entry(judged: Judged) -> bool:
    """Whether the entry is ``key: value`` of a display, not an assignment to a subscript."""
    assert judged.written is not None
    return re.match(r"([\"'])" + re.escape(judged.key) + r"\1\s*:", judged.written.text) is not None


def _without_entry(judged: Judged, call: EngineCall) -> tuple[Edit, ...]:
    assert judged.written is not None
    assert judged.dictionary is not None
    assert call.connect_args is not None
    if not _is_entry(judged):
        return ()
    if len(judged.dictionary.items) == 1 and not judged.dictionary.open and _is_display(call.connect_args):
        return (Edit(without_comma(call.connect_args.whole), ""),)
    return (Edit(without_comma(judged.written), ""),)


def _is_shared_entry(judged: Judged, call: EngineCall, context: Context) -> bool:
    """Whether another engine gets the same entry."""
    return any(
        one.entry_anchors.get(judged.key) == judged.written
        for other in context.module.engines
        if other is not call and other.connect_args is not None
        for one in dictionaries(other.connect_args.value) or ()
    )


# --- keywords ------------------------------------------------------------------------------------------


def _keyword_edits(judged: Judged, remedy: str, call: EngineCall | DriverCall, *, removed: bool) -> tuple[Edit, ...]:
    assert judged.written is not None
    if not re.match(re.escape(judged.key) + r"\s*=", judged.written.text):
        return ()  # unpacked
    if removed:
        return (Edit(without_comma(judged.written), ""),)
    if judged.verdict.outcome is Outcome.UNSUPPORTED and remedy.partition("=")[0] in call.keywords:
        return ()
    return (Edit(judged.written.span, _quoted(remedy)),)


def without_comma(element: Anchor) -> Span:
    """The span of an argument or entry with the comma that becomes superfluous."""
    text, span = element.source.text, element.span
    before = re.search(r",\s*$", text[: span.start])
    if before is not None:
        return Span(before.start(), span.end)
    after = re.match(r"\s*,[ \t]*", text[span.end :])
    return Span(span.start, span.end + (after.end() if after is not None else 0))


def _quoted(text: str) -> str:
    """Python text with double quotes, as most code is formatted."""
    return text if '"' in text or "\\" in text else text.replace("'", '"')
