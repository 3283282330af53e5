"""All that a rule's author needs: the rule, its examples, and what it may ask.

A rule is one file that holds one subclass of :class:`Rule`. Its docstring is its documentation
page, its examples are its tests. Nothing else has to be edited to add one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.records import dataclass, field

if TYPE_CHECKING:
    from dbdriver_lint.analysis.facts import (
        AwaitedOperation,
        BuiltUrl,
        ClassFacts,
        DriverCall,
        EngineCall,
        MigrationFunction,
        RunSyncCall,
        UrlLiteral,
    )
    from dbdriver_lint.analysis.migration_facts import CommandCall, ConfigOption, EnvironmentFacts, SqlCall
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.analysis.rewrite_facts import UrlRewrite
    from dbdriver_lint.analysis.session_facts import (
        ConsumerCall,
        ListenerCall,
        SessionCall,
        SessionUse,
        UnawaitedCall,
        WithUse,
    )
    from dbdriver_lint.analysis.values import Anchor, Step
    from dbdriver_lint.fixes.edit import Fix
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.needles import Together

REGISTRY: dict[str, type[Rule]] = {}
"""Every rule class that has been imported, by code."""

HEADINGS = ("What it does", "Why is this bad?", "What happens at run time", "Fix safety")


@dataclass(frozen=True, slots=True)
class Bad:
    """A program that the rule must find.

    ``fixed`` is the program after all fixes, unsafe ones too (None: there is no fix).
    ``raises`` is what running it raises, as the live tests check it: the exception's class name, a
    colon and a part of its text; None where it fails in silence, and then the page says how.
    ``settings`` are keys of ``[tool.dbdriver-lint]``; ``path`` is where the file stands.
    ``files`` are further files of the project, path to text.
    """

    code: str
    fixed: str | None = None
    raises: str | None = None
    count: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str = "app/db.py"
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Good:
    """A program in which the rule must find nothing."""

    code: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str = "app/db.py"
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding before it is placed: the linter adds path, positions and imports."""

    rule: type[Rule]
    at: Anchor
    message: str
    related: tuple[Step, ...] = ()
    fix: Fix | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None


Drafts = Iterator[Draft]


