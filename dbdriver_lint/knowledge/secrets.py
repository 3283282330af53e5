"""Where passwords stand in a text, and how it is shown without them.

Used by every message, log and report. In doubt it hides too much: a password with an unescaped
``@`` or a space in it is hidden whole, although SQLAlchemy would take only a piece of it.
"""

from __future__ import annotations

import re

HOLE = "\ufffc"
"""Stands for an unknown run of text in a URL: what an f-string's braces will bring."""

MASK = "***"

_CONFIDENTIAL = (
    r"(?:ssl_?)?(?:key_?)?pass(?:word|wd|phrase)|pwd|pass|ssl(?:key)?password|secret(?:_?(?:access_?)?key)?"
    r"|(?:access_?|auth_?|refresh_?|id_?)?token|api_?key|private_?key(?:_?passphrase)?|aws_secret_access_key|wallet_password"
)
_URL_PARAMETER = re.compile(rf"(?i)[?&](?:amp;)?(?:{_CONFIDENTIAL})=([^&\s\"'`]+)")
_ODBC = re.compile(r"(?i)(?:;|%3B)(?:\s|%20|\+)*(?:pwd|password)(?:=|%3D)((?:(?!%3B)[^;&\s\"'`])+)")
_QUOTED = re.compile(
    rf"""(?ix)(?:(?<![a-z0-9])|(?<=\\[nrt]))(?:pg)?(?:{_CONFIDENTIAL})
        (?:\s*(?::\s*[\w.|\[\] ]+)?=|\s*:|["']\s*(?:\]\s*)?[=:,]) \s*
        [rbuf]{{0,2}} (["']) ((?:\\.|(?!\1)[^\\\n])+) \1"""
)
"""``password="…"``, ``password: str = "…"``, ``{"password": "…"}``, ``getenv("DB_PASSWORD", "…")``."""

_ARGUMENT = r"""[rbuf]{0,2}(?:"[^"\n]*"|'[^'\n]*'|[\w.]+)\s*,\s*"""
_POSITIONAL = re.compile(
    rf"""(?i)(?:\bURL\.create|\bconnect)\(\s*{_ARGUMENT}{_ARGUMENT}[rbuf]{{0,2}}(["'])((?:\\.|(?!\1)[^\\\n])+)\1"""
)
"""``URL.create("postgresql", "app", "…")``, ``connect("host", "app", "…")``."""

_DSN = re.compile(
    r"""(?i)(?:^|[\s"'`])\w*(?:password|passwd|pwd)=(?![\w.]+(?:\s*[,)\]]|[(\[]["')]))([^\s,;&"'`)]+)""", re.MULTILINE
)
"""``password=name,`` and ``password=os.environ["NAME"]`` are code that holds no secret."""

_NAMES = r"(?:[a-z_]+\d?|[A-Z_]+\d?|[A-Z][a-z]+)(?!\w)"
_PLACEHOLDER = re.compile(
    rf"(?:\{{(?:{_NAMES}|[^\w{{}}@:;&|])*\d?(?:![rsa])?(?::[^{{}}\w]*\w?)?\}}|\$\{{\w+\}}|%s|%\(\w+\)s|<[\w\- ]+>|\*+|{HOLE})+"
)
"""What stands where a password will be: it is shown, because it says where the password comes from.

In braces only what reads like a name or a call of one, as a password may stand in braces itself.
"""

_PORTS = re.compile(
    rf"(?:\d+|\{{[^{{}}]*\}}|\$\{{?\w+\}}?|%s|%\(\w+\)s|{HOLE}|<\w+>)?(?:,[^,@/]*)*(?:[/?].*)?", re.DOTALL
)
_BARE = re.compile(rf"[\w+.:\-{HOLE}]*://")
_PROSE_END = re.compile(r"[\s\"'`]")
_PARAMETERS = re.compile(r"\?[\w.\-]+=")


def mask_text(text: str) -> str:
    """``text`` with every password in a URL, DSN or assignment as ``***``, holes as ``{…}``."""
    pieces: list[str] = []
    position = 0
    for start, end in secret_spans(text):
        pieces += text[position:start], MASK
        position = end
    pieces.append(text[position:])
    return "".join(pieces).replace(HOLE, "{…}")


def secret_spans(text: str) -> list[tuple[int, int]]:
    """The ranges of ``text`` that are secrets, sorted, without overlaps; for whoever masks by position."""
    found: list[tuple[int, int]] = []
    if "://" in text:
        found += _passwords(text)
    found += (match.span(1) for pattern in (_URL_PARAMETER, _ODBC, _DSN) for match in pattern.finditer(text))
    found += (match.span(2) for pattern in (_QUOTED, _POSITIONAL) for match in pattern.finditer(text))
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if start == end or _PLACEHOLDER.fullmatch(text, start, end):
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _passwords(text: str) -> list[tuple[int, int]]:
    """The password of every ``scheme://user:password@`` in the text."""
    spans: list[tuple[int, int]] = []
    whole = _BARE.match(text) is not None
    position = text.find("://")
    while position >= 0:
        span = _password_at(text, position + 3, whole)
        whole = False
        if span is not None:
            spans.append(span)
        position = text.find("://", span[1] if span is not None else position + 3)
    return spans


def _password_at(text: str, start: int, whole: bool) -> tuple[int, int] | None:
    """The password of the URL whose authority begins at ``start``; ``whole``: the text is nothing but a URL."""
    end_of_line = text.find("\n", start)
    line_end = end_of_line if end_of_line >= 0 else len(text)
    ending = _PROSE_END.search(text, start, line_end)
    end = len(text) if whole else ending.start() if ending else line_end
    colon = text.find(":", start, end)
    if colon < 0:
        return None
    at = text.find("@", colon, end)
    if at < 0:
        if text.startswith("[", start) or _PORTS.fullmatch(text, colon + 1, end):
            return None
        code = _PLACEHOLDER.match(text, colon + 1, line_end)
        if code is not None and text[code.end() : code.end() + 1] in ("", '"', "'"):
            return None  # the password's own line of an f-string over several lines
        at = text.find("@", colon, line_end)  # a quote or a space in the password
        if at < 0:
            slash = text.find("/", colon, end)
            return colon + 1, slash if slash >= 0 else end
        rest = _PROSE_END.search(text, at, line_end)
        end = rest.start() if rest else line_end
    parameters = _PARAMETERS.search(text, at, end)
    return colon + 1, text.rfind("@", at, parameters.start() if parameters else end)
