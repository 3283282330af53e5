"""Values that double with each statement, and formats that ask for gigabytes, take no longer than others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from oracle import EVERYTHING, examine

from dbdriver_lint.run import Options, Task, lint_file

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
import os, re
from functools import partial
from string import Template
from urllib.parse import quote, quote_plus
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.orm import sessionmaker

def f():
    pass

other = "postgresql://x/" + os.environ["A"]
url = "postgresql://h/a"
"""
TAIL = """
create_engine(url)
create_engine("sqlite://", connect_args=url)
f(url=url)
"""
STEPS = [
    "url = url + url",
    "url = f'{url}{url}'",
    "url = url * 3",
    "url = '%s%s' % (url, url)",
    "url = '{0}{0}'.format(url)",
    "url = url.replace('a', 'aaaa')",
    "url = url.replace('a', other)",
    "url = url if condition() else url + 'x'",
    "url = [url, url]",
    "url = (url, url)",
    "url = {'k': url, 'l': url}",
    "url = dict(k=url, l=url)",
    "url = [url, [url, other], other]",
    "if condition():\n    url = url + 'y'",
    "if condition():\n    url = f'{url}{other}'",
    "if url == 'y':\n    url = url + 'y'",
    "url = '%1000000000d' % 1",
    "url = '{:1000000000}'.format(url)",
    "url = 'a' * 10 ** 9",
    "url = f'{url:>999999999}'",
    "url = '%*d' % (10**9, 1)",
    "url = url.join([url, url])",
    "url = ''.join([url for x in url])",
    "url = 1 << 10 ** 9",
    "url = 10 ** 10 ** 10",
    "url = url.ljust(10**10)",
    "url = url.zfill(10**10)",
    "url = url.center(10**9)",
    "url = url.expandtabs(10**9)",
    "url = url.encode().decode()",
    "url = url.split('a')",
    "url = url.split('/')[0] + url",
    "url = quote(url)",
    "url = quote_plus(url + '%')",
    "url = lambda: url",
    "url = url()",
    "def f(x=url):\n    return x + x\nurl = f(url)",
    "url = os.environ.get('A', url)",
    "url = os.environ.get('A', url + url)",
    "url = url or other",
    "url = url and other or url",
    "url = make_url(url)",
    "url = make_url(url).set(query={'a': url})",
    "url = str(make_url(url))",
    "url = URL.create(url, username=url, password=url, host=url, database=url, query={'a': url})",
    "url = create_engine(url).url",
    "url = create_engine(url, connect_args={'a': url, 'b': url})",
    "url = sessionmaker(url)",
    "for x in [url, url, url, url]:\n    url = url + x",
    "for x in url:\n    url = x, url",
    "while url:\n    url = url + 'b'",
    "class C:\n    url = url\nurl = C.url",
    "url = C(url)",
    "url = url.url",
    "url['k'] = url",
    "other = url\nurl = {**other, 'k': other}",
    "url = {**url, 'k': url}",
    "url.update(url)",
    "url = [*url, *url]",
    "url = partial(create_engine, url, url)",
    "url = re.sub('a', 'b' * 10, url)",
    "with create_engine(url) as url:\n    pass",
    "url += url",
    "url = (url := url + 'x')",
    "url = url < url",
    "url = not url",
    "url = url[1:] + url",
    "url = url.format(**locals())",
    "url = url % {'a': url}",
    "url = Template(url).substitute(a=url)",
    "try:\n    url = url + 'a'\nexcept E:\n    url = url + 'b'",
    "match url:\n    case 'x':\n        url = url + 'a'\n    case _:\n        url = url + 'b'",
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.replace("\n", " "))
def test_no_value_grows_without_bounds(step: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    code = HEAD + f"{step}\n" * 40 + TAIL
    assert examine(str(tmp_path / "app.py"), code.encode(), fix=False).failures == []


@pytest.mark.parametrize(
    "step",
    [
        "url = url + 'x'",
        "url = f'{url}&a=b'",
        "url = url.replace('a', 'b')",
        "url = os.path.join(url, other)",
        "url = url if condition() else other",
        "url = {**url, 'k': url}",
        "url = str(make_url(url))",
    ],
)
def test_a_long_chain_of_assignments_hides_nothing_else(step: str, tmp_path: Path) -> None:
    """As where the text of a statement is put together line by line: what becomes of it is unknown, no more."""
    (tmp_path / "pyproject.toml").touch()
    code = HEAD + f"{step}\n" * 400 + "create_engine(url)\ncreate_engine('postgres://db.internal/app')\n"
    outcome = lint_file(Task(str(tmp_path / "app.py"), EVERYTHING, code.encode()), Options())
    codes = {finding.code for finding in outcome.findings}
    assert "XDB102" in codes
    assert "XDB902" not in codes
    assert not outcome.problems