class Rule:
    """Base of all rules; subclassing registers. See ``docs/contributing.md`` for a template.

    Override the hooks that are needed; each is called once per fact, in source order. A rule holds
    no state: what it knows comes from the fact and the context.
    """

    code: ClassVar[str]
    """``XDB201``: stable, never reused."""
    name: ClassVar[str]
    """Kebab case; reads as "allow <name>"."""
    group: ClassVar[Group]
    severity: ClassVar[Severity]
    confidence: ClassVar[Confidence] = Confidence.HIGH
    since: ClassVar[str]
    """The release that brought it."""
    needles: ClassVar[tuple[str | Together, ...]] = ()
    """The gate: a file that holds none of these can have no finding of this rule."""
    references: ClassVar[tuple[str, ...]] = ()
    in_tests: ClassVar[bool] = True
    """Whether test files are judged too by default."""
    bad: ClassVar[tuple[Bad, ...]] = ()
    good: ClassVar[tuple[Good, ...]] = ()
    hooks: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Validate the declaration, so that a rule without documentation or examples cannot load."""
        super().__init_subclass__()
        where = f"{cls.__module__}.{cls.__qualname__}"
        if not re.fullmatch(r"XDB\d{3}", getattr(cls, "code", "")):
            raise TypeError(f"{where}: code must be XDB and three digits")
        if not re.fullmatch(r"[a-z][a-z0-9-]+", getattr(cls, "name", "")):
            raise TypeError(f"{where}: name must be kebab case")
        other = REGISTRY.get(cls.code)
        if other is not None and other.__module__ != cls.__module__:
            raise TypeError(f"{where}: {cls.code} is already {other.__module__}")
        if any(r.name == cls.name and r.code != cls.code for r in REGISTRY.values()):
            raise TypeError(f"{where}: the name {cls.name} is taken")
        doc = cls.__doc__ or ""
        missing = [heading for heading in HEADINGS if f"## {heading}" not in doc]
        if missing and sys.flags.optimize < 2:
            raise TypeError(f"{where}: the docstring lacks {', '.join(missing)}")
        if not cls.bad or not cls.good:
            raise TypeError(f"{where}: at least one bad and one good example")
        cls.hooks = tuple(h for h in HOOKS if getattr(cls, h) is not getattr(Rule, h))
        REGISTRY[cls.code] = cls

    # The hooks. Each yields drafts made with `self.finding(...)`.

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        """An engine is made."""
        return ()

    def on_reached_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        """A function of the project makes an engine of a URL that it is given here, or by default.

        A rule that judges the URL says ``on_reached_engine = on_engine``.
        """
        return ()

    def on_url(self, literal: UrlLiteral, context: Context) -> Iterable[Draft]:
        """A database URL is written in the code."""
        return ()

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        """A raw driver connects."""
        return ()

    def on_class(self, facts: ClassFacts, context: Context) -> Iterable[Draft]:
        """A class makes engines."""
        return ()

    def on_migration(self, function: MigrationFunction, context: Context) -> Iterable[Draft]:
        """``upgrade`` or ``downgrade`` of a revision."""
        return ()

    def on_awaited_operation(self, awaited: AwaitedOperation, context: Context) -> Iterable[Draft]:
        """``await op.…`` in a revision."""
        return ()

    def on_run_sync(self, call: RunSyncCall, context: Context) -> Iterable[Draft]:
        """A function is run in an async connection's greenlet."""
        return ()

    def on_option(self, option: ConfigOption, context: Context) -> Iterable[Draft]:
        """An Alembic configuration is given a URL."""
        return ()

    def on_command(self, call: CommandCall, context: Context) -> Iterable[Draft]:
        """A coroutine runs an Alembic command in its own thread."""
        return ()

    def on_sql(self, call: SqlCall, context: Context) -> Iterable[Draft]:
        """A revision executes SQL that is known."""
        return ()

    def on_environment(self, facts: EnvironmentFacts, context: Context) -> Iterable[Draft]:
        """The file is an Alembic ``env.py``."""
        return ()

    def on_session(self, call: SessionCall, context: Context) -> Iterable[Draft]:
        """A session or a session factory is made."""
        return ()

    def on_with(self, use: WithUse, context: Context) -> Iterable[Draft]:
        """A connection, transaction or session is entered."""
        return ()

    def on_consumer(self, call: ConsumerCall, context: Context) -> Iterable[Draft]:
        """An async object is handed to what takes none."""
        return ()

    def on_listener(self, call: ListenerCall, context: Context) -> Iterable[Draft]:
        """A listener is registered for an event."""
        return ()

    def on_session_use(self, use: SessionUse, context: Context) -> Iterable[Draft]:
        """A coroutine uses a synchronous session."""
        return ()

    def on_unawaited(self, call: UnawaitedCall, context: Context) -> Iterable[Draft]:
        """A coroutine of an async engine, connection or session is made and dropped."""
        return ()

    def on_built_url(self, built: BuiltUrl, context: Context) -> Iterable[Draft]:
        """A text with ``://`` is put together of parts."""
        return ()

    def on_rewrite(self, rewrite: UrlRewrite, context: Context) -> Iterable[Draft]:
        """The code makes another URL of one that is not known."""
        return ()

    def on_module(self, facts: ModuleFacts, context: Context) -> Iterable[Draft]:
        """The whole file, after its parts."""
        return ()

    @classmethod
    def finding(
        cls,
        at: Anchor,
        message: str,
        *,
        related: Iterable[Step] = (),
        fix: Fix | None = None,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
    ) -> Draft:
        """A finding at ``at``. The message says the consequence first, the remedy second."""
        return Draft(cls, at, message, tuple(related), fix, severity, confidence)

    @classmethod
    def summary(cls) -> str:
        """The first line of the documentation."""
        return (cls.__doc__ or cls.name).strip().splitlines()[0]  # `python -OO` drops docstrings


HOOKS = tuple(name for name in vars(Rule) if name.startswith("on_"))
