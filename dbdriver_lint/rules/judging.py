"""What the parameter table says of every parameter that an engine is given.

Several rules speak about parameters; all of them read the same judgements, made here, once in one way.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.arguments import python_value, python_values
from dbdriver_lint.analysis.values import Dictionary, options
from dbdriver_lint.knowledge.dialects import DIALECTS
from dbdriver_lint.knowledge.drivers import DRIVERS, driver_named, meanings
from dbdriver_lint.knowledge.parameters import (
    OK,
    UNKNOWN,
    Moment,
    Outcome,
    Place,
    Verdict,
    describe,
    judge,
)
from dbdriver_lint.knowledge.spellings import DIALECT_OF
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.records import dataclass, replace
from dbdriver_lint.rules.engines import connects_by_url, dictionaries, is_conditional, place_in
from dbdriver_lint.rules.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dbdriver_lint.analysis.facts import EngineCall, PossibleUrl, UrlSet
    from dbdriver_lint.analysis.values import Anchor, Steps
    from dbdriver_lint.knowledge.drivers import Meaning
    from dbdriver_lint.rules.context import Context


@dataclass(frozen=True, slots=True)
class Judged:
    """One parameter that does not do what it says, and what is known about it."""

    driver: str
    place: Place
    key: str
    value: object
    verdict: Verdict
    at: Anchor
    """Where to report it: the parameter where it stands in the call, else the argument."""
    written: Anchor | None = None
    """The whole parameter or dictionary entry, where it is written out in this file."""
    when: str = ""
    """Under which circumstances, as the beginning of the message: ``If `DATABASE_URL` is unset, ``."""
    url: PossibleUrl | None = None
    dictionary: Dictionary | None = None
    steps: Steps = ()

    @property
    def message(self) -> str:
        """What happens, and what to write instead."""
        return sentence(describe(self.driver, self.place, self.key, self.verdict), self.when)

    @property
    def is_unsupported(self) -> bool:
        """Whether the driver, or SQLAlchemy before it, does not take the parameter at all."""
        outcomes = (Outcome.UNSUPPORTED, Outcome.IGNORED)
        return self.verdict.outcome in outcomes and not self.weakens_tls and not self.is_sslmode_for_asyncpg

    @property
    def is_invalid(self) -> bool:
        """Whether it is the value that the driver refuses or misunderstands."""
        outcomes = (Outcome.INVALID, Outcome.WRONG_TYPE, Outcome.INVERTED)
        return self.verdict.outcome in outcomes and not self.weakens_tls

    @property
    def weakens_tls(self) -> bool:
        """Whether it connects with less TLS than it says."""
        outcome = self.verdict.outcome
        about_tls = self.key.startswith("ssl") and DIALECT_OF.get(self.driver) != "sqlite"
        return outcome is Outcome.WEAKENED or (about_tls and outcome in (Outcome.IGNORED, Outcome.INVERTED))

    @property
    def is_sslmode_for_asyncpg(self) -> bool:
        """Whether it is the most frequent mistake of all, which has a rule of its own."""
        return (
            self.driver == "asyncpg"
            and self.key == "sslmode"
            and self.place in (Place.URL, Place.ARGS)
            and self.verdict.outcome is Outcome.UNSUPPORTED
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A driver that a URL may load, with the versions to judge it by."""

    driver: str
    meaning: Meaning
    sqlalchemy: VersionRange
    version: VersionRange | None
    is_async: bool

    @property
    def table(self) -> str:
        """The name in the parameter table: the async half of a driver that is both has its own."""
        return "psycopg_async" if self.driver == "psycopg" and self.is_async else self.driver


