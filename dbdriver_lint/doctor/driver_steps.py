"""Whether one driver takes the URL, and whether it is there: what needs the driver, but no network."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from dbdriver_lint.doctor.model import failed, note, ok
from dbdriver_lint.doctor.sides import import_error
from dbdriver_lint.knowledge.drivers import (
    default_driver,
    driver_named,
    is_loadable,
    load_error,
    not_async_error,
    not_sync_error,
)
from dbdriver_lint.knowledge.parameters import Outcome, Place, describe, judge
from dbdriver_lint.knowledge.python_source import arguments_text
from dbdriver_lint.knowledge.secrets import mask_text
from dbdriver_lint.knowledge.urls import parse_url
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.records import replace

if TYPE_CHECKING:
    from dbdriver_lint.doctor.model import Result, Side, Subject
    from dbdriver_lint.doctor.sides import Project
    from dbdriver_lint.knowledge.drivers import Driver
    from dbdriver_lint.knowledge.translate import Translation

SUPPORT, DRIVER, PARAMETERS = "SQLAlchemy", "driver", "parameters"
INSTALLED, GREENLET, DECLARED = "installed", "greenlet", "declared"


def examine_side(side: Side, subject: Subject, project: Project, *, alone: bool) -> list[Result]:
    """The steps for one side. ``alone``: it is the only user of the URL."""
    known = driver_named(f"{subject.dialect}+{side.driver}")
    if is_loadable(side.drivername, project.sqlalchemy) is False:
        found = f"SQLAlchemy {project.sqlalchemy.text.lstrip('=')} has no `{side.drivername}`"
        cause = f"making the engine raises `{load_error(side.drivername)}`"
        since = f"SQLAlchemy {_dotted(known.since)} or newer" if known and known.since else "a SQLAlchemy that has it"
        return [failed(SUPPORT, found, cause, f"install {since}, or take another driver")]
    results = [_name(side, subject, project, alone), *_parameters(side, project)]
    if known is not None:
        results.append(_installed(side, known, subject.dialect))
        if side.asynchronous:
            results.append(_greenlet(project))
        results += _declared(known, project)
    return results


def _name(side: Side, subject: Subject, project: Project, alone: bool) -> Result:
    """Whether the URL, as it stands, selects this driver."""
    if side.converted:
        return ok(DRIVER, f"converted to `{side.drivername}://`")
    loaded = default_driver(subject.drivername, project.sqlalchemy)
    if side.driver in loaded:
        return ok(DRIVER, f"`{subject.drivername}://` selects {side.driver}")
    found = (
        f"`{subject.drivername}://` selects {min(loaded)}, not {side.driver}" if loaded else "another driver is named"
    )
    remedy = f"write `{side.drivername}://`, or convert it: {conversion(side)}"
    missing = not side.asynchronous and any(import_error(subject.dialect, name) for name in loaded)
    if alone or missing:
        return failed(DRIVER, found, _wrong_driver(side, subject, min(loaded, default=""), project), remedy)
    return note(DRIVER, f"{found}: this side has to change the name", f"begin it with `{side.drivername}://`")


def _wrong_driver(side: Side, subject: Subject, loaded: str, project: Project) -> str:
    """What happens to an engine that gets the URL with the name of another driver."""
    known = driver_named(f"{subject.dialect}+{loaded}")
    if known is not None and import_error(subject.dialect, loaded) is not None:
        return f"making the engine raises `ModuleNotFoundError: No module named '{known.module}'`"
    if side.asynchronous:
        return f"making the engine raises `{not_async_error(loaded)}`"
    if "+" in subject.drivername:
        return f"the first connection raises `{not_sync_error(subject.drivername, project.sqlalchemy)}`"
    return f"{loaded} runs instead of {side.driver}"


def _parameters(side: Side, project: Project) -> list[Result]:
    """Every parameter of the URL that the engine gets, against the table of the driver."""
    if side.converted:
        return _conversion(side)
    query = parse_url(side.url).query_dict()
    given: dict[str, object] = {key: values[0] if len(values) == 1 else tuple(values) for key, values in query.items()}
    refused: dict[str, list[str]] = {}
    consequence = remedy = ""
    notes: list[Result] = []
    right = corrected(side)
    for key, value in given.items():
        verdict = judge(side.driver, Place.URL, key, value, siblings=given, sqlalchemy=project.sqlalchemy)
        if verdict.ok:
            continue
        said = mask_text(describe(side.driver, Place.URL, key, replace(verdict, remedy="")))
        if verdict.outcome is Outcome.IGNORED:
            notes.append(note(PARAMETERS, said))
        else:
            refused.setdefault(_COMPLAINTS.get(verdict.outcome, "refuses the value of"), []).append(f"`{key}`")
            consequence, remedy = consequence or said, remedy or mask_text(verdict.remedy)
    if refused:
        found = " and ".join(f"{complaint} {', '.join(keys)}" for complaint, keys in refused.items())
        return [failed(PARAMETERS, f"{side.driver} {found}", consequence, right or remedy or "remove it"), *notes]
    if notes or not given:
        return notes
    return [ok(PARAMETERS, f"{side.driver} takes {', '.join(f'`{key}`' for key in given)}")]


_COMPLAINTS = {
    Outcome.UNSUPPORTED: "does not take",
    Outcome.WEAKENED: "is not protected by",
    Outcome.INVERTED: "does the opposite of",
}


def _conversion(side: Side) -> list[Result]:
    """What the conversion makes of the parameters."""
    if side.translation is None:
        return [failed(PARAMETERS, "the URL cannot be converted", "its TLS mode is no mode", "write a valid TLS mode")]
    refused = side.translation.refused
    if refused:
        reasons = "; ".join(f"`{lost.parameter}`: {lost.reason}" for lost in refused)
        return [failed(PARAMETERS, f"{side.driver} cannot do what the URL asks for", reasons, "take another driver")]
    lost = [f"`{lost.parameter}` ({lost.reason})" for lost in side.translation.lost]
    return [note(PARAMETERS, f"left out: {', '.join(lost)}")] if lost else [ok(PARAMETERS, form(side.translation))]


def corrected(side: Side) -> str:
    """The right URL for this side, as a remedy, with the ``connect_args`` that it needs; "" if there is none."""
    if side.translation is not None and side.translation.refused:
        return "; ".join(lost.reason for lost in side.translation.refused)
    if side.translation is None or not side.repairable:
        return ""
    return f"use {form(side.translation)}; {conversion(side)} makes it so"


def form(translation: Translation) -> str:
    """A URL and its ``connect_args`` as they may be shown."""
    if not translation.connect_args:
        return f"`{translation.masked}`"
    return f"`{translation.masked}` with `connect_args={{{arguments_text(translation.connect_args)}}}`"


def conversion(side: Side) -> str:
    """The call that converts the URL for this side."""
    needs_arguments = side.translation is not None and side.translation.connect_args
    function = "engine_arguments" if needs_arguments else "transform_url_for_driver"
    return f"`{function}(url, {side.driver!r})`"


def _installed(side: Side, known: Driver, dialect: str) -> Result:
    error = import_error(dialect, side.driver)
    if error is None:
        return ok(INSTALLED, f"{known.module} {_version_of(known)}".rstrip())
    missing = error.startswith("ModuleNotFoundError")
    found = f"{side.driver} is not installed" if missing else f"{side.driver} is installed and cannot be imported"
    remedy = f"`{sys.executable} -m pip install '{known.install}'`" if known.install else "take another driver"
    return failed(INSTALLED, found, f"`import {known.module}` raises `{error}`", remedy + _environment_hint())


def _environment_hint() -> str:
    """Where the doctor runs in another environment than the one that is active."""
    active = os.environ.get("VIRTUAL_ENV")
    if not active or os.path.realpath(active) == os.path.realpath(sys.prefix):
        return ""
    return "; this is not the active virtual environment: `python -m dbdriver_lint doctor` runs in the active one"


def _greenlet(project: Project) -> Result:
    try:
        import_module("greenlet")
    except ImportError as error:
        return failed(
            GREENLET,
            "greenlet is not installed",
            f"`import greenlet` raises `{error}`: async engines need it, and SQLAlchemy 2.1 no longer brings it along",
            f"`{sys.executable} -m pip install 'sqlalchemy[asyncio]'`",
        )
    dependencies = project.dependencies
    if (
        dependencies.complete
        and "greenlet" not in dependencies.versions
        and not dependencies.sqlalchemy.may_be_below((2, 1))
    ):
        return note(GREENLET, "greenlet is not declared by the project", "declare `sqlalchemy[asyncio]`")
    return ok(GREENLET, f"greenlet {version('greenlet')}")


def _declared(known: Driver, project: Project) -> list[Result]:
    dependencies = project.dependencies
    if dependencies.has(known) is None or not known.distributions:
        return []
    if dependencies.has(known):
        name = next(name for name in known.distributions if name in dependencies.versions)
        source = dependencies.sources.get(name)
        return [ok(DECLARED, f"{name}, {source.path}:{source.line}" if source else name)]
    found = f"{known.name} is not among the project's dependencies"
    remedy = f"declare `{known.install}`"
    if dependencies.complete:
        return [
            failed(DECLARED, found, "the lock file names no package that brings it: it is missing on deploy", remedy)
        ]
    return [note(DECLARED, found, remedy)]


def installed_sqlalchemy() -> tuple[str, VersionRange]:
    """The SQLAlchemy of this interpreter: its version and the range of nothing else."""
    try:
        text = version("sqlalchemy")
    except PackageNotFoundError:
        return "", VersionRange.everything()
    return text, VersionRange.parse(f"=={text}")


def _version_of(known: Driver) -> str:
    for name in known.distributions:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
