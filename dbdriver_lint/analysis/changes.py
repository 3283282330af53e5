"""Whether an attribute may be changed from outside of what makes its object.

Following every place that could do so would take the whole program. So the text is asked, that of the
classes and that of the file which reads the attribute; in doubt the attribute is not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.symbols import WELL_KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Methods that are run, as are those that they call, when an object is made.
_FOLLOWED = frozenset({"__init__", "__post_init__", "__attrs_post_init__", "model_post_init"})
_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_OWN_CALL = re.compile(r"^[ \t]*(?:await[ \t]+)?(?:self|super\(\))\.(\w+)\(", re.MULTILINE)
_BY_NAMESPACE = re.compile(
    r"\b(?:self\.__dict__|vars\(self\))\s*(?:\.(?:update|setdefault)\(|\[|\|?=(?!=))|def __getattribute__\("
)
_HANDED_ON = re.compile(r"(?<![\w.])(?<!def )([a-z_]\w*)\((?:[^()\n]*,[ \t]*)?self[ \t]*[,)]")
_SET_BY_NAME = re.compile(
    r"""(?<!def )\b(?:setattr|__setattr__)\(\s*(?:([\w.]+)\s*,\s*)?(?:[rbuf]{0,2}(["'])(\w*)\2\s*,|([\w.\[\]]+)\s*,)"""
)


def may_change(attribute: str, classes: Sequence[tuple[str, str]], reader: str) -> bool:
    """Whether ``attribute`` may be set by other means than those that are followed.

    ``classes`` are the class and its bases, each as the text of its file and its name; ``reader`` is the
    text of the file in which the attribute is read.
    """
    files = {text for text, _ in classes} | {reader}
    if any(_is_set_on_another(attribute, text) for text in files):
        return True
    bodies = [(text, _body(text, name)) for text, name in classes]
    if any(
        _BY_NAMESPACE.search(body) or _is_handed_on(text, body) or _sets_by_name(attribute, body)
        for text, body in bodies
    ):
        return True
    setting = _setting(attribute, [method for _, body in bodies for method in _methods(body)])
    return "__new__" in setting or any(
        _is_called_apart(name, text) for name in setting - _FOLLOWED for text in files if f".{name}(" in text
    )


def sets(text: str, method: str, attribute: str) -> bool:
    """Whether a file has a method of that name that sets the attribute of its object."""
    if f"def {method}" not in text:
        return False
    return method in _setting(attribute, [each for each in _methods(text) if each[0] == method])


def _is_set_on_another(attribute: str, text: str) -> bool:
    """Whether a file sets the attribute of something that is not ``self``: ``settings.url = …``."""
    if f".{attribute}" in text:
        pattern = rf"^[^#\n]*?(?:\b(\w+)|[\])])\.{attribute}[ \t]*[+|]?=(?!=)"
        if any(match[1] not in ("self", "cls") for match in re.finditer(pattern, text, re.MULTILINE)):
            return True
    if "setattr" not in text:
        return False
    return any(
        (match[3] == attribute if match[2] else match[1] is not None)
        for match in _SET_BY_NAME.finditer(text)
        if match[1] not in ("self", "cls")
    )


def _is_handed_on(text: str, body: str) -> bool:
    """Whether a class gives its object to a function of another module of the project, which may set anything."""
    return any(_is_foreign_to_both(match[1], text) for match in _HANDED_ON.finditer(body))


def _is_foreign_to_both(function: str, text: str) -> bool:
    """Whether a function is imported, and not from a well-known library."""
    found = re.search(
        rf"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import\b[^#\n]*(?:\([^)]*)?\b{function}\b", text, re.MULTILINE
    )
    return found is not None and (bool(found[1]) or found[2].partition(".")[0] not in WELL_KNOWN)


def _body(text: str, name: str) -> str:
    """The text of a class, as far as its indentation goes."""
    head = re.search(rf"^([ \t]*)class[ \t]+{name}\b", text, re.MULTILINE)
    if head is None:
        return ""
    end = re.compile(
        rf"^{head[1]}(?:class|def|async|@|if|for|with|try|import|from|[A-Za-z_]\w*[ \t]*[=(:\[.])", re.MULTILINE
    )
    tail = end.search(text, head.end())
    return text[head.start() : len(text) if tail is None else tail.start()]


def _methods(body: str) -> Iterable[tuple[str, str]]:
    """The methods of a class, with their text."""
    starts = list(_DEFINITION.finditer(body))
    ends = [*(match.start() for match in starts), len(body)][1:]
    return [(match[1], body[match.end() : end]) for match, end in zip(starts, ends, strict=True)]


def _setting(attribute: str, methods: Sequence[tuple[str, str]]) -> set[str]:
    """The methods that set the attribute, also through one another."""
    stores = re.compile(rf"\bself\.{attribute}[ \t]*(?::[^=\n]*|[+|])?=(?!=)")
    found = {name for name, text in methods if stores.search(text)}
    while True:
        more = {name for name, text in methods if not found.isdisjoint(_OWN_CALL.findall(text))}
        if more <= found:
            return found
        found |= more


def _sets_by_name(attribute: str, body: str) -> bool:
    """Whether a class sets the attribute of its own object with ``setattr``, or one whose name is computed."""
    return "setattr" in body and any(
        match[3] == attribute if match[2] else True
        for match in _SET_BY_NAME.finditer(body)
        if match[1] in (None, "self", "cls")
    )


def _is_called_apart(method: str, text: str) -> bool:
    """Whether a method is called on another object than ``self``, or for what it gives."""
    pattern = rf"^(?![ \t]*(?:await[ \t]+)?(?:self|super\(\))\.{method}\()[^#\n]*\.{method}\("
    return re.search(pattern, text, re.MULTILINE) is not None