class OpenParameters(dict[str, object]):
    """Parameters among which others may be that are not known: notes when such a one is asked for."""

    missed = False

    def get(self, key: str, default: object = None) -> object:
        self.missed |= not super().__contains__(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        self.missed |= not found
        return found


def loaded_drivers(url: PossibleUrl, call: EngineCall, context: Context) -> tuple[Loaded, ...]:
    """The drivers that the URL may load under the project's SQLAlchemy versions, the newest version last."""
    name = url.url.drivername
    if not name.known or name.dialect not in DIALECTS:
        return ()
    versions = context.dependencies.sqlalchemy
    found = meanings(name.text, versions)
    return tuple(
        Loaded(
            meaning.driver,
            meaning,
            _versions_of(meaning, versions) if len(found) > 1 else versions,
            driver_version(meaning.drivername, context),
            call.is_async,
        )
        for meaning in found
    )


def _versions_of(meaning: Meaning, versions: VersionRange) -> VersionRange:
    """The SQLAlchemy versions to judge one meaning of several by; of what nobody declared, its newest."""
    since = meaning.since
    if versions.is_everything and meaning.until is not None:
        since = (*meaning.until[:-1], meaning.until[-1] - 1)
    return versions & VersionRange.between(since, meaning.until)


def driver_version(drivername: str, context: Context) -> VersionRange | None:
    """The versions of the driver that the project declares, None where it does not declare it."""
    row = driver_named(drivername)
    if row is None:
        return None
    others = {other.distributions[0] for other in DRIVERS if other.distributions and other.module != row.module}
    for distribution in row.distributions:
        if distribution not in others and distribution in context.dependencies.versions:
            return context.dependencies.versions[distribution]
    return None


def judge_engine(call: EngineCall, context: Context) -> Iterator[Judged]:
    """The parameters of an engine, in URL and ``connect_args``, that do not do what they say."""
    if not connects_by_url(call):
        return
    drivers = [
        (url, loaded_drivers(url, call, context))
        for url in call.urls.urls
        if url.url.drivername.known or not call.urls.decided  # of the environment's own scheme nothing is said
    ]
    if not drivers or not all(loaded for _, loaded in drivers):
        return
    yield from once([*_in_queries(call, drivers), *_in_connect_args(call, drivers)])


def once(found: Iterable[Judged]) -> Iterator[Judged]:
    """Each message at each place once: several URLs may share a parameter."""
    seen: set[tuple[str, int, str]] = set()
    for judged in found:
        key = (judged.at.path, judged.at.span.start, judged.message)
        if key not in seen:
            seen.add(key)
            yield judged


# --- URLs ----------------------------------------------------------------------------------------------


def query_parameters(url: PossibleUrl) -> Mapping[str, object]:
    """The parameters of a URL's query by name: text, a tuple of texts, ``UNKNOWN``."""
    found: dict[str, object] = {}
    for parameter in url.url.query:
        if parameter.name.known:
            name = parameter.name.value
            value: object = parameter.value.value if parameter.value.known else UNKNOWN
            if name in found:
                before = found[name]
                value = (*(before if isinstance(before, tuple) else (before,)), value)
            found[name] = value
    return {name: UNKNOWN if isinstance(value, tuple) and UNKNOWN in value else value for name, value in found.items()}


def _in_queries(call: EngineCall, drivers: list[tuple[PossibleUrl, tuple[Loaded, ...]]]) -> Iterator[Judged]:
    assert call.url is not None
    for url, loaded in drivers:
        parameters = query_parameters(url)
        for key, value in parameters.items():
            verdict, driver, when = _combined(
                loaded,
                lambda d: _judged(d, Place.URL, key, value, parameters, is_open=url.url.query_is_open),  # noqa: B023
            )
            if verdict.ok or _is_overridden(key, verdict, call):
                continue
            written, at = place_of_parameter(url, key, call.url.anchor)
            yield Judged(
                driver, Place.URL, key, value, verdict, at, written, when_of(url, call.urls, when), url, steps=url.steps
            )


def _is_overridden(key: str, verdict: Verdict, call: EngineCall) -> bool:
    """Whether ``connect_args`` has, or may have, another value for the parameter: it wins over the URL's.

    A name that the driver does not take stays so whatever the value, and conversions happen before.
    """
    if verdict.moment is Moment.CREATION or (call.connect_args is None and not call.open_keywords):
        return False
    values = list(options(call.connect_args.value)) if call.connect_args is not None else []
    if any(isinstance(value, Dictionary) and key in value.items for value in values):
        return verdict.outcome is not Outcome.UNSUPPORTED
    is_open = call.open_keywords or not all(isinstance(value, Dictionary) and not value.open for value in values)
    return is_open and verdict.outcome is not Outcome.UNSUPPORTED


def place_of_parameter(url: PossibleUrl, key: str, argument: Anchor) -> tuple[Anchor | None, Anchor]:
    """The parameter in the text of this file, if it stands there, and where to report it."""
    for parameter in url.url.named(key):
        whole = url.place(parameter.start, parameter.end)
        at = whole or url.place(parameter.value.start, parameter.value.end)
        return whole if whole is not None and whole.path == argument.path else None, place_in(argument, at)
    return None, argument


def when_of(url: PossibleUrl, urls: UrlSet, versions: str = "") -> str:
    """The circumstances in words, as the beginning of a message."""
    where = urls.condition_of(url)
    if versions:
        return sentence(versions, where) + ": "
    return where


# --- connect_args --------------------------------------------------------------------------------------


def _in_connect_args(call: EngineCall, drivers: list[tuple[PossibleUrl, tuple[Loaded, ...]]]) -> Iterator[Judged]:
    if call.connect_args is None or (is_conditional(call) and any(url.default_of for url, _ in drivers)):
        return  # the condition may say which of the environment's URLs it is for
    found = dictionaries(call.connect_args.value)
    if not found:
        return
    for key in found[0].items:
        if not all(key in one.items for one in found):
            continue
        judged = [
            (url, one, *_combined(loaded, _of_argument(one, key))) for (url, loaded), one in product(drivers, found)
        ]
        if any(verdict.ok for _, _, verdict, _, _ in judged):
            continue  # which of the dictionaries goes with which URL is not known
        url, one, verdict, driver, when = judged[0]
        entry = one.entry_anchors.get(key)
        anchor = one.key_anchors.get(key)
        own = anchor is not None and anchor.path == call.anchor.path
        yield Judged(
            driver,
            Place.ARGS,
            key,
            python_value(one.items[key]),
            verdict,
            anchor if own and anchor is not None else call.connect_args.anchor,
            entry if own else None,
            when_of(url, call.urls, when) if len(drivers) == 1 else "",
            dictionary=one,
            steps=url.steps,
        )


def _of_argument(dictionary: Dictionary, key: str) -> Callable[[Loaded], Verdict]:
    siblings = {name: python_value(value) for name, value in dictionary.items.items()}

    def verdict(driver: Loaded) -> Verdict:
        if key != "async_creator_fn" and "async_creator_fn" in siblings:
            return OK  # a function of the project gets them, not the driver
        first = OK
        for value in python_values(dictionary.items[key]):
            first = _judged(driver, Place.ARGS, key, value, siblings | {key: value}, is_open=dictionary.open)
            if first.ok:
                return OK
        return first

    return verdict


def shared_with(judged: Judged, call: EngineCall, context: Context) -> EngineCall | None:
    """The engine of the other kind that gets the same ``connect_args`` entry and takes it; None if there is none."""
    if judged.dictionary is None:
        return None
    for other in context.module.engines:
        if other.is_async is call.is_async or other.connect_args is None or not connects_by_url(other):
            continue
        found = dictionaries(other.connect_args.value) or []
        if any(_same_entry(judged.dictionary, one, judged.key) for one in found) and not any(
            theirs.key == judged.key and theirs.place is Place.ARGS for theirs in judge_engine(other, context)
        ):
            return other
    return None


def _same_entry(first: Dictionary, second: Dictionary, key: str) -> bool:
    """Whether both have the entry from the same place of the code."""
    if key not in first.items or key not in second.items:
        return False
    written = first.key_anchors.get(key)
    return first.items[key] is second.items[key] or (written is not None and written == second.key_anchors.get(key))


# --- the table -----------------------------------------------------------------------------------------


def _judged(
    driver: Loaded, place: Place, key: str, value: object, parameters: Mapping[str, object], *, is_open: bool
) -> Verdict:
    siblings: Mapping[str, object] = OpenParameters(parameters) if is_open else parameters
    verdict = judge(
        driver.table,
        place,
        key,
        value,
        siblings=siblings,
        sqlalchemy=driver.sqlalchemy,
        driver_version=driver.version,
    )
    if isinstance(siblings, OpenParameters) and siblings.missed:
        return OK  # it depends on parameters that are not known
    return verdict


def _combined(loaded: tuple[Loaded, ...], verdict_of: Callable[[Loaded], Verdict]) -> tuple[Verdict, str, str]:
    """The verdict on one parameter, the driver that it is about, and for which SQLAlchemy versions it holds."""
    found = [(driver, verdict_of(driver)) for driver in loaded]
    bad = [(driver, verdict) for driver, verdict in found if not verdict.ok]
    if not bad:
        return OK, loaded[-1].driver, ""
    driver, verdict = max(reversed(bad), key=lambda pair: pair[1].fails)
    some = len(bad) < len(found)
    if some and verdict.condition.startswith("SQLAlchemy"):
        verdict = replace(verdict, condition="")
    return verdict, driver.driver, driver.meaning.when if some else ""
