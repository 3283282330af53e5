"""The URL model against SQLAlchemy's own, and what SQLAlchemy does not know: holes, places, masks."""

from __future__ import annotations

import pytest
import sqlalchemy
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dbdriver_lint.knowledge.urls import HOLE, DatabaseUrl, UrlError, mask_text, parse_url, secret_spans

INSTALLED = tuple(int(part) for part in sqlalchemy.__version__.split(".")[:2])

Parts = tuple[str, str | None, str | None, str | None, int | None, str | None, dict[str, list[str]]]


def parts(url: DatabaseUrl) -> Parts:
    return (
        url.drivername.value,
        url.username.value if url.username else None,
        url.password.value if url.password else None,
        url.host.value if url.host else None,
        int(url.port.value) if url.port else None,
        url.database.value if url.database else None,
        url.query_dict(),
    )


def ours(text: str) -> Parts | None:
    try:
        return parts(parse_url(text, sqlalchemy=INSTALLED))
    except UrlError:
        return None


def theirs(text: str) -> Parts | None:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return None
    query = {name: [value] if isinstance(value, str) else list(value) for name, value in url.query.items()}
    return (url.drivername, url.username, url.password, url.host, url.port, url.database, query)


FRAGMENTS = (
    *("postgresql", "postgres", "mysql+aiomysql", "sqlite", "://", ":", "/", "//", "@", "?", "&", "=", "#", "%", "+"),
    *("%40", "%2F", "%zz", "%C3%A9", "[::1]", "[", "]", "h", "u", "p", "ü", "5432", "-1", "5_4", "٣", " ", "\n", ";"),
    *("sslmode", "require", "a=1", "a=", "a", ":memory:", ",", "h1,h2", "\\", "\x00", "{x}", "***", "_"),
)
soup = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)
text = st.text(max_size=8)
url_like = st.builds(
    lambda name, user, password, host, port, database, query: f"{name}://{user}{password}{host}{port}{database}{query}",
    st.sampled_from(("postgresql", "postgresql+asyncpg", "sqlite", "_x+y+z", "Mysql2")),
    st.one_of(st.just(""), text),
    st.one_of(st.just("@"), text.map(lambda password: f":{password}@"), st.just("")),
    st.one_of(st.just("h"), st.just("[::1]"), text),
    st.one_of(st.just(""), st.integers(0, 99999).map(lambda port: f":{port}"), text.map(lambda port: f":{port}")),
    st.one_of(st.just(""), text.map(lambda database: f"/{database}")),
    st.one_of(
        st.just(""),
        st.lists(st.tuples(text, st.sampled_from(("=", "", "==")), text).map("".join), max_size=4).map(
            lambda pairs: "?" + "&".join(pairs)
        ),
    ),
)
any_url = st.one_of(url_like, soup, soup.map(lambda rest: f"postgresql://{rest}")).filter(lambda url: HOLE not in url)


@given(any_url)
@example("postgresql://h/d?a=1&a=2&b=&c&=x&d==")
@example("postgresql://u:p@ss@h/d")
@example("postgresql://[::1]x:5/d")
@example("sqlite://")
@example("postgresql://h: 5_4 /d")
def test_agrees_with_make_url(url: str) -> None:
    assert ours(url) == theirs(url)


@given(any_url)
def test_every_part_stands_where_it_says(url: str) -> None:
    try:
        parsed = parse_url(url)
    except UrlError:
        return
    written = [parsed.drivername, parsed.username, parsed.password, parsed.host, parsed.port, parsed.database]
    written += [part for parameter in parsed.query for part in (parameter.name, parameter.value)]
    for part in written:
        if part is not None:
            assert url[part.start : part.end] == part.text
    for parameter in parsed.query:
        assert url[parameter.start : parameter.end] == f"{parameter.name.text}={parameter.value.text}"


@given(any_url)
def test_a_parsed_password_is_always_masked(url: str) -> None:
    try:
        parsed = parse_url(url)
    except UrlError:
        return
    password = parsed.password
    if password is None or not password.text or any(mark in password.text for mark in "{$*<%"):
        return  # absent, or perhaps a placeholder, which is shown
    assert any(start <= password.start and password.end <= end for start, end in secret_spans(url))


@given(any_url, st.data())
def test_removed_parameters_are_gone_and_the_others_stay(url: str, data: st.DataObject) -> None:
    try:
        parsed = parse_url(url)
    except UrlError:
        return
    names = data.draw(st.lists(st.sampled_from(sorted(parsed.query_dict()) or ["none"])))
    left = parse_url(parsed.without(*names))
    assert left.query_dict() == {k: v for k, v in parsed.query_dict().items() if k not in names}
    assert parts(left)[:6] == parts(parsed)[:6]


