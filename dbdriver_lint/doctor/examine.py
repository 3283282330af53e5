"""All steps for one URL, in their order; each where the one before it leaves something to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbdriver_lint.doctor.attempt import Request, attempt
from dbdriver_lint.doctor.connection_steps import read_outcome
from dbdriver_lint.doctor.driver_steps import GREENLET, INSTALLED, PARAMETERS, SUPPORT, examine_side, form
from dbdriver_lint.doctor.model import Diagnosis, SideReport, any_failed, note
from dbdriver_lint.doctor.server_steps import examine_server, left_out
from dbdriver_lint.doctor.sides import sides_for
from dbdriver_lint.doctor.url_steps import REPAIRED, examine_url
from dbdriver_lint.knowledge.address import DatabaseUrlError, read_address
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.translate import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbdriver_lint.doctor.attempt import Outcome
    from dbdriver_lint.doctor.model import Result, Side, Subject
    from dbdriver_lint.doctor.sides import Project


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asks for."""

    drivers: tuple[str, ...] = ()
    """The drivers to examine, none for the project's own."""
    convert: bool = False
    """The application converts the URL itself."""
    connect: bool = False
    seconds: float = 5.0
    """The time that each step may take."""


def examine(
    url: str, source: str, project: Project, options: Options, progress: Callable[[str], None] = lambda _: None
) -> Diagnosis:
    """Examine one URL; ``progress`` is told each step before it is taken.

    Raises:
        DatabaseUrlError: a driver was asked for that nobody knows, or one of another database.
    """
    url_results, subject, masked = examine_url(url)
    if subject is None:
        return Diagnosis(source, masked, tuple(url_results), (), (), options.connect)
    mode = None if project.settings.fix_tls == "preserve" else Tls.REQUIRE
    sides = sides_for(subject, options.drivers, project, convert=options.convert, default=mode)
    if options.convert:
        url_results = _converted(url, subject, url_results, sides)
    found = [examine_side(side, subject, project, alone=len(sides) == 1) for side in sides]
    server: list[Result] = []
    outcomes: list[Outcome | None] = [None] * len(sides)
    if options.connect:
        server = examine_server(subject, options.seconds, progress)
        if not any_failed(server) and not left_out(server):
            outcomes = [
                _connect(side, results, subject, mode, options.seconds, progress)
                for side, results in zip(sides, found, strict=True)
            ]
        pooled = any(outcome is not None and outcome.pooled for outcome in outcomes)
        for side, results, outcome in zip(sides, found, outcomes, strict=True):
            if outcome is not None:
                results += read_outcome(outcome, side, subject, pooled=pooled)
    reports = (
        SideReport(_label(side, sides, options), side, tuple(results), _tls(side, outcome))
        for side, results, outcome in zip(sides, found, outcomes, strict=True)
    )
    return Diagnosis(source, masked, tuple(url_results), tuple(server), tuple(reports), options.connect)


def _converted(url: str, subject: Subject, results: list[Result], sides: tuple[Side, ...]) -> list[Result]:
    """The steps for a URL that the application converts: what the conversion repairs is only noted."""
    try:
        same = replace(read_address(url), scheme=subject.address.scheme) == subject.address
        for side in sides:
            translate(url, side.drivername)
    except DatabaseUrlError:
        return results
    if not same:
        return results
    return [
        note(r.step, f"{r.found}: converting repairs that") if r.step in REPAIRED and r.failed else r for r in results
    ]


def _connect(
    side: Side,
    results: list[Result],
    subject: Subject,
    mode: Tls | None,
    seconds: float,
    progress: Callable[[str], None],
) -> Outcome | None:
    """Connect as the application would, by the repaired URL where its own cannot work; None where none can."""
    steps = {result.step for result in results if result.failed}
    repair = PARAMETERS in steps
    if steps & {SUPPORT, INSTALLED, GREENLET} or (repair and not side.repairable):
        return None
    if repair and side.translation is not None:
        results.append(note("repaired URL", f"what follows was tried with {form(side.translation)}"))
    convert = side.converted or repair
    progress(f"connecting by {side.driver}")
    ssl = None if mode is None else mode.word
    url = subject.text if convert else side.url
    return attempt(Request(url, side.drivername, side.asynchronous, convert, ssl, seconds))


def _label(side: Side, sides: tuple[Side, ...], options: Options) -> str:
    """Whose engine it is; where the project has only one driver, it serves both."""
    return "migrations and application" if len(sides) == 1 and not options.drivers else side.purpose.value


def _tls(side: Side, outcome: Outcome | None) -> str:
    mode = side.translation.tls if side.translation is not None else None
    if outcome is not None and outcome.answered and outcome.encrypted is not None:
        if not outcome.encrypted:
            return "no TLS"
        return f"TLS {mode.word}" if mode is not None and mode >= Tls.REQUIRE else "TLS not demanded, in force"
    return "TLS not asked for" if mode is None else f"TLS {mode.word}"
