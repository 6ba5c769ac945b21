"""Whether a request that brings a cookie was meant by the page the person looked at."""

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

HEADER: Final = "x-csrf-token"
FIELD: Final = "csrf"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_OWN_SITES: Final = frozenset({"same-origin", "none"})


def is_from_here(headers: Mapping[str, str], *, host: str) -> bool:
    """By what the browser says of the request: its site first, else its origin; silence is a no.

    `headers` by lower-case names; `host` is this server's own `name:port`.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site.strip().lower() in _OWN_SITES
    origin = headers.get("origin")
    return origin is not None and _same_host(origin, host)


def is_token(sent: str | None, bound: str) -> bool:
    """`bound` is the token of the session; an empty one fits nothing."""
    if not sent or not bound:
        return False
    return secrets.compare_digest(sent.encode("utf-8", "replace"), bound.encode())


def may_pass(method: str, headers: Mapping[str, str], *, host: str, sent: str | None, bound: str) -> bool:
    """Both checks in one, for a request that a session cookie speaks for."""
    if method.upper() in SAFE_METHODS:
        return True
    return is_from_here(headers, host=host) and is_token(sent, bound)


def _same_host(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.username is not None:
        return False
    return parts.netloc.lower() == host.strip().lower()
