"""Whether an attribute may be changed from outside of what makes its object.

Following every place that could do so would take the whole program. So the text is asked, that of the
classes and that of the file which reads the attribute; in doubt the attribute is not known.
"""

from __future__ import annotations

import re
from functools import lru_cache
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
#: ``self.name = …``, also with an annotation or an operator.
_STORE = re.compile(r"\bself\.(\w+)(?=[ \t]*(?::[^=\n]*|[+|])?=(?!=))")
#: ``other.name = …``, ``others[0].name += …``.
_SET = re.compile(r"(?:\b(\w+)|[\])])\.(\w+)[ \t]*[+|]?=(?!=)")
_OWN = ("self", "cls")
_SET_BY_NAME = re.compile(
    r"""(?<!def )\b(?:setattr|__setattr__)\(\s*(?:([\w.]+)\s*,\s*)?(?:[rbuf]{0,2}(["'])(\w*)\2\s*,|([\w.\[\]]+)\s*,)"""
)


class _Method:
    """What the text of a method sets and calls on ``self``."""

    __slots__ = ("calls", "name", "stores")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.stores = frozenset(_STORE.findall(text))
        self.calls = frozenset(_OWN_CALL.findall(text))


class _ByName:
    """The attributes that ``setattr`` sets in a text, and whether it sets some whose name is computed."""

    __slots__ = ("computed", "names")

    def __init__(self, matches: Iterable[re.Match[str]]) -> None:
        self.names: set[str] = set()
        self.computed = False
        for match in matches:
            if match[2]:
                self.names.add(match[3])
            else:
                self.computed = True

    def may_set(self, attribute: str) -> bool:
        return self.computed or attribute in self.names


class _Class:
    """The text of a class, as far as its indentation goes."""

    __slots__ = ("by_name", "is_open", "methods")

    def __init__(self, text: str, name: str) -> None:
        body = _body(text, name)
        self.is_open = _BY_NAMESPACE.search(body) is not None or _is_handed_on(text, body)
        """Whether it gives its attributes, or its object, to what may set any of them."""
        self.by_name = _ByName(match for match in _by_name(body) if match[1] in (None, "self", "cls"))
        self.methods = _methods(body)


class _File:
    """The text of a file, asked once for all attributes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._classes: dict[str, _Class] = {}
        self._called_apart: dict[str, bool] = {}
        self.methods = _methods(text)
        self._set = {match[2] for match in _SET.finditer(text) if match[1] not in _OWN and _is_code(match)}
        others = (match for match in _by_name(text) if match[1] not in _OWN)
        self._by_name = _ByName(match for match in others if match[2] or match[1] is not None)

    def sets_on_another(self, attribute: str) -> bool:
        """Whether it sets the attribute of something that is not ``self``: ``settings.url = …``."""
        return attribute in self._set or self._by_name.may_set(attribute)

    def klass(self, name: str) -> _Class:
        """Its class of that name."""
        found = self._classes.get(name)
        if found is None:
            found = self._classes[name] = _Class(self.text, name)
        return found

    def calls_apart(self, method: str) -> bool:
        """Whether a method is called on another object than ``self``, or for what it gives."""
        found = self._called_apart.get(method)
        if found is None:
            pattern = rf"^(?![ \t]*(?:await[ \t]+)?(?:self|super\(\))\.{method}\()[^#\n]*\.{method}\("
            found = f".{method}(" in self.text and re.search(pattern, self.text, re.MULTILINE) is not None
            self._called_apart[method] = found
        return found


@lru_cache(maxsize=64)
def _file(text: str) -> _File:
    return _File(text)


def may_change(attribute: str, classes: Sequence[tuple[str, str]], reader: str) -> bool:
    """Whether ``attribute`` may be set by other means than those that are followed.

    ``classes`` are the class and its bases, each as the text of its file and its name; ``reader`` is the
    text of the file in which the attribute is read.
    """
    files = [_file(text) for text in {*(text for text, _ in classes), reader}]
    if any(file.sets_on_another(attribute) for file in files):
        return True
    bodies = [_file(text).klass(name) for text, name in classes]
    if any(body.is_open or body.by_name.may_set(attribute) for body in bodies):
        return True
    setting = _setting(attribute, [method for body in bodies for method in body.methods])
    return "__new__" in setting or any(file.calls_apart(name) for name in setting - _FOLLOWED for file in files)


def sets(text: str, method: str, attribute: str) -> bool:
    """Whether a file has a method of that name that sets the attribute of its object."""
    if f"def {method}" not in text:
        return False
    return method in _setting(attribute, [each for each in _file(text).methods if each.name == method])


def _is_code(match: re.Match[str]) -> bool:
    """Whether no comment stands before a match on its line."""
    text, start = match.string, match.start()
    return "#" not in text[text.rfind("\n", 0, start) + 1 : start]


def _by_name(text: str) -> Iterable[re.Match[str]]:
    return _SET_BY_NAME.finditer(text) if "setattr" in text else ()


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


def _methods(text: str) -> list[_Method]:
    """The methods of a class, or all of a file."""
    starts = list(_DEFINITION.finditer(text))
    ends = [*(match.start() for match in starts), len(text)][1:]
    return [_Method(match[1], text[match.end() : end]) for match, end in zip(starts, ends, strict=True)]


def _setting(attribute: str, methods: Sequence[_Method]) -> set[str]:
    """The methods that set the attribute, also through one another."""
    found = {method.name for method in methods if attribute in method.stores}
    while True:
        more = {method.name for method in methods if not found.isdisjoint(method.calls)}
        if more <= found:
            return found
        found |= more
