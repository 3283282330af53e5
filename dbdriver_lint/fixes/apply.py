"""Repairing one file: which fixes go in together, and the proof that each did what it says.

The text is only ever spliced, so every byte outside the edits stays as it was. What was applied is
linted again; a fix whose result does not parse, or still has the finding, is taken back.
"""

from __future__ import annotations

import warnings
from bisect import insort
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.fixes.imports import CannotEditError, import_edits
from dbdriver_lint.records import dataclass
from dbdriver_lint.source.text import SourceFile, Span, UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dbdriver_lint.findings.model import Finding
    from dbdriver_lint.source.text import Position

ROUNDS = 10
"""How often a file is repaired again: one fix may make room for another, or bring one about."""


class Checked(Protocol):
    """What a check of one file gives."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings that are not suppressed."""
        ...

    @property
    def source(self) -> SourceFile | None:
        """The file as text; None where it could not be read."""
        ...


S = TypeVar("S")
P = TypeVar("P")
C = TypeVar("C", bound=Checked)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A fix that was not applied, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class FixResult(Generic[C]):
    """A file after its repair.

    ``data`` is what to write: the very bytes that came in where nothing was applied. ``repaired``
    are the findings whose fixes are in it, placed as they were when they were applied; ``checked``
    is the check of ``data``. ``error`` says why nothing could be done to the file as a whole.
    """

    data: bytes
    checked: C
    repaired: tuple[Finding, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    rounds: int = 0
    error: str | None = None

    @property
    def applied(self) -> Counter[str]:
        """How many fixes of each code were applied."""
        return Counter(finding.code for finding in self.repaired)

    @property
    def remaining(self) -> Sequence[Finding]:
        """The findings that are left."""
        return self.checked.findings


def fix_source(
    path: str,
    data: bytes,
    settings: S,
    project: P,
    *,
    unsafe: bool,
    check: Callable[[str, bytes, S, P], C],
) -> FixResult[C]:
    """Apply every fix that may be applied, again and again until none is left.

    ``check`` is :func:`dbdriver_lint.linter.check_source`, given by the caller, as the linter is a
    later room; settings and project only pass through to it. ``unsafe`` also applies fixes that may
    change behaviour. Where the repair does not come to rest within :data:`ROUNDS` rounds, the file
    stays as it was.
    """

    def again(changed: bytes) -> C:
        return check(path, changed, settings, project)

    first = checked = again(data)
    lowest = Applicability.UNSAFE if unsafe else Applicability.SAFE
    current = data
    repaired: list[Finding] = []
    for number in range(ROUNDS + 1):
        source = checked.source
        fixable = [(f, f.fix) for f in checked.findings if f.fix and f.fix.edits and f.fix.applicability >= lowest]
        if source is None or not fixable:
            return FixResult(current, checked, tuple(repaired), rounds=number)
        if not source.round_trips:
            reason = f"the text does not encode to {source.encoding} as it was, so nothing is changed"
            return FixResult(current, checked, tuple(repaired), rounds=number, error=reason)
        if number == ROUNDS:
            break
        round_ = _Round(source, checked, again)
        first_of_all = [(finding, fix) for finding, fix in fixable if not fix.last] or fixable
        done = round_.apply(first_of_all)
        if not done.plans and len(first_of_all) < len(fixable):
            done = round_.apply(fixable)
        if not done.plans:
            return FixResult(current, checked, tuple(repaired), tuple(done.withdrawn), rounds=number)
        current, checked = done.data, done.checked
        repaired += [plan.finding for plan in done.plans]
    return FixResult(data, first, error=f"the fixes do not come to rest within {ROUNDS} rounds, so nothing is changed")


@dataclass(frozen=True, slots=True)
class _Plan:
    """One fix as edits, the imports that it needs included: all of them go in, or none."""

    finding: Finding
    edits: tuple[Edit, ...]

    def agrees_with(self, other: _Plan) -> bool:
        """Whether both can go in at once: their edits are apart from one another, or the very same."""
        return not any(_collide(a, b) for a in self.edits for b in other.edits)


def _collide(a: Edit, b: Edit) -> bool:
    if a == b:
        return False
    if a.replacement.lstrip().startswith(("import ", "from ")) and a.replacement.strip() == b.replacement.strip():
        return True  # the same import in two places
    return _touch(a.span, b.span)


def _touch(a: Span, b: Span) -> bool:
    """Whether two spans overlap; an insertion also collides with what it borders on."""
    if a.start == a.end or b.start == b.end:
        return a.start <= b.end and b.start <= a.end
    return a.start < b.end and b.start < a.end


@dataclass(frozen=True, slots=True)
class _Done(Generic[C]):
    plans: Sequence[_Plan]
    withdrawn: Sequence[Withdrawn]
    data: bytes
    checked: C


class _RejectedError(Exception):
    """The result of some fixes is not good; the message says why."""


class _Round(Generic[C]):
    """One round over one state of the file."""

    def __init__(self, source: SourceFile, checked: C, check: Callable[[bytes], C]) -> None:
        self._source = source
        self._checked = checked
        self._check = check
        self._compiles = _compiles(source.text)

    def apply(self, fixable: Iterable[tuple[Finding, Fix]]) -> _Done[C]:
        withdrawn: list[Withdrawn] = []
        chosen: list[_Plan] = []
        plans: list[_Plan] = []
        for finding, fix in fixable:
            try:
                insort(plans, self._plan(finding, fix), key=_precedence)
            except CannotEditError as error:
                withdrawn.append(Withdrawn(finding, str(error)))
        for plan in plans:
            if all(plan.agrees_with(other) for other in chosen):
                chosen.append(plan)
        try:
            return _Done(chosen, withdrawn, *self._result(chosen))
        except _RejectedError:
            pass
        # Which one is to blame? Each in its turn joins those that proved good.
        good: list[_Plan] = []
        data, checked = self._source.data, self._checked
        for plan in chosen:
            try:
                data, checked = self._result([*good, plan])
            except _RejectedError as error:
                withdrawn.append(Withdrawn(plan.finding, str(error)))
            else:
                good.append(plan)
        return _Done(good, withdrawn, data, checked)

    def _plan(self, finding: Finding, fix: Fix) -> _Plan:
        first = min(edit.span.start for edit in fix.edits)
        edits = sorted({*fix.edits, *import_edits(self._source, fix.imports, before=first)})
        if any(a.span.end > b.span.start for a, b in pairwise(edits)):
            raise CannotEditError("its edits overlap one another")
        return _Plan(finding, tuple(edits))

    def _result(self, plans: Sequence[_Plan]) -> tuple[bytes, C]:
        """The file with these fixes in it, and its check.

        Raises:
            _RejectedError: it does not encode or parse, or a finding is still there.
        """
        # LibCST is slow to load, and most files have nothing to repair.
        from dbdriver_lint.source.parse import UnparsableSourceError, parse

        edits = sorted({edit for plan in plans for edit in plan.edits})
        text = spliced(self._source.text, edits)
        try:
            data = self._source.encode(text)
        except UnicodeEncodeError as error:
            raise _RejectedError(f"the fixed text cannot be written as {self._source.encoding}") from error
        try:
            source = SourceFile.from_bytes(self._source.path, data)
            if not self._compiles:
                parse(source)  # written for another Python than this one
        except (UnreadableSourceError, UnparsableSourceError) as error:
            raise _RejectedError(f"the fixed file would not parse: {error}") from error
        if source.text != text:
            raise _RejectedError("the fixed file would be read in another encoding")
        if self._compiles and not _compiles(text):
            raise _RejectedError("the fixed file would not compile")
        checked = self._check(data)
        self._refuse_what_is_still_there(plans, edits, checked)
        return data, checked

    def _refuse_what_is_still_there(self, plans: Sequence[_Plan], edits: Sequence[Edit], checked: Checked) -> None:
        repaired = Counter((plan.finding.code, plan.finding.span) for plan in plans)
        for (code, span), count in repaired.items():
            if span is None:
                continue
            before, after = _places(edits, span.start)
            were = _count(self._checked.findings, code, before)
            are = _count(checked.findings, code, after)
            if are > were - count:
                raise _RejectedError("the finding is still there after its fix")


def _precedence(plan: _Plan) -> tuple[Position, int, str]:
    """By place; of two at one place the safer one first."""
    applicability = plan.finding.fix.applicability if plan.finding.fix else Applicability.DISPLAY
    return plan.finding.start, -applicability, plan.finding.code


def spliced(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with ``edits`` applied, which are sorted and do not overlap."""
    parts: list[str] = []
    position = 0
    for edit in edits:
        parts += (text[position : edit.span.start], edit.replacement)
        position = edit.span.end
    return "".join((*parts, text[position:]))


def _places(edits: Iterable[Edit], offset: int) -> tuple[Span, Span]:
    """Where a finding at ``offset`` may start, in the old and in the new text: an edit there is a range."""
    moved = 0
    touching: list[Edit] = []
    new_start = new_end = None
    for edit in edits:
        if edit.span.start > offset:
            break
        if edit.span.end >= offset:
            touching.append(edit)
            new_start = edit.span.start + moved if new_start is None else new_start
            new_end = edit.span.start + moved + len(edit.replacement)
        moved += len(edit.replacement) - (edit.span.end - edit.span.start)
    if new_start is None or new_end is None:
        return Span(offset, offset), Span(offset + moved, offset + moved)
    return Span(touching[0].span.start, max(edit.span.end for edit in touching)), Span(new_start, new_end)


def _count(findings: Iterable[Finding], code: str, places: Span) -> int:
    return sum(f.code == code and f.span is not None and places.start <= f.span.start <= places.end for f in findings)


def _compiles(text: str) -> bool:
    """Whether this interpreter takes the text; a file for a newer one need not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<fixed>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
