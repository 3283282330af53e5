"""One file from its bytes to its findings: the only orchestration."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Finding, Related, Severity
from dbdriver_lint.project import Project
from dbdriver_lint.project.answers import unread_for
from dbdriver_lint.project.environment import generation, is_configuration
from dbdriver_lint.project.inputs import ledger, note_readers
from dbdriver_lint.records import dataclass, replace
from dbdriver_lint.rules.index import entries, gate_of
from dbdriver_lint.settings.patterns import matches
from dbdriver_lint.settings.select import enabled_codes
from dbdriver_lint.source.files import read_regular, shown_path
from dbdriver_lint.source.gate import Gate
from dbdriver_lint.source.text import Position, SourceFile, UnparsableSourceError, UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.analysis.values import Step
    from dbdriver_lint.fixes.edit import Fix
    from dbdriver_lint.project.dependencies import Dependencies
    from dbdriver_lint.project.inputs import Unread
    from dbdriver_lint.rules.base import Draft, Rule
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.index import Entry
    from dbdriver_lint.settings.model import Settings

CONFIGURED = Gate((b"://", b"dbdriver:"))
"""A configuration file without any of these has no finding."""
READERS = Gate((b"engine", b"connect", b"create_pool", b"ConnectionPool", b"Database("))
"""A module without any of these words reads no database's URL."""
MAX_LENGTH = 5_000_000
"""Characters of a file; the syntax tree of a longer one may take gigabytes."""
UNREADABLE = "XDB902"
UNUSED_SUPPRESSION = "XDB901"


class RuleCrashError(Exception):
    """A rule or the analysis failed on a file: a defect of the linter, never of the file."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What was found in one file; ``source`` is None where it was not read as text."""

    path: str
    findings: tuple[Finding, ...] = ()
    source: SourceFile | None = None
    suppressed: int = 0
    warnings: tuple[Unread, ...] = ()
    """What could not be read of the dependencies that it was judged by."""


def check_source(path: str, data: bytes, settings: Settings, project: Project, *, noqa: bool = True) -> FileResult:
    """Lint one file, given as its bytes. Without ``noqa`` such comments are left to the caller, as flake8 does.

    Raises:
        RuleCrashError: a defect of the linter, with the rule's code in its message.
    """
    codes = enabled_codes(entries(), settings, path)
    rules, gate = _in_force(codes)
    configuration = is_configuration(path)
    if not rules or not (CONFIGURED if configuration else gate).lets_through(data):
        return FileResult(path)
    try:
        source = SourceFile.from_bytes(path, data)
    except UnreadableSourceError as error:
        return FileResult(path, _not_linted(path, error.reason, error.line, error.column, codes))

    from dbdriver_lint.analysis.module_facts import NO_FACTS
    from dbdriver_lint.project.dependencies import Dependencies
    from dbdriver_lint.rules.context import Context

    if configuration:
        contexts = list(_of_configuration(source, settings, project))
    else:
        try:
            facts, faithful = facts_of(source, settings)
        except UnparsableSourceError as error:
            return FileResult(path, _not_linted(path, error.reason, error.line, error.column, codes), source)
        except RecursionError:
            return FileResult(path, _not_linted(path, "nested too deeply to be analysed", 1, 1, codes), source)
        dependencies = Dependencies() if facts is NO_FACTS else project.dependencies_for(settings)
        contexts = [Context(source, settings, dependencies, facts, faithful, project)]
    subjects = [_subjects(context.module) for context in contexts]
    findings = [
        _place(draft, source, context)
        for rule in rules
        for context, given in zip(contexts, subjects, strict=True)
        if any(given[hook] for hook in rule.hooks)
        for draft in _drafts(rule.load(), given, context)
        if not configuration or draft.at.path == path
    ]
    unread = unread_for(path)
    if configuration:
        from dbdriver_lint.project.broken import broken_in

        result = _suppressed(source, None, _each_once(findings), codes, noqa)
        own = broken_in(path, source.text)
        unread = [*(each for each in unread if os.path.abspath(each.path) != os.path.abspath(path)), *own.warnings]
        if own.broken is not None:
            broken = _not_linted(path, own.broken.reason, own.broken.line, 1, codes)
            result = replace(result, findings=(*broken, *result.findings))
    else:
        result = _suppressed(source, contexts[0], findings, codes, noqa)
    warnings = dict.fromkeys([*(each for context in contexts for each in context.dependencies.warnings), *unread])
    return replace(result, warnings=tuple(warnings)) if warnings else result


