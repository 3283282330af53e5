"""Changes to real files, as editors, merges, broken disks and malice make them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.rules.registry import all_rules

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

EXAMPLES = [
    example.code.encode("utf-8", "surrogatepass") for rule in all_rules() for example in (*rule.bad, *rule.good)
]
"""Code in which the rules find something: what makes the linter look at a file at all."""

WORDS = [
    *(b"(", b")", b"[", b"]", b"{", b"}", b"'", b'"', b'"""', b"'''", b"\\", b"#", b":", b";", b",", b"@", b"%", b"="),
    *(
        b"\n",
        b"\r",
        b"\r\n",
        b"\x0c",
        b"\t",
        b"    ",
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
    ),
    *(b"async ", b"await ", b"lambda: ", b"yield ", b"*", b"**", b":=", b"...", b"->", b"if ", b"else ", b"match x:\n"),
    *(b"f'", b"rb'", b"u'", b"t'", b"{x!r:>{w}}", b"%s", b"%(a)s", b"%", b"{}", b"{0.__class__}", b"://", b"?sslmode="),
    *(b"create_engine(", b"create_async_engine(", b".format(", b".replace(", b".split(", b"os.environ[", b"make_url("),
    *(
        b"URL.create(",
        b"op.execute(",
        b"run_sync(",
        b"connect_args=",
        b"# noqa: XDB",
        b"# dbdriver: ignore[",
        b"9" * 5000,
    ),
    *(
        b"postgresql+asyncpg://u:p@h/d",
        b"sqlite://",
        b"'" * 50,
        b"(" * 60,
        b"-" * 60,
        b"not " * 60,
        b"async def f():\n ",
    ),
]

NEWER = [
    b"type Alias[T: int = str] = list[T]\n",
    b"def generic[T, *Ts, **P](x: T) -> T: ...\n",
    b"class Box[T]: ...\n",
    b"text = f'{x!r:{'nested'}} {f'{f'{1}'}'}'\n",
    b"text = f'{\n    x  # comment\n}'\n",
    b"try:\n    pass\nexcept ValueError, TypeError:\n    pass\n",
    b"template = t'postgresql+asyncpg://{user}:{password}@{host}/app'\n",
    b"lazy import json\n",
    b"flat = [*inner for inner in outer]\n",
    b"with (open(a) as b, open(c) as d,):\n    pass\n",
]
"""Syntax of Python 3.12 to 3.15."""

OLDER = [
    b"print 'postgresql://', url\n",
    b"exec code in scope\n",
    b"raise ValueError, 'create_engine(', None\n",
    b"try:\n    pass\nexcept Exception, error:\n    print >>sys.stderr, `error`\n",
    b"mode = 0777 <> 0L\n",
    b"url = ur'postgresql://'\n",
    b"def f((a, b), c): pass\n",
]
"""Syntax of Python 2."""


