"""What to do when this machine lacks a tool that a test needs."""

import os
from typing import NoReturn

import pytest


def lacking(what: str, *, marker: str = "") -> NoReturn:
    """Skips, visibly and counted; fails where ARREARS_TEST_REQUIRE names the test's marker, or says `all`."""
    required = os.environ.get("ARREARS_TEST_REQUIRE", "").split(",")
    if "all" in required or (marker and marker in required):
        pytest.fail(f"required here, yet missing: {what}", pytrace=False)
    pytest.skip(f"missing on this machine: {what}")