def _of_configuration(source: SourceFile, settings: Settings, project: Project) -> Iterator[Context]:
    """The engines that get a URL of an env, compose or ini file, as calls that stand in the file.

    Nothing is repaired there: other programs may read the file too. Where the project has nobody who reads
    databases' URLs, the file is judged by what it says itself.
    """
    from dbdriver_lint.analysis import configured
    from dbdriver_lint.analysis.environments import migration_environments
    from dbdriver_lint.project.dependencies import Dependencies
    from dbdriver_lint.rules.context import Context

    def context(facts: ModuleFacts, dependencies: Dependencies) -> Context:
        return Context(source, settings, dependencies, facts, lambda: False, project)

    environments = migration_environments(project.root, source.path) if source.path.endswith(".ini") else ()
    modules = _modules(project.root, settings, (generation(), ledger().generation))
    note_readers(source.path, project.root, (path for path, _ in modules))
    for environment in environments:
        facts = configured.readers_in_environment(source, environment)
        if facts is not None:
            yield context(facts, project.dependencies_for(settings))
    for path, module in modules:
        facts = configured.readers_in_module(source, module)
        if facts is not None:
            yield context(facts, Project.for_path(path).dependencies_for(settings))
    if not environments and not modules:
        yield context(configured.without_readers(source), Dependencies())


@lru_cache(maxsize=8)
def _modules(root: Path, settings: Settings, _generation: tuple[int, int]) -> tuple[tuple[str, ModuleFacts], ...]:
    """The application's modules below ``root`` that make engines or connections."""
    from dbdriver_lint.project.discovery import discover

    found: list[tuple[str, ModuleFacts]] = []
    for path in discover([os.path.relpath(root)], lambda _: settings).files:
        if path.endswith(".ipynb") or matches(settings.test_patterns, path, settings.root):
            continue
        facts = facts_in(path, settings, READERS)
        if facts is not None and (facts.engines or facts.drivers):
            found.append((path, facts))
    return tuple(found)


def facts_in(path: str, settings: Settings, gate: Gate) -> ModuleFacts | None:
    """The facts of a file on the disk; None where the gate keeps it out, or it cannot be read."""
    try:
        data = read_regular(path)
        return facts_of(SourceFile.from_bytes(path, data), settings)[0] if gate.lets_through(data) else None
    except (OSError, UnreadableSourceError, UnparsableSourceError, RecursionError):
        return None


def _each_once(findings: list[Finding]) -> list[Finding]:
    """Several engines may get the same URL: what is true of all of them is said once."""
    return list({(f.code, f.start, f.message): f for f in reversed(findings)}.values())


def facts_of(source: SourceFile, settings: Settings) -> tuple[ModuleFacts, Callable[[], bool]]:
    """The facts of a file, and the question whether LibCST gives its text back, so that it may be edited.

    Raises:
        UnparsableSourceError: not Python.
        RecursionError: nested too deeply.
    """
    from dbdriver_lint.analysis.candidates import candidates_of
    from dbdriver_lint.analysis.module_facts import NO_FACTS

    candidates = candidates_of(source.text)
    if candidates is not None and not candidates:
        return NO_FACTS, lambda: True
    if len(source.text) > MAX_LENGTH:
        raise UnparsableSourceError(f"it has more than {MAX_LENGTH:,} characters", 1, 1)
    from dbdriver_lint.analysis.imports import first_party_modules, make_room

    make_room()
    importer = first_party_modules(_env_files(settings))
    slicer = importer.slicer(source)
    try:
        lines = None if candidates is None or slicer is None else candidates.lines(slicer)
    except SyntaxError:  # in a function that was left out before
        slicer = lines = None
    if lines is not None and not lines:
        return NO_FACTS, lambda: True
    from dbdriver_lint.analysis.build import analyse
    from dbdriver_lint.source.translation import read

    parsed = read(source, slicer, lines)
    return analyse(parsed, importer=importer), lambda: parsed.faithful


def _env_files(settings: Settings) -> tuple[str, ...]:
    return tuple(os.path.join(settings.root or os.curdir, name) for name in settings.env_files)


@lru_cache(maxsize=64)
def _in_force(codes: frozenset[str]) -> tuple[tuple[Entry, ...], Gate]:
    """The rules of these codes, in order, and their gate."""
    rules = tuple(rule for rule in entries() if rule.code in codes)
    return rules, gate_of(rules)


def _subjects(facts: ModuleFacts) -> dict[str, Sequence[object]]:
    """What each hook of a rule is given; a rule that is given nothing is not even imported."""
    given: dict[str, Sequence[object]] = {
        "on_engine": facts.engines,
        "on_reached_engine": facts.reached,
        "on_url": facts.urls,
        "on_driver": facts.drivers,
        "on_class": facts.classes,
        "on_migration": facts.migrations,
        "on_awaited_operation": facts.awaited_operations,
        "on_run_sync": facts.run_sync,
        "on_option": facts.options,
        "on_command": facts.commands,
        "on_sql": facts.sql,
        "on_session": facts.sessions,
        "on_with": facts.withs,
        "on_consumer": facts.consumers,
        "on_listener": facts.listeners,
        "on_session_use": facts.session_uses,
        "on_unawaited": facts.unawaited,
        "on_built_url": facts.built,
        "on_rewrite": facts.rewrites,
        "on_environment": () if facts.environment is None else (facts.environment,),
    }
    return {**given, "on_module": (facts,) if facts.passed_on or any(given.values()) else ()}


