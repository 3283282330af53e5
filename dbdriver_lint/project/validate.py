"""What settings may say of drivers and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.settings.load import SettingsError
from dbdriver_lint.settings.model import key_of

if TYPE_CHECKING:
    from dbdriver_lint.settings.model import Settings


def check_names(settings: Settings) -> None:
    """Refuse settings that name no driver or no version.

    Raises:
        SettingsError: names the place, the key and the nearest known name.
    """
    if settings.sqlalchemy_version:
        _check_version(settings, settings.sqlalchemy_version)
    if settings.async_driver is not None:
        _check_driver(settings, "async_driver", settings.async_driver)
    if settings.sync_driver is not None:
        _check_driver(settings, "sync_driver", settings.sync_driver)


def _check_version(settings: Settings, version: str) -> None:
    from dbdriver_lint.knowledge.versions import VersionError, VersionRange

    try:
        VersionRange.parse(version)
    except VersionError as error:
        raise _refused(settings, "sqlalchemy_version", str(error)) from error


def _check_driver(settings: Settings, setting: str, name: str) -> None:
    import difflib

    from dbdriver_lint.knowledge.dialects import DIALECTS
    from dbdriver_lint.knowledge.drivers import async_drivers, sync_drivers

    of_kind, others = (async_drivers, sync_drivers) if setting == "async_driver" else (sync_drivers, async_drivers)
    known = {driver: None for dialect in DIALECTS for driver in of_kind(dialect)}
    if name in known:
        return
    kind, other_kind = ("async", "sync") if setting == "async_driver" else ("sync", "async")
    bare = name.rpartition("+")[2]
    close = [bare] if bare in known else difflib.get_close_matches(bare.lower(), known, n=1)
    reason = f"`{name}` is a driver for {other_kind} engines" if any(name in others(d) for d in DIALECTS) else ""
    reason = reason or f"there is no driver `{name}` for {kind} engines"
    hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(sorted(known))}"
    raise _refused(settings, setting, f"{reason}; {hint}")


def _refused(settings: Settings, name: str, reason: str) -> SettingsError:
    return SettingsError(settings.origin(name) or "settings", key_of(name), reason)