def mutate(data: bytes, others: Sequence[bytes], chance: random.Random, *, small: bool = False) -> bytes:
    """``data`` with one to four changes; ``small`` ones do not make it much longer."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        data = chance.choice(SMALL if small else MUTATIONS)(data, others, chance)
    return data[: 3_000 if small else 2_000_000]


def _at(data: bytes, chance: random.Random) -> int:
    return chance.randint(0, len(data))


def _line_at(data: bytes, chance: random.Random) -> int:
    return data.rfind(b"\n", 0, _at(data, chance)) + 1


def _cut(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    return data[: _at(data, chance)]


def _cut_lines(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    low, high = sorted((_line_at(data, chance), _line_at(data, chance)))
    return data[:low] + data[high:]


def _drop(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + data[at + chance.randint(1, 30) :]


def _swap_lines(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if len(lines) > 1:
        first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def _double_lines(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    low, high = sorted((_line_at(data, chance), _line_at(data, chance)))
    return data[:high] + data[low:high] * chance.choice((1, 2, 5)) + data[high:]


def _insert_word(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + chance.choice(WORDS) + data[at:]


def _insert_example(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = _line_at(data, chance)
    return data[:at] + chance.choice(EXAMPLES) + data[at:]


def _insert_syntax(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = _line_at(data, chance)
    return data[:at] + chance.choice(NEWER if chance.random() < 0.7 else OLDER) + data[at:]


def _join(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(others)
    return data[: _line_at(data, chance)] + other[_line_at(other, chance) :]


def _examples_around(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    return chance.choice(EXAMPLES) + b"\n" + data + b"\n" + chance.choice(EXAMPLES)


def _rename(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    """Another name everywhere: values come from elsewhere than the author meant."""
    names = re.findall(rb"\b[A-Za-z_]\w+", data[:200_000])
    if len(names) < 2:
        return data
    return re.sub(rb"\b" + chance.choice(names) + rb"\b", chance.choice(names), data)


def _replace_string(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    """Another text in a string: a URL where none was."""
    found = list(re.finditer(rb"(['\"])[^'\"\\\n]*\1", data[:200_000]))
    if not found:
        return data
    match = chance.choice(found)
    return data[: match.start() + 1] + chance.choice(URLS) + data[match.end() - 1 :]


def _carriage_returns(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    ending = chance.choice((b"\r\n", b"\r", b"\n\r", b"\x0c\n", b" \\\n", b"\x0b\n", b"\xc2\x85", b"\xe2\x80\xa8\n"))
    if chance.random() < 0.5:
        return data.replace(b"\n", ending)
    return re.sub(rb"\n", lambda _: ending if chance.random() < 0.3 else b"\n", data)


def _form_feeds(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    return re.sub(rb"\n", lambda _: b"\n\x0c" if chance.random() < 0.1 else b"\n", data)


def _tabs(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    return re.sub(rb"(?m)^ {4}", lambda _: b"\t" if chance.random() < 0.9 else b"    ", data)


def _encode(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    """Another encoding, with a cookie that is right, wrong or absent."""
    encoding = chance.choice(
        ("latin-1", "utf-16", "utf-8-sig", "cp1252", "koi8-r", "shift_jis", "utf-7", "utf-32", "cp037")
    )
    text = data.decode("utf-8", "replace")
    cookie = chance.choice(
        ("", f"# -*- coding: {encoding} -*-\n", "# coding: no-such\n", "# coding: rot13\n", "# coding: zlib\n")
    )
    return (cookie + text).encode(encoding, "replace")


def _flip(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _step in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _nest(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    depth = chance.choice((5, 30, 90, 99, 150, 1000, 20_000))
    opening, closing = chance.choice(
        (
            (b"(", b")"),
            (b"[", b"]"),
            (b"f(", b")"),
            (b"-", b""),
            (b"not ", b""),
            (b"lambda: ", b""),
            (b"a.", b"b"),
            (b"x + ", b"x"),
        )
    )
    nested = b"url = " + opening * depth + b"'postgresql://h/d'" + closing * depth + b"\n"
    at = _line_at(data, chance)
    return data[:at] + nested + data[at:]


def _indent(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    depth = chance.choice((1, 5, 15, 60, 110))
    head = b"".join(b" " * level + b"if condition:\n" for level in range(depth))
    return head + b"".join(b" " * depth + line for line in data.splitlines(keepends=True))


def _long_line(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at = _line_at(data, chance)
    filler = chance.choice(
        (b"x = '" + b"a" * 100_000 + b"'\n", b"x = [" + b"1, " * 30_000 + b"]\n", b"#" + b" " * 200_000 + b"\n")
    )
    return data[:at] + filler + data[at:]


def _chain(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    """Values that grow with each statement."""
    at = _line_at(data, chance)
    step = chance.choice(
        (
            b"url = url + url\n",
            b"url = f'{url}{url}'\n",
            b"url = url * 3\n",
            b"url = '%s%s' % (url, url)\n",
            b"url = '{0}{0}'.format(url)\n",
            b"url = url.replace('a', 'aaaa')\n",
            b"url = url if condition() else url + 'x'\n",
            b"url = [url, url]\n",
            b"url = {'k': url, 'l': url}\n",
            b"if condition():\n    url = url + 'y'\n",
            b"url = '%1000000000d' % 1\n",
            b"url = '{:1000000000}'.format(url)\n",
            b"url = 'a' * 10 ** 9\n",
            b"url = f'{url:>999999999}'\n",
            b"url = url.join([url, url])\n",
            b"url = 1 << 10 ** 9\n",
            b"url = 10 ** 10 ** 10\n",
        )
    )
    engine = b"from sqlalchemy import create_engine\nurl = 'postgresql://h/a'\n"
    return data[:at] + engine + step * chance.choice((3, 10, 40, 300)) + b"create_engine(url)\n" + data[at:]


URLS = [
    *(
        b"postgresql://u:p@h/d",
        b"postgresql+asyncpg://u:p@h/d?sslmode=require",
        b"postgres://",
        b"mysql+aiomysql://h?ssl=true",
    ),
    *(
        b"sqlite:///a.db",
        b"sqlite+aiosqlite://",
        b"oracle://",
        b"mssql+pyodbc:///?odbc_connect=%s",
        b"://",
        b"%(a)s://{b}@%%",
    ),
    *(
        b"postgresql+psycopg2://%s:%s@%s",
        b"postgresql://[::1",
        b"postgresql://h:port/d",
        b"a" * 3000 + b"://",
        b"{" * 30,
    ),
]

MUTATIONS: list[Callable[[bytes, Sequence[bytes], random.Random], bytes]] = [
    *(
        _cut,
        _cut_lines,
        _drop,
        _swap_lines,
        _double_lines,
        _insert_word,
        _insert_word,
        _insert_example,
        _insert_example,
    ),
    *(_insert_syntax, _join, _examples_around, _rename, _rename, _replace_string, _replace_string, _carriage_returns),
    *(_form_feeds, _tabs, _encode, _flip, _nest, _indent, _long_line, _chain),
]
SMALL = [mutation for mutation in MUTATIONS if mutation not in (_nest, _indent, _long_line, _chain, _join)]
"""Those that do not make much longer what they change."""
