from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbdriver_lint.fixes.edit import Edit, ImportRequest
from dbdriver_lint.fixes.imports import CannotEditError, import_edits
from dbdriver_lint.source.text import SourceFile

TRANSFORM = ImportRequest("dbdriver_lint.runtime", "transform_url_for_driver")
LINE = "from dbdriver_lint.runtime import transform_url_for_driver"


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def added(text: str, *requests: ImportRequest, path: str = "app/db.py", before: int | None = None) -> str:
    source = SourceFile.from_text(path, text)
    result = applied(text, import_edits(source, requests or (TRANSFORM,), before=before))
    ast.parse(result)
    return result


class TestAFileWithoutImports:
    def test_empty(self) -> None:
        assert added("") == f"{LINE}\n"

    def test_code_only(self) -> None:
        assert added("x = 1\n") == f"{LINE}\n\nx = 1\n"

    def test_a_definition_is_parted_by_two_lines(self) -> None:
        assert added("def f(): ...\n") == f"{LINE}\n\n\ndef f(): ...\n"
        assert added("@d\nclass A: ...\n") == f"{LINE}\n\n\n@d\nclass A: ...\n"

    def test_docstring(self) -> None:
        assert added('"""Doc."""\n\n\nclass A: ...\n') == f'"""Doc."""\n\n{LINE}\n\n\nclass A: ...\n'
        assert added('"""Doc."""\nx = 1\n') == f'"""Doc."""\n\n{LINE}\n\nx = 1\n'

    def test_docstring_of_many_lines(self) -> None:
        assert added('"""Doc.\n\nMore.\n"""\nx = 1\n') == f'"""Doc.\n\nMore.\n"""\n\n{LINE}\n\nx = 1\n'

    def test_only_a_docstring_without_last_newline(self) -> None:
        assert added('"""Doc."""') == f'"""Doc."""\n\n{LINE}'

    def test_docstring_that_shares_its_line(self) -> None:
        assert added('"""Doc."""; x = 1\ny = 2\n') == f'"""Doc."""; x = 1\n\n{LINE}\n\ny = 2\n'

    def test_future_import(self) -> None:
        text = '"""Doc."""\n\nfrom __future__ import annotations\n\nx = 1\n'
        assert added(text) == f'"""Doc."""\n\nfrom __future__ import annotations\n\n{LINE}\n\nx = 1\n'

    def test_shebang_cookie_and_licence_stay_on_top(self) -> None:
        head = "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Copyright\n"
        assert added(f"{head}\nx = 1\n") == f"{head}\n{LINE}\n\nx = 1\n"

    def test_a_comment_about_the_code_stays_with_the_code(self) -> None:
        text = "#!/usr/bin/env python\n# ruff: noqa: E501\n# The address.\nURL = 1\n"
        assert added(text) == f"#!/usr/bin/env python\n# ruff: noqa: E501\n\n{LINE}\n\n# The address.\nURL = 1\n"

    def test_comments_only(self) -> None:
        assert added("# a\n# b\n") == f"# a\n# b\n\n{LINE}\n"

    def test_conditional_imports_are_not_the_place(self) -> None:
        text = "try:\n    import a\nexcept ImportError:\n    a = None\n"
        assert added(text) == f"{LINE}\n\n{text}"
        text = f"import typing\n\nif typing.TYPE_CHECKING:\n    {LINE}\n"
        assert added(text) == f"import typing\n\n{LINE}\n\nif typing.TYPE_CHECKING:\n    {LINE}\n"