@given(any_url)
def test_another_drivername_changes_nothing_else(url: str) -> None:
    try:
        parsed = parse_url(url)
    except UrlError:
        return
    changed = parse_url(parsed.with_drivername("mysql+asyncmy"))
    assert (changed.drivername.dialect, changed.drivername.driver) == ("mysql", "asyncmy")
    assert parts(changed)[1:] == parts(parsed)[1:]


@pytest.mark.parametrize(
    ("version", "database"),
    [((1, 4, 54), "d%2Fe"), ((2, 0), "d%2Fe"), ((2, 1), "d/e"), ((2, 1, 9), "d/e"), (None, "d/e")],
)
def test_the_database_name_is_decoded_since_2_1(version: tuple[int, ...] | None, database: str) -> None:
    parsed = parse_url("postgresql://h/d%2Fe", sqlalchemy=version)
    assert parsed.database is not None
    assert parsed.database.value == database
    assert parsed.database.text == "d%2Fe"


@pytest.mark.parametrize(
    ("url", "offset"),
    [
        ("postgresql://h:/d", 15),
        ("postgresql://u:p@ss:secret@h/d", 20),
        ("postgresql:/h/d", 12),
        ("jdbc:postgresql://h/d", 5),
        (" postgresql://h/d", 0),
        ("", None),
    ],
)
def test_a_rejected_url_says_where_and_never_quotes(url: str, offset: int | None) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(url)
    assert caught.value.offset == offset
    assert "secret" not in str(caught.value)


def test_a_drivername_is_dialect_and_driver() -> None:
    bare = parse_url("postgresql://").drivername
    assert (bare.dialect, bare.driver) == ("postgresql", None)
    doubled = parse_url("postgresql+asyncpg+asyncpg://h/d").drivername
    assert (doubled.dialect, doubled.driver) == ("postgresql", "asyncpg+asyncpg")
    empty = parse_url("postgresql+://h/d").drivername
    assert (empty.dialect, empty.driver) == ("postgresql", "")
    partly = parse_url(f"postgresql+{HOLE}://h/d").drivername
    assert (partly.dialect, partly.driver, partly.known) == (None, None, False)


def test_holes_make_their_parts_unknown_and_no_others() -> None:
    url = parse_url(f"postgresql+asyncpg://{HOLE}:{HOLE}@{HOLE}:{HOLE}/app?ssl={HOLE}&timeout=5")
    assert url.drivername.known
    for part in (url.username, url.password, url.host, url.port):
        assert part is not None
        assert not part.known
    assert url.database is not None
    assert url.database.known
    assert [(p.name.value, p.value.known) for p in url.query] == [("ssl", False), ("timeout", True)]
    assert not url.query_is_open


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        (f"postgresql+asyncpg://{HOLE}", True),
        (f"postgresql://h/{HOLE}", True),
        (f"postgresql://h/{HOLE}?sslmode=require", False),
        (f"postgresql://h/d?{HOLE}", True),
        (f"postgresql://h/d?{HOLE}&a=1", True),
        (f"postgresql://h/d?{HOLE}=1&a=1", True),
        (f"postgresql://h/d?a={HOLE}&b=1", False),
        (f"postgresql://h/d?a=1{HOLE}", True),
        ("postgresql://h/d?a=1", False),
        (f"{HOLE}?sslmode=require", True),
    ],
)
def test_where_a_hole_may_bring_parameters(url: str, is_open: bool) -> None:
    assert parse_url(url).query_is_open is is_open


@pytest.mark.parametrize(
    "url", [HOLE, f"{HOLE}/app", f"{HOLE}?sslmode=require", f"postgresql{HOLE}", f"postgresql:{HOLE}"]
)
def test_an_unknown_beginning_is_headless(url: str) -> None:
    parsed = parse_url(url)
    assert parsed.headless
    assert parsed.drivername.dialect is None
    with pytest.raises(ValueError, match="not written"):
        parsed.with_drivername("postgresql")


def test_a_headless_url_still_knows_its_written_query() -> None:
    parsed = parse_url(f"{HOLE}/app?sslmode=require&a=1")
    assert parsed.without("sslmode") == f"{HOLE}/app?a=1"


@pytest.mark.parametrize("url", [f"h/{HOLE}", f"//{HOLE}", f" {HOLE}", f"postgresql://h:x/{HOLE}"])
def test_a_hole_cannot_save_what_is_already_wrong(url: str) -> None:
    with pytest.raises(UrlError):
        parse_url(url)


