"""How deeply a text is nested, found before it is parsed.

LibCST's parser is native code without a limit of its own: where a text is nested some thousand levels deep,
it ends the process, and before that it takes time that grows with the square of the depth.
"""

from __future__ import annotations

import re

MAX_BRACKETS = 200
"""Brackets inside brackets, as in Python itself."""
MAX_DEPTH = 300
"""Brackets and operators around an operand; behind it LibCST cannot walk its own tree either."""
MAX_DEEP = 2_000
"""Tokens that may stand inside of more than :data:`DEEP` brackets: the time that they all take together."""
DEEP = 30

_TOKEN = re.compile(
    r"""
      (?P<skipped> \#[^\r\n]* | \\(?:\r\n|\r|\n) )
    | (?P<string> (?P<prefix> [A-Za-z]{0,2} ) (?:
          \"{3} [^"\\]* (?: (?:\\.|"(?!"")) [^"\\]* )* (?: \"{3} | \Z )
        | '{3} [^'\\]* (?: (?:\\.|'(?!'')) [^'\\]* )* (?: '{3} | \Z )
        | " (?: [^"\\\r\n] | \\(?:\r\n|.) )* "
        | ' (?: [^'\\\r\n] | \\(?:\r\n|.) )* ' ) )
    | (?P<branch> ^[ \t]* (?: if | elif ) \b )
    | (?P<opening> [(\[{] )
    | (?P<closing> [)\]}] )
    | (?P<end> [\r\n]+ )
    | (?P<comma> [,;] )
    | (?P<operator> [-+~] | [.*/%@&|^]+ | \b(?: and | await | else | for | lambda | not | or )\b )
    | \w+
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_BRACKET = re.compile(r"[()\[\]{}]")


def too_deep(text: str) -> int | None:
    """The 1-based line from which ``text`` is nested too deeply to be parsed; None where it is not."""
    levels = [0]
    """Operators since the last comma, for each open bracket."""
    chains: dict[str, int] = {}
    depth = deep = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None or kind == "skipped":
            continue
        if kind == "opening":
            levels.append(0)
            depth += 1
        elif kind == "closing":
            if len(levels) > 1:
                depth -= levels.pop() + 1
                levels[-1] += 1  # a call or a subscript is an operator too
                depth += 1
        elif kind == "comma" or (kind == "end" and len(levels) == 1):
            depth -= levels[-1]
            levels[-1] = 0
        elif kind == "branch":
            # each `elif` stands inside of the one before it
            indent, word = match[0][: -len(match[0].lstrip())], match[0].lstrip()
            chains[indent] = chains.get(indent, 0) + 1 if word == "elif" else 0
            if chains[indent] > MAX_DEPTH:
                return _line(text, match.start())
        elif kind != "end":
            levels[-1] += 1
            depth += 1
        inside = len(levels) - 1
        if kind == "string" and set(match["prefix"]) & set("fFtT"):
            inside += _brackets(match[0])
        deep += inside > DEEP
        if inside > MAX_BRACKETS or depth > MAX_DEPTH or deep > MAX_DEEP:
            return _line(text, match.start())
    return None


def _brackets(literal: str) -> int:
    """How deep the code in an f-string may be nested."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(literal.replace("{{", "").replace("}}", "")):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _line(text: str, offset: int) -> int:
    return len(re.findall(r"\r\n?|\n", text[:offset])) + 1
