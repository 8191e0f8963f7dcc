"""Names of keys, as browsers give them (`KeyboardEvent.key`), with `Space` for the long one."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop

KEY_PROBLEM = gettext_noop(
    "A key is F1 to F24, Enter, Space, Home, End or another one with a name, or a character."
)

_KEY = re.compile(
    r"F([1-9]|1[0-9]|2[0-4])|Enter|Space|Pause|ScrollLock|Insert|Home|End|PageUp|PageDown|[!-~]",
    re.ASCII,
)


def is_key(name: str) -> bool:
    """Whether this is the name of a single key that a button may type."""
    return _KEY.fullmatch(name) is not None
