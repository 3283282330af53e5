"""Attributes that something else than their class may set are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from following import followed

from dbdriver_lint.analysis.changes import may_change, sets

if TYPE_CHECKING:
    from pathlib import Path

PG = "postgresql://h/db"
APG = "postgresql+asyncpg://h/db"
USE = "from config import settings\ncreate_engine(settings.url)"
HEAD = """\
import os
from dataclasses import dataclass
import attrs
from pydantic import BaseModel, model_validator, root_validator
from pydantic_settings import BaseSettings
"""
INIT = f'class S:\n    def __init__(self):\n        self.url = "{PG}"\n'
PLAIN = f'class S:\n    url = "{PG}"\n'
DATA = f'@dataclass\nclass S:\n    url: str = "{PG}"\n'
MODEL = f'class S(BaseModel):\n    url: str = "{PG}"\n'
FIELD = f'class S(BaseSettings):\n    url: str = "{PG}"\n'
BEFORE = '    @model_validator(mode="before")\n    @classmethod\n    def fix(cls, data):\n'
AFTER = '    @model_validator(mode="after")\n    def fix(self):\n'

#: (what sets it, config.py without its last line, the URLs of `create_engine(settings.url)`)
CHANGED = [
    ("setattr", f'{INIT}        setattr(self, "url", "{APG}")\n', (PG, "?")),
    ("setattr of another attribute", f'{INIT}        setattr(self, "name", "{APG}")\n', (PG,)),
    ("setattr of any attribute", f"{INIT}        for name in os.environ:\n            setattr(self, name, os.environ[name])\n", (PG, "?")),
    ("object.__setattr__", f'{DATA}    def __post_init__(self):\n        object.__setattr__(self, "url", "{APG}")\n', (PG, "?")),
    ("update of __dict__", f"{INIT}        self.__dict__.update(load())\n", (PG, "?")),
    ("item of __dict__", f'{INIT}        self.__dict__["url"] = "{APG}"\n', (PG, "?")),
    ("update of vars()", f"{INIT}        vars(self).update(load())\n", (PG, "?")),
    ("function that is given the object", f'{INIT}        fix(self)\ndef fix(s):\n    s.url = "{APG}"\n', (PG, "?")),
    ("function that only reads it", f"{INIT}        show(self)\ndef show(s):\n    print(s.url == s.name)\n", (PG,)),
    ("function of another module", f"from .elsewhere import fix\n{INIT}        fix(self)\n", (PG, "?")),
    ("function of a library", f"from logging import debug\n{INIT}        debug(self)\n", (PG,)),
    ("method for what it gives", f'{INIT}        self.done = self.fix()\n    def fix(self):\n        self.url = "{APG}"\n', (PG, "?")),
    ("method in a condition", f'{INIT}        if not self.fix():\n            raise ValueError\n    def fix(self):\n        self.url = "{APG}"\n', (APG, "?")),
    ("method that is called later", f'{INIT}    def fix(self):\n        self.url = "{APG}"\nsettings = S()\nsettings.fix()\n', (PG, "?")),
    ("method of a method that is called later", f'{INIT}    def start(self):\n        self.fix()\n    def fix(self):\n        self.url = "{APG}"\nsettings = S()\nsettings.start()\n', (PG, "?")),
    ("method that nobody calls", f'{INIT}    def fix(self):\n        self.url = "{APG}"\n', (PG,)),
    ("__new__", f'{PLAIN}    def __new__(cls):\n        self = super().__new__(cls)\n        self.url = "{APG}"\n        return self\n', (PG, "?")),
    ("__getattribute__", f"{PLAIN}    def __getattribute__(self, name):\n        return os.environ[name]\n", (PG, "?")),
    ("__init__ of the base by its name", f'class B:\n    def __init__(self):\n        self.url = "{APG}"\nclass S(B):\n    def __init__(self):\n        self.url = "{PG}"\n        B.__init__(self)\n', (APG,)),
    ("the class", f'{PLAIN}S.url = "{APG}"\n', (PG, "?")),
    ("setattr on the class", f"{PLAIN}for name in os.environ:\n    setattr(S, name, os.environ[name])\n", (PG, "?")),
    ("after it was made", f'{PLAIN}settings = S()\nsettings.url = "{APG}"\n', (PG, "?")),
    ("a comment", f'{PLAIN}# settings.url = "{APG}"\n', (PG,)),
    ("a comparison", f'{PLAIN}assert S.url != "{APG}" and S.url == "{PG}"\n', (PG,)),
    ("attrs after init", f'@attrs.define\nclass S:\n    url: str = "{PG}"\n    def __attrs_post_init__(self):\n        self.url = "{APG}"\n', (APG,)),
    ("model after init", f'{MODEL}    def model_post_init(self, context):\n        self.url = "{APG}"\n', (APG,)),
    ("copy of a model", f'{MODEL}{AFTER}        return self.model_copy(update={{"url": "{APG}"}})\n', ("?",)),
    ("validator and a function", f'{MODEL}{AFTER}        fix(self)\n        return self\ndef fix(s):\n    s.url = "{APG}"\n', (PG, "?")),
    ("validator that only looks", f"{MODEL}{AFTER}        if not self.url:\n            raise ValueError\n        return self\n", (PG,)),
    ("validator before", f'{MODEL}{BEFORE}        data["url"] = "{APG}"\n        return data\n', (APG,)),
    ("validator before, of what is given", f'{MODEL}{BEFORE}        data["url"] = rewritten(data.get("url", "{PG}"))\n        return data\n', ("?",)),
    ("validator before that only looks", f'{MODEL}{BEFORE}        if "url" in data and not data["url"]:\n            raise ValueError\n        return data\n', (PG,)),
    ("validator around", f'{MODEL}    @model_validator(mode="wrap")\n    @classmethod\n    def fix(cls, data, handler):\n        made = handler(data)\n        made.url = "{APG}"\n        return made\n', ("?",)),
    ("root validator", f'{FIELD}    @root_validator\n    def fix(cls, values):\n        values["url"] = "{APG}"\n        return values\n', (APG,)),
    ("root validator before", f'{MODEL}    @root_validator(pre=True)\n    def fix(cls, values):\n        values["url"] = "{APG}"\n        return values\n', (APG,)),
    ("__init__ of a model", f'{MODEL}    def __init__(self, **data):\n        super().__init__(url="{APG}", **data)\n', (PG, "?")),
]  # fmt: skip


@pytest.mark.parametrize(("config", "expected"), [pytest.param(c, e, id=name) for name, c, e in CHANGED])
def test_changed(tmp_path: Path, config: str, expected: tuple[str, ...]) -> None:
    made = "" if "settings = S()" in config else "settings = S()\n"
    assert followed(tmp_path, USE, config=HEAD + config + made) == expected


#: (what it shows, the methods of a class before and in its `__init__`, the URLs of the engine that `__init__` makes)
IN_INIT = [
    ("method", f'self.fix()\n    def fix(self):\n        self.url = "{APG}"', ("?",)),
    ("method that sets another", f'self.fix()\n    def fix(self):\n        self.name = "{APG}"', (PG,)),
    ("setattr", f'setattr(self, "url", "{APG}")', ("?",)),
]


@pytest.mark.parametrize(("code", "expected"), [pytest.param(c, e, id=name) for name, c, e in IN_INIT])
def test_changed_before_it_is_read(tmp_path: Path, code: str, expected: tuple[str, ...]) -> None:
    change, _, methods = code.partition("\n")
    code = f"{INIT}        {change}\n        self.engine = create_engine(self.url)\n{methods}\n"
    assert followed(tmp_path, code) == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('load(globals(), "local.yaml")', (PG, "?")),
        ("globals().update(load())", (PG, "?")),
        ("globals()[name] = value", (PG, "?")),
        ('if globals()["url"] == "": raise ValueError', (PG,)),
        ("names = [name for name in globals() if name]", (PG,)),
    ],
)
def test_names_of_a_module_that_something_else_sets(tmp_path: Path, rest: str, expected: tuple[str, ...]) -> None:
    config = f'from elsewhere import load\nurl = "{PG}"\n{rest}\n'
    assert followed(tmp_path, "import config\ncreate_engine(config.url)", config=config) == expected


def test_a_class_ends_where_its_indentation_does() -> None:
    text = "class A:\n    url = ''\n    SQL = '''\nSELECT 1\n'''\n\n\nclass B:\n    def fix(self):\n        self.url = ''\n"
    called = "b.fix()\n"
    assert not may_change("url", [(text, "A")], called)
    assert may_change("url", [(text, "B")], called)


def test_a_method_that_sets_an_attribute() -> None:
    text = (
        "class A:\n    def fix(self):\n        self.url: str = ''\n    def look(self):\n        return self.url == ''\n"
    )
    assert sets(text, "fix", "url")
    assert not sets(text, "look", "url")
    assert not sets(text, "fix", "name")


def test_members_of_an_enumeration_stay_what_they_are(tmp_path: Path) -> None:
    found = followed(
        tmp_path,
        """
        from backends import Backend
        url = make_url("sqlite:///app.db")
        backend = Backend(url.get_backend_name())
        if backend is Backend.SQLITE:
            other = "sqlite:///other.db"
        else:
            other = "postgresql://db/other"
        create_engine(other)
        """,
        backends="""
            from enum import Enum

            class Backend(Enum):
                SQLITE = "sqlite"
                POSTGRESQL = "postgresql"

            def forget(backends):
                backends.SQLITE = None
                backends.POSTGRESQL = None
            """,
    )
    assert found == ("sqlite:///other.db",)