def _drafts(rule: type[Rule], given: Mapping[str, Sequence[object]], context: Context) -> Iterator[Draft]:
    """Give one rule every fact that it asked for."""
    instance = rule()
    for hook, subjects in given.items():
        if hook not in rule.hooks:
            continue
        judge = getattr(instance, hook)
        for subject in subjects:
            try:
                yield from judge(subject, context)
            except Exception as error:
                raise RuleCrashError(f"{rule.code} ({rule.name}): {type(error).__name__}: {error}") from error


def _place(draft: Draft, source: SourceFile, context: Context | None) -> Finding:
    """Give a draft its positions, mask its message, and complete its fix; without a context there is none."""
    from dbdriver_lint.knowledge.urls import mask_text

    span = draft.at.span
    statement = draft.at.statement.span
    return Finding(
        code=draft.rule.code,
        name=draft.rule.name,
        message=mask_text(draft.message),
        severity=draft.severity or draft.rule.severity,
        confidence=draft.confidence or draft.rule.confidence,
        path=source.path,
        start=source.position(span.start),
        end=source.position(span.end),
        span=span,
        statement=(source.line_of(statement.start), source.line_of(max(statement.start, statement.end - 1))),
        related=tuple(_related(step) for step in draft.related),
        fix=_completed(draft.fix, source)
        if draft.fix is not None and context is not None and context.can_edit
        else None,
    )


def _related(step: Step) -> Related:
    from dbdriver_lint.knowledge.urls import mask_text

    return Related(shown_path(step.place.path), step.place.start, step.place.end, mask_text(step.message))


def _completed(fix: Fix, source: SourceFile) -> Fix | None:
    """The fix with the edits for its imports; None where the file cannot be edited."""
    if not fix.imports:
        return fix
    from dbdriver_lint.fixes.imports import CannotEditError, import_edits

    first = min((edit.span.start for edit in fix.edits), default=None)
    try:
        return replace(fix, edits=(*fix.edits, *import_edits(source, fix.imports, before=first)), imports=())
    except CannotEditError:
        return None


def unreadable(path: str, message: str, place: Position, settings: Settings) -> tuple[Finding, ...]:
    """The finding for a file that cannot be had; none where that rule is off."""
    return _unreadable(path, message, place, enabled_codes(entries(), settings, path))


def _not_linted(path: str, reason: str, line: int, column: int, codes: frozenset[str]) -> tuple[Finding, ...]:
    return _unreadable(path, f"This file was not linted: {reason}", Position(line, column), codes)


def _unreadable(path: str, message: str, place: Position, codes: frozenset[str]) -> tuple[Finding, ...]:
    if UNREADABLE not in codes or "{{" in path:
        return ()  # below a folder such as `{{cookiecutter.name}}` is what becomes Python only when it is filled in
    return (
        Finding(
            code=UNREADABLE,
            name="unreadable-file",
            message=message,
            severity=Severity.ERROR,
            confidence=Confidence.HIGH,
            path=path,
            start=place,
            end=place,
        ),
    )


def _suppressed(
    source: SourceFile, context: Context | None, findings: list[Finding], codes: frozenset[str], noqa: bool
) -> FileResult:
    """Take away what comments accept, and report the comments that accept nothing."""
    from dbdriver_lint.findings.suppressions import Suppressions

    if not findings and not Suppressions.may_be_unused(source):
        return FileResult(source.path, (), source)
    suppressions = Suppressions.parse(source, noqa=noqa)
    applied = suppressions.apply(findings)
    kept = applied.kept
    if UNUSED_SUPPRESSION in codes and applied.unused:
        from dbdriver_lint.rules.suppression.unused_suppression import UnusedSuppression

        drafts = UnusedSuppression.drafts(suppressions, applied.unused, codes, applied.kept)
        # What a comment accepts once its misspelt name is corrected is not repaired.
        meant = UnusedSuppression.misspelt(applied.unused)
        kept = [
            replace(finding, fix=None)
            if any(name.covers(finding.code, finding.name) and comment.is_about(finding) for comment, name in meant)
            else finding
            for finding in applied.kept
        ]
        kept += (_place(draft, source, context) for draft in drafts)
    ordered = tuple(sorted(kept, key=lambda finding: finding.sort_key))
    return FileResult(source.path, ordered, source, applied.suppressed)