def test_removal_takes_the_separator_that_becomes_superfluous() -> None:
    url = "postgresql://h/d?a=1&sslmode=require&b=2&sslmode=x"
    assert parse_url(url).without("sslmode") == "postgresql://h/d?a=1&b=2"
    assert parse_url(url).without("a", "b") == "postgresql://h/d?sslmode=require&sslmode=x"
    assert parse_url(url).without("a", "b", "sslmode") == "postgresql://h/d"
    assert parse_url(url).without("nothing") == url


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("postgresql://u:***@h/d", "postgresql://u:p@h/d"),
        ("postgresql://u:***@h/d", "postgresql://u:p@ss@h/d"),
        ("postgresql://u:***@h/d", "postgresql://u:p/s@s/s@h/d"),
        ("postgresql://u:***@h/d", "postgresql://u:p s@h/d"),
        ("postgresql://u:***@h/d?x=a@b", "postgresql://u:p@h/d?x=a@b"),
        ("jdbc:postgresql://u:***@h/d", "jdbc:postgresql://u:p@h/d"),
        ("postgresql://u:***", "postgresql://u:secret"),
        ("postgresql://h:5432/d", "postgresql://h:5432/d"),
        ("postgresql://h1:1,h2:2/d", "postgresql://h1:1,h2:2/d"),
        ("postgresql://[::1]:5432/d", "postgresql://[::1]:5432/d"),
        ("postgresql://:***@h/d", "postgresql://:p@h/d"),
        ("postgresql://{…}:{…}@{…}:{…}/{…}", f"postgresql://{HOLE}:{HOLE}@{HOLE}:{HOLE}/{HOLE}"),
        ("postgresql://u:***@h/d", f"postgresql://u:pre{HOLE}@h/d"),
        ("postgresql://{user}:{password}@{host}:{port}/{db}", "postgresql://{user}:{password}@{host}:{port}/{db}"),
        ("postgresql://h/d?user=u&password=***&sslpassword=***", "postgresql://h/d?user=u&password=p&sslpassword=q"),
        ("connect to postgresql://u:***@h/d, then", "connect to postgresql://u:p@h/d, then"),
        ("""x("postgresql://u:***@h:1/d", "a@b")""", """x("postgresql://u:p@h:1/d", "a@b")"""),
        ("""x("postgresql://h:1/d", "a@b")""", """x("postgresql://h:1/d", "a@b")"""),
        ("""["postgresql://h:1/d","a@b"]""", """["postgresql://h:1/d","a@b"]"""),
        ("a postgresql://u:***@h/d b mysql://v:***@h/e", "a postgresql://u:it's@h/d b mysql://v:q@h/e"),
        ("host=h password=*** dbname=d", "host=h password=secret dbname=d"),
        ("host=h password=***", "host=h password=secret"),
        ("DB_PASSWORD=***", "DB_PASSWORD=secret"),
        ('x(password=os.environ["DB_PASSWORD"])', 'x(password=os.environ["DB_PASSWORD"])'),
        ("x(password=settings.password)", "x(password=settings.password)"),
        ("DRIVER=x;UID=sa;PWD=***;", "DRIVER=x;UID=sa;PWD=x;"),
        ("connect(host=h, password=password)", "connect(host=h, password=password)"),
        ("URL.create('x', password='***')", "URL.create('x', password='secret')"),
        ("""getenv("DB_PASSWORD", "***")""", """getenv("DB_PASSWORD", "secret")"""),
        ("os.environ['PGPASSWORD'] = '***'", "os.environ['PGPASSWORD'] = 'it\\'s'"),
        ('{"password": "***"}', '{"password": "secret"}'),
        (
            "mssql+pyodbc:///?odbc_connect=UID%3Dsa%3BPWD%3D***%3B",
            "mssql+pyodbc:///?odbc_connect=UID%3Dsa%3BPWD%3Dx%3B",
        ),
        ("no secrets: here", "no secrets: here"),
        (
            """f"postgresql://{user}:{quote(self.password, safe='')}"\nf"@{host}/app\"""",
            """f"postgresql://{user}:{quote(self.password, safe='')}"\nf"@{host}/app\"""",
        ),
        ("""f"postgresql://{user}:*** p"\n""", """f"postgresql://{user}:{hunter2 p"\n"""),
    ],
)
def test_what_is_masked(text: str, shown: str) -> None:
    assert mask_text(text) == shown
