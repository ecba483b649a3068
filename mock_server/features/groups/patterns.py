"""Search patterns, as PostgreSQL matches them."""

from __future__ import annotations

import re


def ilike(text: str, pattern: str) -> bool:
    r"""Do as PostgreSQL's ILIKE.

    `%` stands for any text and `_` for any character, unless `\` takes that off them. Nothing
    matches a `\` at the end.
    """
    tokens = (
        {"%": ".*", "_": ".", "\\": "(?!)"}.get(token, re.escape(token.removeprefix("\\")))
        for token in re.findall(r"\\.|.", pattern, re.DOTALL)
    )
    return re.fullmatch("".join(tokens), text, re.DOTALL | re.IGNORECASE) is not None
