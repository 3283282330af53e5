"""Which rules are in force for a file, and why."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from dbdriver_lint.records import dataclass
from dbdriver_lint.settings.load import SettingsError
from dbdriver_lint.settings.model import key_of
from dbdriver_lint.settings.patterns import matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.settings.model import Settings

DEFAULT_GROUPS = ("error", "design")
OPT_IN_GROUP = "pedantic"
ALL = "all"


class RuleInfo(Protocol):
    """What selection needs to know of a rule; rule classes have it."""

    @property
    def code(self) -> str:
        """``XDB201``."""

    @property
    def name(self) -> str:
        """Kebab case."""

    @property
    def group(self) -> str:
        """``error``, ``design`` or ``pedantic``."""

    @property
    def in_tests(self) -> bool:
        """Whether test files are judged too."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a rule runs for a file; ``reason`` is a phrase for people."""

    enabled: bool
    reason: str


def enabled_codes(rules: tuple[RuleInfo, ...], settings: Settings, path: str) -> frozenset[str]:
    """The codes of the rules that are in force for the file ``path``."""
    return _enabled(rules, settings, *_matched(settings, path))


@lru_cache(maxsize=256)
def _enabled(
    rules: tuple[RuleInfo, ...], settings: Settings, ignoring: tuple[str, ...], is_test: bool
) -> frozenset[str]:
    return frozenset(rule.code for rule in rules if _decide(rule, settings, rule.group, ignoring, is_test).enabled)


def decide(rule: RuleInfo, settings: Settings, path: str, *, group: str | None = None) -> Decision:
    """Whether ``rule`` runs for ``path``, and why.

    The most specific selector wins: code or name before a longer prefix before a shorter one before a
    group before `all`; at the same length `ignore` wins. ``group`` overrides the rule's own, for a rule
    that judges some findings harder than others.
    """
    return _decide(rule, settings, group or rule.group, *_matched(settings, path))


def _matched(settings: Settings, path: str) -> tuple[tuple[str, ...], bool]:
    """All that the path decides: the patterns of `per-file-ignores` that cover it, and whether it is test code."""
    ignoring = tuple(p for p, _ in settings.per_file_ignores if matches((p,), path, settings.root))
    return ignoring, matches(settings.test_patterns, path, settings.root)


def _decide(rule: RuleInfo, settings: Settings, group: str, ignoring: tuple[str, ...], is_test: bool) -> Decision:
    on_rank, on = _best(rule, group, _selecting(settings))
    off_rank, off = _best(rule, group, [(s, "ignore", _from(settings, "ignore")) for s in settings.ignore])
    if off_rank >= 0 and off_rank >= on_rank:
        return Decision(False, off)
    if on_rank < 0:
        if group == OPT_IN_GROUP:
            return Decision(False, "the group `pedantic` is off; `pedantic = true` or `--pedantic` runs it")
        return Decision(False, f"`select` does not name it{_from(settings, 'select')}")
    for pattern, selectors in settings.per_file_ignores:
        origin = _from(settings, "per_file_ignores")
        _, ignored = _best(rule, group, [(s, f"per-file-ignores of `{pattern}`", origin) for s in selectors])
        if ignored and pattern in ignoring:
            return Decision(False, ignored)
    if not rule.in_tests and on_rank < _EXACT and is_test:
        return Decision(False, "the file is test code (`test-patterns`), where this rule stays silent")
    return Decision(True, on)


def check_selectors(settings: Settings, rules: Iterable[RuleInfo]) -> None:
    """Refuse selectors that name nothing.

    Raises:
        SettingsError: names the file, the key and the nearest known rule.
    """
    known = list(rules)
    lists = {name: getattr(settings, name) for name in ("select", "extend_select", "ignore")}
    lists["per_file_ignores"] = tuple(s for _, selectors in settings.per_file_ignores for s in selectors)
    for name, selectors in lists.items():
        for selector in selectors:
            if not any(_rank(selector, rule, rule.group) >= 0 for rule in known):
                raise SettingsError(
                    settings.origin(name) or "settings",
                    key_of(name),
                    f"there is no rule, prefix or group `{selector}`{nearest(selector, known)}",
                )


def nearest(selector: str, rules: Iterable[RuleInfo]) -> str:
    """``; did you mean …?`` for a selector that names nothing, or nothing."""
    names = [ALL, *DEFAULT_GROUPS, OPT_IN_GROUP]
    for rule in rules:
        names += rule.code, rule.name
    wanted = selector.upper() if selector.upper().startswith("XDB") else selector.lower()
    import difflib  # only where something is misspelt

    close = difflib.get_close_matches(wanted, names, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


_Selectors = list[tuple[str, str, str]]
"""Each with what it is an item of, and where that was set: in words, behind it."""


def _selecting(settings: Settings) -> _Selectors:
    selectors = [(s, "select", _from(settings, "select")) for s in settings.select]
    if not settings.select:
        selectors = [(group, "on by default: group", "") for group in DEFAULT_GROUPS]
    if settings.pedantic:
        selectors.append((OPT_IN_GROUP, "pedantic: group", _from(settings, "pedantic")))
    return selectors + [(s, "extend-select", _from(settings, "extend_select")) for s in settings.extend_select]


_EXACT = 100


def _best(rule: RuleInfo, group: str, selectors: _Selectors) -> tuple[int, str]:
    """The rank of the most specific selector that covers the rule (-1: none), and how to name it."""
    ranked = [(_rank(one, rule, group), f"{source} `{one}`{origin}") for one, source, origin in selectors]
    return max(((rank, text) for rank, text in ranked if rank >= 0), key=lambda r: r[0], default=(-1, ""))


def _rank(selector: str, rule: RuleInfo, group: str) -> int:
    """How specific ``selector`` is about the rule; -1 where it does not cover it."""
    lower, upper = selector.lower(), selector.upper()
    if upper == rule.code or lower == rule.name:
        return _EXACT
    if lower == group:
        return 1
    if lower == ALL or upper == "XDB":
        return 0
    return len(upper) if upper.startswith("XDB") and rule.code.startswith(upper) else -1


def _from(settings: Settings, name: str) -> str:
    origin = settings.origin(name)
    return f" ({origin})" if origin else ""
