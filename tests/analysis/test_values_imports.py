"""How a value comes from another file: one test per import style."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from following import IMPORTS, facts_of, followed, urls

from dbdriver_lint.analysis import imports
from dbdriver_lint.analysis.build import analyse
from dbdriver_lint.analysis.imports import FirstPartyModules
from dbdriver_lint.analysis.program import ModuleRecord
from dbdriver_lint.project.modules import Modules
from dbdriver_lint.source.parse import parse
from dbdriver_lint.source.text import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

PG = "postgresql://u:p@h/db"

#: (import style, main.py, other files)
STYLES = [
    ("from", "from app.config import U\ncreate_engine(U)", {"app__config": f'U = "{PG}"'}),
    ("from as", "from app.config import U as V\ncreate_engine(V)", {"app__config": f'U = "{PG}"'}),
    ("module", "import app.config\ncreate_engine(app.config.U)", {"app__config": f'U = "{PG}"'}),
    ("module as", "import app.config as c\ncreate_engine(c.U)", {"app__config": f'U = "{PG}"'}),
    ("module from package", "from app import config\ncreate_engine(config.U)", {"app__config": f'U = "{PG}"'}),
    ("beside the script", "from config import U\ncreate_engine(U)", {"config": f'U = "{PG}"'}),
    ("wildcard", "from app.config import *\ncreate_engine(U)", {"app__config": f'U = "{PG}"'}),
    ("re-export", "from app import U\ncreate_engine(U)", {"app/__init__.py": "from .config import U", "app__config": f'U = "{PG}"'}),
    ("re-export of all", "from app import U\ncreate_engine(U)", {"app/__init__.py": "from .config import *", "app__config": f'U = "{PG}"'}),
    ("re-export as", "from app import V\ncreate_engine(V)", {"app/__init__.py": "from .config import U as V", "app__config": f'U = "{PG}"'}),
    ("relative in the other file", "from app.a import U\ncreate_engine(U)", {"app__a": "from .b import U", "app__b": f'U = "{PG}"'}),
    ("parent's sibling", "from app.core.a import U\ncreate_engine(U)", {"app__core__a": "from ..b import U", "app/__init__.py": "", "app__b": f'U = "{PG}"'}),
    ("in a function", "def f():\n    from app.config import U\n    return create_engine(U)", {"app__config": f'U = "{PG}"'}),
    ("try", "try:\n    from app.config import U\nexcept ImportError:\n    U = None\ncreate_engine(U or 'x')", {"app__config": f'U = "{PG}"'}),
    ("function", "from app.config import f\ncreate_engine(f())", {"app__config": f'def f():\n    return "{PG}"'}),
    ("function with an argument", 'from app.config import f\ncreate_engine(f("h"))', {"app__config": 'def f(h):\n    return f"postgresql://u:p@{h}/db"'}),
    ("function that needs others", "from app.config import f\ncreate_engine(f())", {"app__config": f'U = "{PG}"\ndef g():\n    return U\ndef f():\n    x = g()\n    return x'}),
    ("object", "from app.config import s\ncreate_engine(s.u)", {"app__config": f'class S:\n    def __init__(self):\n        self.u = "{PG}"\ns = S()'}),
    ("object's property", "from app.config import s\ncreate_engine(s.u)", {"app__config": f'class S:\n    x = "{PG}"\n    @property\n    def u(self):\n        return self.x\ns = S()'}),
    ("class", "from app.config import S\ncreate_engine(S().u)", {"app__config": f'class S:\n    u = "{PG}"'}),
    ("base class elsewhere", "from app.base import A\nclass B(A):\n    pass\ncreate_engine(B().u)", {"app__base": f'class A:\n    u = "{PG}"'}),
    ("base class's __init__ elsewhere", f'from app.base import A\nclass B(A):\n    def __init__(self):\n        super().__init__("{PG}")\ncreate_engine(B().u)', {"app__base": "class A:\n    def __init__(self, u):\n        self.u = u"}),
    ("engine of another file", "from app.db import engine\ncreate_engine(engine.url)", {"app__db": f'from sqlalchemy import create_engine\nengine = create_engine("{PG}")'}),
    ("dictionary", 'from app.config import C\ncreate_engine(C["u"])', {"app__config": f'C = {{"u": "{PG}"}}'}),
    ("reassigned there", "from app.config import U\ncreate_engine(U)", {"app__config": f'U = "sqlite://"\nU = "{PG}"'}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "others"), [pytest.param(c, o, id=name) for name, c, o in STYLES])
def test_style(tmp_path: Path, code: str, others: dict[str, str]) -> None:
    found = followed(tmp_path, code, **others)
    assert found in ((PG,), (PG, "?"))


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("from missing import U\ncreate_engine(U)", {}),
        ("from app.config import V\ncreate_engine(V)", {"app__config": f'U = "{PG}"'}),
        ("from app.config import U\ncreate_engine(U)", {"app__config": "U = ("}),
        ("from app.a import U\ncreate_engine(U)", {"app__a": "from .b import U", "app__b": "from .a import U"}),
    ],
    ids=["no such module", "no such name", "syntax error", "cycle"],
)
def test_unknown(tmp_path: Path, code: str, others: dict[str, str]) -> None:
    assert followed(tmp_path, code, **others) == ("?",)


def test_name_that_a_function_reassigns_may_be_anything(tmp_path: Path) -> None:
    config = f'U = "{PG}"\ndef f():\n    global U\n    U = "sqlite://"'
    assert followed(tmp_path, "from app.config import U\ncreate_engine(U)", app__config=config) == (PG, "?")


def test_function_of_the_same_name_is_not_the_library_s(tmp_path: Path) -> None:
    files = {"db.py": "def create_engine(url): ...", "main.py": f'from db import create_engine\ncreate_engine("{PG}")'}
    assert facts_of(tmp_path, files, "main.py").engines == ()


def test_re_exported_function_is_the_library_s(tmp_path: Path) -> None:
    files = {
        "db.py": "from sqlalchemy import create_engine",
        "main.py": f'from db import create_engine\ncreate_engine("{PG}")',
    }
    assert urls(facts_of(tmp_path, files, "main.py").engines[0]) == (PG,)


def test_way_is_told_across_files(tmp_path: Path) -> None:
    files = {
        "config.py": f'U = "{PG}"',
        "main.py": f"{IMPORTS}from config import U\nurl = U\ncreate_engine(url)",
    }
    engine = facts_of(tmp_path, files, "main.py").engines[0]
    steps = [
        (os.path.basename(step.place.path), step.place.start.line, step.message) for step in engine.urls.urls[0].steps
    ]
    assert steps == [
        ("config.py", 1, "`U` is set here"),
        ("main.py", 4, "`U` is imported here"),
        ("main.py", 5, "`url` is set here"),
    ]


@pytest.mark.parametrize("limit", ["MAX_OPEN", "MAX_READ"])
def test_modules_that_were_let_go_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(imports, limit, 1)
    (tmp_path / "pyproject.toml").touch()
    for name in "abc":
        text = f'class K:\n    def u(self):\n        return "sqlite:///{name}.db"\n\n\ndef f():\n    return K().u()\n'
        (tmp_path / f"{name}.py").write_text(text)
    importer = FirstPartyModules(Modules())
    known = []
    for _ in range(2):
        for first, second in ("ab", "bc", "ca"):
            code = f"{IMPORTS}from {first} import f\nfrom {second} import K, f as g\n"
            code += "create_engine(f())\ncreate_engine(g())\ncreate_engine(K().u())\n"
            engines = analyse(parse(SourceFile.from_text(str(tmp_path / "main.py"), code)), importer=importer).engines
            known.append([urls(engine) for engine in engines])
    expected = [[(f"sqlite:///{name}.db",) for name in names] for names in ("abb", "bcc", "caa")]
    assert known == expected * 2


def test_full_process_lets_go_of_what_files_before_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MAX_BLOCKS", 1)
    (tmp_path / "pyproject.toml").touch()
    config = tmp_path / "config.py"
    config.write_text(f'class K:\n    def u(self):\n        return "{PG}"\n\n\nU = K().u()\n')
    main = SourceFile.from_text(str(tmp_path / "main.py"), f"{IMPORTS}from config import U\ncreate_engine(U)")
    importers = imports._Importers()

    def kept() -> int:
        return sum(isinstance(each, ModuleRecord) and each.path == str(config) for each in gc.get_objects())

    def known() -> tuple[str, ...]:
        return urls(analyse(parse(main), importer=importers.get(())).engines[0])

    assert known() == (PG,)
    assert kept()
    importers._most = 1
    importers.make_room()
    assert not kept()
    assert known() == (PG,)
    importers.make_room()
    assert kept(), "what others hold is no reason to read everything anew for every file"


def test_changed_file_changes_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "config.py").write_text("from base import U")
    (tmp_path / "base.py").write_text('U = "sqlite://"')
    main = SourceFile.from_text(str(tmp_path / "main.py"), f"{IMPORTS}from config import U\ncreate_engine(U)")
    importer = FirstPartyModules(Modules())

    def known() -> tuple[str, ...]:
        importer.refresh()
        return urls(analyse(parse(main), importer=importer).engines[0])

    assert known() == ("sqlite://",)
    (tmp_path / "base.py").write_text(f'U = "{PG}"')
    assert known() == (PG,)
    (tmp_path / "base.py").unlink()
    assert known() == ("?",)
