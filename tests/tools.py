"""What to do when this machine lacks a tool that a test needs."""

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skips, visibly and counted; fails where ARREARS_TEST_REQUIRE=all says that the tools have been installed."""
    if os.environ.get("ARREARS_TEST_REQUIRE") == "all":
        pytest.fail(f"required here, yet missing: {what}", pytrace=False)
    pytest.skip(f"missing on this machine: {what}")
