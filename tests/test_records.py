"""The package's own ``dataclass`` does what the library's does."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass as the_library

import pytest

from dbdriver_lint.records import MISSING, NamedTuple, dataclass, field, fields, replace


@dataclass(frozen=True, slots=True)
class Place:
    path: str
    line: int = 1
    notes: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Nearer(Place):
    def nearer(self) -> int:
        return self.line - 1


@dataclass(frozen=True, slots=True, order=True)
class Span:
    start: int
    end: int


@dataclass(slots=True)
class Count:
    times: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    name: str


@dataclass(slots=True)
class Doubled:
    number: int
    doubled: int = field(default=0, metadata={"doc": "twice the number"})

    def __post_init__(self) -> None:
        self.doubled = 2 * self.number


class Question(NamedTuple):
    kind: str
    place: str
    details: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.place}"


def test_a_named_tuple_is_as_typing_makes_it() -> None:
    question = Question("file", place="a.py")
    kind, place, details = question
    assert (kind, place, details) == question == ("file", "a.py", ())
    assert question.shown == "file a.py"
    assert repr(question) == "Question(kind='file', place='a.py', details=())"
    assert question._replace(place="b.py") > question
    assert {question: 1}[Question("file", "a.py")] == 1
    assert type(pickle.loads(pickle.dumps(question))) is Question
    assert not hasattr(question, "__dict__")
    with pytest.raises(TypeError):
        Question("file")  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        question.kind = "module"  # type: ignore[misc]


def test_values_by_position_by_name_and_by_default() -> None:
    assert Place("a", line=3).shown == "a:3"
    assert Place("a") == Place("a", 1, [])
    assert Place("a").notes is not Place("a").notes
    with pytest.raises(TypeError):
        Place()  # type: ignore[call-arg]


def test_what_is_equal_has_one_hash() -> None:
    assert Span(1, 2) == Span(1, 2)
    assert hash(Span(1, 2)) == hash(Span(1, 2))
    assert Span(1, 2) != Span(1, 3)
    assert Span(1, 2) != (1, 2)
    assert Node("a") != Node("a")
    assert len({Node("a"), Node("a")}) == 2
    with pytest.raises(TypeError):
        hash(Count())


def test_classes_of_the_same_values_differ() -> None:
    assert Place("a") != Nearer("a")
    assert Nearer("a", 3).nearer() == 2


def test_order() -> None:
    assert sorted([Span(2, 3), Span(1, 9), Span(1, 2)]) == [Span(1, 2), Span(1, 9), Span(2, 3)]
    assert Span(1, 2) <= Span(1, 2) < Span(1, 3)
    assert Span(2, 2) > Span(1, 3) >= Span(1, 3)
    with pytest.raises(TypeError):
        assert Place("a") < Place("b")  # type: ignore[operator]


def test_frozen() -> None:
    place = Place("a")
    with pytest.raises(AttributeError):
        place.line = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del place.line
    count = Count()
    count.times += 1
    assert count == Count(1)


def test_slots() -> None:
    assert not hasattr(Place("a"), "__dict__")
    with pytest.raises(AttributeError):
        Count().unknown = 1  # type: ignore[attr-defined]


def test_copies() -> None:
    place = Place("a", 2, ["x"])
    assert pickle.loads(pickle.dumps(place)) == place
    assert copy.deepcopy(place) == place
    assert copy.deepcopy(place).notes is not place.notes
    assert replace(place, line=5) == Place("a", 5, ["x"])
    with pytest.raises(TypeError):
        replace(place, unknown=1)  # type: ignore[call-arg]


def test_patterns() -> None:
    match Span(1, 2):
        case Span(start, 2):
            assert start == 1
        case _:
            pytest.fail("no match")


def test_after_the_constructor() -> None:
    assert Doubled(4).doubled == 8


def test_fields() -> None:
    assert [f.name for f in fields(Place)] == ["path", "line", "notes"]
    assert [f.default is MISSING for f in fields(Place)] == [True, False, True]
    assert fields(Doubled)[1].metadata["doc"] == "twice the number"


def test_shown_as_the_library_shows_it() -> None:
    @the_library(frozen=True)
    class Place:
        path: str
        line: int

    assert repr(Span(1, 2)) == "Span(start=1, end=2)"
    assert repr(Place("a", 1)).endswith("Place(path='a', line=1)")
