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
    server = examine_server(subject, options.seconds, progress) if options.connect else []
    outcomes: list[Outcome | None] = [None] * len(sides)
    if options.connect and not any_failed(server) and not left_out(server):
        for index, side in enumerate(sides):
            if _can_be_tried(side, found[index]):
                progress(f"connecting by {side.driver}")
                outcomes[index] = attempt(_request(side, found[index], subject, mode, options.seconds))
        pooled = any(outcome is not None and outcome.pooled for outcome in outcomes)
        for side, results, outcome in zip(sides, found, outcomes, strict=True):
            if outcome is not None:
                results += _with_repaired_url(side, results)
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


def _can_be_tried(side: Side, results: list[Result]) -> bool:
    """Whether the driver is there, and some URL that it takes."""
    steps = {result.step for result in results if result.failed}
    if steps & {SUPPORT, INSTALLED, GREENLET}:
        return False
    return PARAMETERS not in steps or side.repairable


def _request(side: Side, results: list[Result], subject: Subject, mode: Tls | None, seconds: float) -> Request:
    """The URL as the application would give it to the engine; one that cannot work is repaired first."""
    repair = side.converted or any(result.failed and result.step == PARAMETERS for result in results)
    url = subject.text if repair else side.url
    ssl = None if mode is None else mode.word
    return Request(url, side.drivername, side.asynchronous, repair, ssl, seconds)


def _with_repaired_url(side: Side, results: list[Result]) -> list[Result]:
    if side.converted or side.translation is None or not any(r.failed and r.step == PARAMETERS for r in results):
        return []
    return [note("repaired URL", f"what follows was tried with {form(side.translation)}")]


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