class TestBesideExistingImports:
    def test_sorted_into_its_section(self) -> None:
        text = "import os\n\nfrom alembic import context\nfrom sqlalchemy import create_engine\n\nfrom app import x\n"
        assert added(text) == text.replace("from sqlalchemy", f"{LINE}\nfrom sqlalchemy")

    def test_last_of_its_section(self) -> None:
        text = "import os\n\nfrom alembic import context\n\nx = 1\n"
        assert added(text) == text.replace("context\n", f"context\n{LINE}\n")

    def test_first_of_its_section(self) -> None:
        text = "import os\n\nfrom sqlalchemy import create_engine\n\nx = 1\n"
        assert added(text) == text.replace("from sqlalchemy", f"{LINE}\nfrom sqlalchemy")

    def test_a_comment_above_stays_with_its_import(self) -> None:
        text = "import os\n\n# needed by the pool\nfrom sqlalchemy import create_engine\n"
        assert added(text) == f"{text}{LINE}\n"

    def test_a_header_of_the_file_is_no_such_comment(self) -> None:
        text = "# Copyright\n#\nfrom sqlalchemy import create_engine\n"
        assert added(text) == text.replace("from", f"{LINE}\nfrom")

    def test_new_section_between(self) -> None:
        text = "import os\n\nfrom app import x\n"
        assert added(text) == f"import os\n\n{LINE}\n\nfrom app import x\n"

    def test_new_section_at_the_end(self) -> None:
        assert added("import os\n\n\ndef f(): ...\n") == f"import os\n\n{LINE}\n\n\ndef f(): ...\n"

    def test_new_section_before(self) -> None:
        text = "from sqlalchemy import create_engine\n"
        assert added(text, ImportRequest("ssl", None)) == f"import ssl\n\n{text}"

    def test_new_section_below_a_header(self) -> None:
        text = "#!/usr/bin/env python\nfrom sqlalchemy import create_engine\n"
        expected = "#!/usr/bin/env python\nimport ssl\n\nfrom sqlalchemy import create_engine\n"
        assert added(text, ImportRequest("ssl", None)) == expected

    def test_plain_import_goes_before_from_imports(self) -> None:
        text = "import os\nimport sys\nfrom urllib.parse import quote\n"
        assert (
            added(text, ImportRequest("ssl", None))
            == "import os\nimport ssl\nimport sys\nfrom urllib.parse import quote\n"
        )

    def test_the_file_sorts_by_module_alone(self) -> None:
        text = "from collections import abc\nimport os\nfrom urllib.parse import quote\n"
        expected = "from collections import abc\nimport os\nimport ssl\nfrom urllib.parse import quote\n"
        assert added(text, ImportRequest("ssl", None)) == expected

    def test_unsorted_imports_take_it_at_the_end(self) -> None:
        text = "import sys\nimport os\nimport abc\n\nx = 1\n"
        assert added(text, ImportRequest("ssl", None)) == "import sys\nimport os\nimport abc\nimport ssl\n\nx = 1\n"

    def test_own_package_is_first_party(self) -> None:
        text = "from fastapi import FastAPI\n\nfrom app.models import Base\n"
        request = ImportRequest("app.db.urls", "to_driver_url")
        expected = "from fastapi import FastAPI\n\nfrom app.db.urls import to_driver_url\nfrom app.models import Base\n"
        assert added(text, request) == expected

    def test_semicolons(self) -> None:
        assert added("import a; import b\nx = 1\n") == f"import a; import b\n{LINE}\nx = 1\n"

    def test_semicolon_before_other_code(self) -> None:
        text = "import os; x = '''\nfrom\n'''\ny = 1\n"
        assert added(text) == f"{LINE}\n\n{text}"

    def test_line_continuation(self) -> None:
        assert added("import a, \\\n    b\nx = 1\n") == f"import a, \\\n    b\n{LINE}\nx = 1\n"
        assert added("import a \\\n\nx = 1\n") == f"import a \\\n\n{LINE}\nx = 1\n"

    def test_parentheses_of_many_lines(self) -> None:
        text = "from alembic import (\n    context,\n    op,\n)\nx = 1\n"
        assert added(text) == text.replace(")\n", f")\n{LINE}\n")

    def test_no_last_newline(self) -> None:
        assert added("import a") == f"import a\n{LINE}"

    def test_crlf(self) -> None:
        assert added("import a\r\nx = 1\r\n") == f"import a\r\n{LINE}\r\nx = 1\r\n"

    def test_imports_below_a_path_change_are_found(self) -> None:
        text = "import sys\nsys.path.insert(0, '.')\nfrom sqlalchemy import create_engine\nfrom app import x\n"
        assert added(text) == text.replace("from sqlalchemy", f"{LINE}\nfrom sqlalchemy")

    def test_an_import_below_the_first_use_is_no_help(self) -> None:
        text = f"import os\n\nuse()\n{LINE}\n"
        assert added(text, before=text.index("use")) == f"import os\n\n{LINE}\n\nuse()\n{LINE}\n"

    def test_an_import_among_functions_is_not_the_place(self) -> None:
        text = "import os\n\n\ndef f(): ...\n\n\nfrom sqlalchemy import text\n"
        assert added(text) == f"import os\n\n{LINE}\n\n\ndef f(): ...\n\n\nfrom sqlalchemy import text\n"

    def test_future_with_other_imports(self) -> None:
        text = "from __future__ import annotations\n\nimport os\n"
        assert added(text) == f"from __future__ import annotations\n\nimport os\n\n{LINE}\n"


