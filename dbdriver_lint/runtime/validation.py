"""The strict look at a URL as it stands: what the linter says of a literal, for a value at run time."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from dbdriver_lint.knowledge.address import DatabaseUrlError, read_address
from dbdriver_lint.knowledge.drivers import absence, default_driver, load_error
from dbdriver_lint.knowledge.parameters import Outcome, Place, describe, judge
from dbdriver_lint.knowledge.spellings import BARE_NAMES, DIALECT_ALIASES
from dbdriver_lint.knowledge.translate import resolve_driver
from dbdriver_lint.knowledge.versions import VersionRange


def check_url(url: object, driver: str) -> None:
    """Raise if SQLAlchemy would not take ``url`` to ``driver``, or ``driver`` not its parameters.

    Raises:
        DatabaseUrlError: with what would happen and the correct spelling, for the first such parameter.
    """
    dialect, name, drivername = resolve_driver(driver)
    address = read_address(url)
    sqlalchemy = _installed_sqlalchemy()
    names = {drivername, BARE_NAMES.get(driver, drivername), drivername.replace("mysql+", "mariadb+")}
    if address.scheme in DIALECT_ALIASES[dialect] and default_driver(address.scheme, sqlalchemy) == {name}:
        names.add(address.scheme)
    if address.scheme not in names:
        begins = f"begins with {address.scheme}://" if address.scheme else "has no scheme"
        raise DatabaseUrlError(
            f"the URL {begins}, which does not select {driver}: it must begin with {drivername}://; "
            f"transform_url_for_driver(url, {driver!r}) makes it so"
        )
    missing = absence(address.scheme, sqlalchemy)
    if missing is not None:
        raise DatabaseUrlError(f"`create_engine()` raises `{load_error(address.scheme)}`: {missing}")
    parameters: dict[str, object] = {}
    for key, value in address.query:
        seen = parameters.get(key)
        parameters[key] = value if seen is None else (*(seen if isinstance(seen, tuple) else (seen,)), value)
    for key, given in parameters.items():
        verdict = judge(name, Place.URL, key, given, siblings=parameters, sqlalchemy=sqlalchemy)
        if verdict.outcome not in (Outcome.OK, Outcome.IGNORED):
            raise DatabaseUrlError(describe(name, Place.URL, key, verdict))


def _installed_sqlalchemy() -> VersionRange:
    try:
        return VersionRange.parse(f"=={version('sqlalchemy')}")
    except PackageNotFoundError:
        return VersionRange.everything()
