"""URLs that stand in env, compose and ini files, as the engines that are made with them.

Such a file has no engines of its own. An engine of the project that gets one of its URLs as it is written
is seen from the other end: the same call, whose URL argument stands in the file. So the same rules judge it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.facts import Argument, EngineCall, Location, UrlSet
from dbdriver_lint.analysis.module_facts import ModuleFacts, Purpose
from dbdriver_lint.analysis.urls import possible_url
from dbdriver_lint.analysis.values import Literal, Piece, Step, Text
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import nature
from dbdriver_lint.knowledge.urls import HOLE
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.project.alembic import configurations_in
from dbdriver_lint.project.environment import contents_of
from dbdriver_lint.records import dataclass, replace
from dbdriver_lint.source.anchors import TextAnchor
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.environments import MigrationEnvironment
    from dbdriver_lint.analysis.facts import DriverCall
    from dbdriver_lint.analysis.values import Steps
    from dbdriver_lint.source.anchors import Anchor
    from dbdriver_lint.source.text import SourceFile

_OPTION = "sqlalchemy.url"


@dataclass(frozen=True, slots=True)
class ConfiguredUrl:
    """A URL that is written in full in a configuration file."""

    name: str
    """The environment variable, or ``sqlalchemy.url``."""
    text: str
    anchor: Anchor

    def for_engine(self, call: EngineCall) -> EngineCall:
        """The call with its URL written here."""
        argument, urls = self._argument(self._steps(call.anchor, call.name))
        return replace(call, anchor=self.anchor, url=argument, urls=urls)

    def for_driver(self, call: DriverCall) -> DriverCall:
        """The same for a raw driver."""
        argument, urls = self._argument(self._steps(call.anchor, call.function))
        return replace(call, anchor=self.anchor, dsn=argument, dsns=urls)

    def alone(self) -> EngineCall | None:
        """An engine of some other program; None where the URL does not say that SQLAlchemy reads it.

        Only a scheme that names the driver does, or Alembic's own option. Which kind of engine it is
        and what else that gets is not known.
        """
        drivername = self.text.partition("://")[0]
        if "+" not in drivername and self.name != _OPTION:
            return None
        argument, urls = self._argument(())
        is_async = nature(drivername, VersionRange.everything()) is Nature.ASYNC
        return EngineCall(
            function="sqlalchemy.ext.asyncio.create_async_engine" if is_async else "sqlalchemy.create_engine",
            is_async=is_async,
            anchor=self.anchor,
            callee=self.anchor,
            url=argument,
            urls=urls,
            connect_args=None,
            keywords={},
            open_keywords=True,
            location=Location(),
        )

    def _steps(self, call: Anchor, function: str) -> Steps:
        return (Step(f"`{self.name}` is given to `{function}()` here", call),)

    def _argument(self, steps: Steps) -> tuple[Argument, UrlSet]:
        value = Text((Piece(self.text, Literal(self.anchor, 0)),), steps)
        possible = possible_url(value, steps)
        urls = UrlSet((), complete=False) if possible is None else UrlSet((possible,), complete=True)
        return Argument(value, self.anchor, self.anchor), urls


def readers_in_module(source: SourceFile, module: ModuleFacts) -> ModuleFacts | None:
    """The calls of ``module`` that get a variable of this env or compose file as it is written there."""
    urls = {(url.name, url.text): url for url in _variables(source)}
    path = os.path.abspath(source.path)

    def given(known: UrlSet) -> Iterator[ConfiguredUrl]:
        for one in known.urls:
            if one.file is not None and os.path.abspath(one.file) == path and one.default_of is not None:
                url = urls.get((one.default_of, one.url.text))
                if url is not None:
                    yield url

    engines = tuple(url.for_engine(call) for call in module.engines for url in given(call.urls))
    drivers = tuple(url.for_driver(call) for call in module.drivers for url in given(call.dsns))
    return ModuleFacts(module.purpose, engines=engines, drivers=drivers) if engines or drivers else None


def readers_in_environment(source: SourceFile, environment: MigrationEnvironment) -> ModuleFacts | None:
    """The engines of an ``env.py`` that take their URL from this ini file."""
    kinds = {call.is_async or call.wrapped_in_async_engine for call in environment.module.engines}
    if environment.facts.sets_url or len(kinds) != 1:
        return None  # an env.py with engines of both kinds chooses by the URL
    path = os.path.abspath(source.path)
    sections = {each.section for each in environment.configurations if os.path.abspath(each.path) == path}
    urls = [url for section, url in _options(source) if section in sections]
    engines = tuple(
        urls[0].for_engine(call)
        for call in environment.module.engines
        if len(urls) == 1 and call.from_config and not call.urls.urls and "url" not in call.keywords
    )
    return ModuleFacts(Purpose.MIGRATION, engines=engines) if engines else None


def without_readers(source: SourceFile) -> ModuleFacts:
    """What the file says where no code of the project reads it."""
    urls = [*_variables(source), *(url for _, url in _options(source))]
    calls = [call for url in urls if (call := url.alone()) is not None]
    return ModuleFacts(Purpose.APPLICATION, engines=tuple(calls))


def _variables(source: SourceFile) -> Iterator[ConfiguredUrl]:
    for setting in contents_of(source.path, source.text).settings:
        if setting.start is not None and HOLE not in setting.text:
            yield ConfiguredUrl(setting.name, setting.text, _anchor(source, setting.start, setting.text))


def _options(source: SourceFile) -> Iterator[tuple[str, ConfiguredUrl]]:
    """The sections of an ini file with Alembic's URL."""
    for each in configurations_in(source.path, source.text):
        if each.url is not None and each.start is not None:
            yield each.section, ConfiguredUrl(_OPTION, each.url, _anchor(source, each.start, each.url))


def _anchor(source: SourceFile, start: int, text: str) -> Anchor:
    return TextAnchor(source, Span(start, start + len(text)))
