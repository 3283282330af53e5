"""The page of a rule, as Markdown: for the terminal, the editor and the documentation site."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbdriver_lint.rules.base import Bad, Good, Rule


def markdown_page(rule: type[Rule]) -> str:
    """The rule's page, from its class; CommonMark."""
    fixable = "sometimes" if any(bad.fixed is not None for bad in rule.bad) else "no"
    doc = inspect.cleandoc(rule.__doc__ or "")
    parts = [
        f"# {rule.name} ({rule.code})",
        f"Group **{rule.group.value}** · severity **{rule.severity.value}** · fix **{fixable}** · since {rule.since}",
        doc,
        *_examples(rule.bad, rule.good),
    ]
    if rule.references:
        parts += ["## References", "\n".join(f"- <{url}>" for url in rule.references)]
    return "\n\n".join(parts) + "\n"


def _examples(bad: Sequence[Bad], good: Sequence[Good]) -> Iterator[str]:
    for number, example in enumerate(bad):
        yield "## Example" if len(bad) == 1 else f"## Example {number + 1}"
        yield _code(example.code, example.path, example.files)
        if example.raises:
            yield f"Running it raises `{example.raises}`."
        if example.fixed is not None:
            yield "After the fix:"
            yield _code(example.fixed, example.path)
    yield "## Not reported"
    for counterpart in good:
        yield _code(counterpart.code, counterpart.path, counterpart.files)


def _code(code: str, path: str, files: Mapping[str, str] | None = None) -> str:
    blocks = [f"```python\n{code.rstrip()}\n```"]
    for name, text in (files or {}).items():
        language = "python" if name.endswith(".py") else "ini" if name.endswith((".ini", ".cfg")) else "text"
        blocks.append(f"with `{name}`, beside `{path}`:\n\n```{language}\n{text.rstrip()}\n```")
    return "\n\n".join(blocks)