class TestOnce:
    @pytest.mark.parametrize(
        ("text", "request_"),
        [
            (f"{LINE}\n", TRANSFORM),
            ("import ssl\n", ImportRequest("ssl", None)),
            ("import os, ssl as s\n", ImportRequest("ssl", None, "s")),
            ("from a import (\n  b as c,\n  d)\n", ImportRequest("a", "b", "c")),
            ("from . import urls\n", ImportRequest(".", "urls")),
        ],
    )
    def test_what_is_imported_is_not_imported_again(self, text: str, request_: ImportRequest) -> None:
        assert added(text, request_) == text

    def test_another_alias_is_another_name(self) -> None:
        assert added("import ssl as s\n", ImportRequest("ssl", None)) == "import ssl as s\nimport ssl\n"

    def test_the_same_request_twice(self) -> None:
        assert added("", TRANSFORM, TRANSFORM) == f"{LINE}\n"

    def test_two_names_of_one_module(self) -> None:
        assert added("", ImportRequest("a", "y"), ImportRequest("a", "x", "z")) == "from a import x as z, y\n"

    def test_two_modules(self) -> None:
        result = added("import os\n", TRANSFORM, ImportRequest("ssl", None))
        assert result == f"import os\nimport ssl\n\n{LINE}\n"
        assert added("x = 1\n", TRANSFORM, ImportRequest("ssl", None)) == f"import ssl\n\n{LINE}\n\nx = 1\n"

    @given(
        st.sampled_from(
            ["", "import os\n", "x = 1\n", '"""d"""\n', "from a import b\n", "from a import (\n    b,\n)\n"]
        )
    )
    def test_adding_twice_is_adding_once(self, text: str) -> None:
        requests = (TRANSFORM, ImportRequest("a", "c"), ImportRequest("ssl", None))
        once = added(text, *requests)
        assert added(once, *requests) == once


