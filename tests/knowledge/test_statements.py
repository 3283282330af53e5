"""Counting statements: what is one to PostgreSQL is one here."""

from __future__ import annotations

import pytest

from dbdriver_lint.knowledge.statements import statement_count


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("", 0),
        (" ; ;; -- nothing\n", 0),
        ("select 1", 1),
        ("select 1;", 1),
        ("select 1; -- the end;", 1),
        ("select 1; select 2", 2),
        ("select ';'; select ''';'", 2),
        ("insert into t values ('it''s; fine')", 1),
        (r"select E'it\'s; fine'", 1),
        (r"select 'C:\'; select 2", 2),
        ('select 1 as ";"', 1),
        ("/* a; /* b; */ c; */ select 1", 1),
        ("do $$ begin perform 1; perform 2; end $$", 1),
        ("create function f() returns int as $body$ begin return 1; end; $body$ language plpgsql; select f()", 2),
        ("create function f() returns int as $a$ select $$;$$; $a$ language sql", 1),
        ("select a$b$c; select 2", 2),
        ("prepare x as select $1; execute x(1)", 2),
        ("create table a (id int);\ncreate index on a (id);\n", 2),
    ],
)
def test_statements_are_counted(sql: str, count: int) -> None:
    assert statement_count(sql) == count


@pytest.mark.parametrize(
    "sql",
    [
        "select 'open; select 2",
        "do $$ begin; end",
        "/* open; select 1",
        "create procedure p() begin atomic insert into a values (1); insert into a values (2); end",
    ],
)
def test_what_cannot_be_counted_is_not(sql: str) -> None:
    assert statement_count(sql) is None
