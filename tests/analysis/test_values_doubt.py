"""A URL that is one thing or another, where a function that cannot be followed decided whether the code is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from following import followed

if TYPE_CHECKING:
    from pathlib import Path

HELPERS = """\
from elsewhere import registry

def needs_pool(given):
    return registry.dialect_of(given).pooled

def is_reachable(given):
    '''No driver is needed for that.'''
    return registry.find(given)

def with_driver(url):
    if url.startswith("postgresql://"):
        return url.replace("postgresql://", "postgresql+psycopg2://", 1)
    return url

"""

BOTH = ("postgresql+psycopg2://{}", "?")

#: (what it shows, the code after the helpers, the URLs of its last engine)
CASES = [
    ("no condition", "def make(url):\n    create_engine(with_driver(url))", BOTH),
    ("where it holds", "def make(url):\n    if needs_pool(url):\n        create_engine(with_driver(url))", ("?",)),
    ("where it does not", "def make(url):\n    if needs_pool(url):\n        pass\n    else:\n        create_engine(with_driver(url))", ("?",)),
    ("after an early return", "def make(url):\n    if needs_pool(url):\n        return\n    create_engine(with_driver(url))", ("?",)),
    ("after both", "def make(url):\n    if needs_pool(url):\n        options = {}\n    create_engine(with_driver(url))", BOTH),
    ("with others", "def make(url):\n    if debug and not needs_pool(url):\n        create_engine(with_driver(url))", ("?",)),
    ("of what it is made of", "def make(given):\n    url = given['url']\n    if needs_pool(given):\n        create_engine(with_driver(url))", ("?",)),
    ("of what one of two is made of", "def make(given):\n    if debug:\n        url = given['url']\n    else:\n        url = with_driver(given['other'])\n    if needs_pool(given):\n        create_engine(with_driver(url))", ("?",)),
    ("of something else", "def make(url, size):\n    if needs_pool(size):\n        create_engine(with_driver(url))", BOTH),
    ("asked of a method", "class D:\n    def needs_pool(self, url):\n        return registry.of(url).dialect in self.pooled\n    def make(self, url):\n        if self.needs_pool(url=url):\n            create_engine(with_driver(url))", ("?",)),
    ("of its type", "def make(url):\n    if isinstance(url, str):\n        create_engine(with_driver(url))", BOTH),
    ("of which driver", "def make(url):\n    if is_reachable(url):\n        create_engine(with_driver(url))", BOTH),
    ("asked of a library", "def make(url):\n    if not registry.find(url):\n        create_engine(with_driver(url))", BOTH),
    ("all is known", "def make(url):\n    if needs_pool(url):\n        create_engine('sqlite://' + url)", ("sqlite://{}",)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [pytest.param(code, urls, id=name) for name, code, urls in CASES])
def test_condition_that_is_not_followed(tmp_path: Path, code: str, expected: tuple[str, ...]) -> None:
    assert followed(tmp_path, HELPERS + code) == expected