class TestAnImportOfTheSameModule:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("from a import m\n", "from a import m, n\n"),
            ("from a import b, z  # why\n", "from a import b, n, z  # why\n"),
            ("from a import b  # why\n", "from a import b, n  # why\n"),
            ("from a import (b, z)\n", "from a import (b, n, z)\n"),
            ("from a import (b, c,)\n", "from a import (b, c, n,)\n"),
            ("from a import \\\n    b\n", "from a import \\\n    b, n\n"),
            ("from a import (\n    b,\n    z,  # why\n)\n", "from a import (\n    b,\n    n,\n    z,  # why\n)\n"),
            ("from a import (\n    b,  # why\n)\n", "from a import (\n    b,  # why\n    n,\n)\n"),
            ("from a import (\n    b  # why\n)\n", "from a import (\n    b,  # why\n    n\n)\n"),
            ("from a import (\n    b, c,\n    d,\n)\n", "from a import (\n    b, c,\n    d, n,\n)\n"),
            ("from a import (b,\n               c)\n", "from a import (b,\n               c, n)\n"),
            ("from a import (\r\n\tb,\r\n)\r\n", "from a import (\r\n\tb,\r\n\tn,\r\n)\r\n"),
            ("from a import z, b\n", "from a import z, b, n\n"),
            ("from a import CONST, Class, z\n", "from a import CONST, Class, n, z\n"),
        ],
    )
    def test_takes_the_name(self, before: str, after: str) -> None:
        assert added(before, ImportRequest("a", "n")) == after

    def test_with_an_alias(self) -> None:
        assert added("from a import b\n", ImportRequest("a", "n", "_n")) == "from a import b, n as _n\n"

    def test_wide_characters_before_it(self) -> None:
        text = "from ä import ò, z\n"
        assert added(text, ImportRequest("ä", "p")) == "from ä import ò, z, p\n"

    @pytest.mark.parametrize("text", ["from a import *\n", "from a import b; import c\n", "import a\n"])
    def test_else_it_gets_a_line(self, text: str) -> None:
        assert "from a import n\n" in added(text, ImportRequest("a", "n"))

    def test_a_long_line_is_left_alone(self) -> None:
        text = f"from a import {'b' * 104}\n"
        assert added(text, ImportRequest("a", "name")) == f"{text}from a import name\n"


def test_unreadable_syntax_is_a_clear_error() -> None:
    with pytest.raises(CannotEditError, match=r"no import can be added to app/db\.py: "):
        import_edits(SourceFile.from_text("app/db.py", "def ("), [TRANSFORM])


def test_nothing_asked_is_nothing_done() -> None:
    assert import_edits(SourceFile.from_text("app/db.py", "def ("), []) == ()


PIECES = st.sampled_from(
    [
        "import os\n",
        "import a; import b\n",
        "from c import (\n    d,\n    e,\n)\n",
        "from dbdriver_lint.runtime import validate_url\n",
        "from . import x\n",
        "# comment\n",
        "\n",
        "x = 1\n",
        "def f():\n    import g\n",
        "@h\nclass I:\n    pass\n",
        "try:\n    import j\nexcept ImportError:\n    pass\n",
        "if True: import k\n",
        "import m \\\n    , n\n",
        "\x0c\n",
        "l = '''\nimport nothing\n'''; import ä\n",
    ]
)
HEADS = st.sampled_from(
    ["", "#!/usr/bin/python\n", '"""Doc."""\n', "'a' \\\n  'b'\n", "from __future__ import annotations\n"]
)


@given(HEADS, st.lists(PIECES, max_size=8), st.booleans(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_file_keeps_its_text_and_gets_the_name(head: str, pieces: list[str], cut: bool, newline: str) -> None:
    text = (head + "".join(pieces)).replace("\n", newline)
    text = text.removesuffix(newline) if cut and not text.endswith("\\" + newline) else text
    source = SourceFile.from_text("app/db.py", text)
    edits = import_edits(source, [TRANSFORM, ImportRequest("ssl", None)])
    assert all(edit.span.start == edit.span.end for edit in edits), "an import only ever inserts"
    result = applied(text, edits)
    tree = ast.parse(result)
    bound = [alias.name for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    assert bound.count("transform_url_for_driver") == 1
    assert bound.count("ssl") == 1
    original = ast.parse(text)
    assert ast.get_docstring(tree) == ast.get_docstring(original)
    assert import_edits(SourceFile.from_text("app/db.py", result), [TRANSFORM, ImportRequest("ssl", None)]) == ()
    if newline == "\r\n" and newline in text:
        assert "\n" not in result.replace("\r\n", "")
