"""Which family of browsers a request came with: enough for a person to know it again, too little to tell people apart."""

from typing import Final

OTHER: Final = "other"
# The first that fits: most browsers also carry the names of those they are built upon.
_SIGNS: Final = (
    ("wechat", "micromessenger/"),
    ("qq", "qqbrowser/"),
    ("edge", "edg/"),
    ("edge", "edga/"),
    ("firefox", "firefox/"),
    ("chrome", "chrome/"),
    ("chrome", "chromium/"),
    ("safari", "safari/"),
)
FAMILIES: Final = (*dict.fromkeys(family for family, _ in _SIGNS), OTHER)
_LONGEST: Final = 1024


def family_of(user_agent: str | None) -> str:
    """Anything that says no name we know is `other`."""
    said = (user_agent or "")[:_LONGEST].lower()
    return next((family for family, sign in _SIGNS if sign in said), OTHER)
