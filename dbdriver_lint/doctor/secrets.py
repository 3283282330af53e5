"""Texts of other programs without the password that a URL holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.knowledge.secrets import MASK, mask_text

if TYPE_CHECKING:
    from dbdriver_lint.knowledge.address import Address


def masked(text: str, address: Address) -> str:
    """``text``, an exception's, without the password in any spelling. A password that says nothing new is left."""
    open_words = {address.username, address.database, *(host for host, _ in address.hosts)}
    for secret in (address.password, address.escaped_password):
        if secret and secret not in open_words:
            pattern = re.escape(secret)
            # "pw" is a part of too many words.
            text = re.sub(pattern if len(secret) > 3 else rf"(?<!\w){pattern}(?!\w)", MASK, text)
    return mask_text(text)
