"""All facts of one file together."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from dbdriver_lint.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    from dbdriver_lint.analysis.rewrite_facts import UrlRewrite
    from dbdriver_lint.analysis.session_facts import (
        ConsumerCall,
        ListenerCall,
        SessionCall,
        SessionUse,
        UnawaitedCall,
        WithUse,
    )


class Purpose(enum.StrEnum):
    """What a file is for, by its place and content."""

    APPLICATION = "application"
    MIGRATION = "migration"
    """An Alembic ``env.py`` or revision."""
    TEST = "test"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """All facts of one file, in source order."""

    purpose: Purpose
    engines: tuple[EngineCall, ...] = ()
    reached: tuple[EngineCall, ...] = ()
    """The engines that functions of the project make of what they are given here, or of their own defaults, where
    only that says which URL it is."""
    passed_on: tuple[EngineCall, ...] = ()
    """Those that such functions make of a URL that is given here and not known."""
    urls: tuple[UrlLiteral, ...] = ()
    drivers: tuple[DriverCall, ...] = ()
    classes: tuple[ClassFacts, ...] = ()
    migrations: tuple[MigrationFunction, ...] = ()
    awaited_operations: tuple[AwaitedOperation, ...] = ()
    run_sync: tuple[RunSyncCall, ...] = ()
    options: tuple[ConfigOption, ...] = ()
    commands: tuple[CommandCall, ...] = ()
    sql: tuple[SqlCall, ...] = ()
    environment: EnvironmentFacts | None = None
    """What the file does as an ``env.py``; None where it is none."""
    sessions: tuple[SessionCall, ...] = ()
    withs: tuple[WithUse, ...] = ()
    consumers: tuple[ConsumerCall, ...] = ()
    listeners: tuple[ListenerCall, ...] = ()
    session_uses: tuple[SessionUse, ...] = ()
    unawaited: tuple[UnawaitedCall, ...] = ()
    built: tuple[BuiltUrl, ...] = ()
    rewrites: tuple[UrlRewrite, ...] = ()
    is_revision: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    """Module-level imports: local name to canonical dotted name."""


NO_FACTS = ModuleFacts(Purpose.APPLICATION)
"""What a file has that is not analysed: nothing in it can be a finding, whatever the project is."""
