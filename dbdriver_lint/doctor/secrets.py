"""What a user may see of a URL, and of other programs' texts about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.secrets import MASK, mask_text

if TYPE_CHECKING:
    from dbdriver_lint.knowledge.address import Address

HAS_SCHEME = re.compile(r"(?:jdbc:)?[A-Za-z][\w+.-]*://")
_LOGIN = re.compile(r"^([^:@/]*:)?.*@", re.DOTALL)


def masked_url(text: str) -> str:
    """A value that is meant as a URL, without its password, whatever it looks like."""
    if HAS_SCHEME.match(text):
        return mask_text(text)
    return mask_text(_LOGIN.sub(rf"\1{MASK}@", text)) if "@" in text else MASK


def masked(text: str, address: Address) -> str:
    """``text``, an exception's, without the password in any spelling. A password that says nothing new is left."""
    open_words = {address.username, address.database, *(host for host, _ in address.hosts)}
    for secret in (address.password, address.escaped_password):
        if secret and secret not in open_words:
            pattern = re.escape(secret)
            # "pw" is a part of too many words.
            text = re.sub(pattern if len(secret) > 3 else rf"(?<!\w){pattern}(?!\w)", MASK, text)
    return mask_text(text)
