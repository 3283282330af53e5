"""What values are fine, as small named tests, and the checks that several drivers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.intentions import FALSE_WORDS, TRUE_WORDS
from dbdriver_lint.knowledge.parameters.model import (
    ALWAYS,
    CALLABLE,
    Check,
    Moment,
    Opaque,
    Outcome,
)

if TYPE_CHECKING:
    from dbdriver_lint.knowledge.parameters.model import Beside, Siblings, Span, Test


def text(value: object) -> str:
    """The value as a driver that stringifies everything sees it."""
    return value if isinstance(value, str) else str(value)


def never(_: object) -> bool:
    """No value is fine."""
    return False


def is_text(value: object) -> bool:
    """A string, or nothing."""
    return value is None or isinstance(value, str)


def is_scalar(value: object) -> bool:
    """Something whose text means itself: no list, no dictionary, no object."""
    return not isinstance(value, (list, tuple, dict, Opaque))


def is_integer_text(value: object) -> bool:
    """Text of a whole number."""
    try:
        int(text(value))
    except ValueError:
        return False
    return True


def is_number_text(value: object) -> bool:
    """Text of a number."""
    try:
        float(text(value))
    except ValueError:
        return False
    return True


def is_integer(value: object) -> bool:
    """A whole number, or nothing."""
    return value is None or isinstance(value, int)


def is_number(value: object) -> bool:
    """A number, or nothing."""
    return value is None or isinstance(value, (int, float))


def is_flag_text(value: object) -> bool:
    """What SQLAlchemy's ``asbool`` takes."""
    return text(value).strip().lower() in (*TRUE_WORDS, *FALSE_WORDS)


def is_no_false_word(value: object) -> bool:
    """No string that means false and is truthy."""
    return not isinstance(value, str) or value.strip().lower() not in FALSE_WORDS


def is_callable(value: object) -> bool:
    """Something to call; an empty value is taken for none."""
    return value == CALLABLE or isinstance(value, Opaque) or (value is not None and not value)


def is_no_text(value: object) -> bool:
    """Anything but a string."""
    return not isinstance(value, str)


def is_text_mapping(value: object) -> bool:
    """A dictionary from text to text, or nothing."""
    return value is None or (
        isinstance(value, dict) and all(isinstance(item, (str, Opaque)) for pair in value.items() for item in pair)
    )


def one_of(*words: str) -> Test:
    """One of these words, exactly."""

    def test(value: object) -> bool:
        return text(value) in words

    return test


def said(siblings: Siblings, *names: str) -> str | None:
    """The text of the first of these parameters that stands beside, None if none does."""
    return next((text(siblings[name]) for name in names if name in siblings), None)


def creation_integer(sqlalchemy: Span = ALWAYS) -> Check:
    """SQLAlchemy converts it by ``int`` when the engine is created."""
    return Check(
        is_integer_text,
        Outcome.INVALID,
        "ValueError: invalid literal for int() with base 10: '{value}'",
        "creating the engine raises",
        Moment.CREATION,
        sqlalchemy,
    )


def creation_flag(sqlalchemy: Span = ALWAYS) -> Check:
    """SQLAlchemy converts it by ``asbool`` when the engine is created."""
    return Check(
        is_flag_text,
        Outcome.INVALID,
        "ValueError: String is not true/false: '{value}'",
        "creating the engine raises",
        Moment.CREATION,
        sqlalchemy,
    )


def truthy(consequence: str) -> Check:
    """The driver only asks whether it is truthy, and every string in a URL is."""
    return Check(is_no_false_word, Outcome.INVERTED, "", consequence, Moment.NEVER)


def wrong(test: Test, error: str, *, driver: Span = ALWAYS, sqlalchemy: Span = ALWAYS) -> Check:
    """A value of the wrong type, which the driver refuses at connect."""
    return Check(test, Outcome.WRONG_TYPE, error, driver=driver, sqlalchemy=sqlalchemy)


def invalid(test: Test, error: str, *, driver: Span = ALWAYS) -> Check:
    """A value of the right type that the driver refuses at connect."""
    return Check(test, Outcome.INVALID, error, driver=driver)


def invalid_beside(beside: Beside, error: str, *, driver: Span = ALWAYS) -> Check:
    """A value that the driver refuses at connect because of the other parameters."""
    return Check(None, Outcome.INVALID, error, driver=driver, beside=beside)
