"""Compiles the message catalogues, so that every wheel carries them."""

from pathlib import Path
from typing import Any

from babel.messages.frontend import CommandLineInterface
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface[Any]):
    """The same command as in scripts/setup.py; hatch finds this class by its base."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        locales = Path(self.root) / "web" / "locales"
        if any(locales.rglob("messages.po")):
            CommandLineInterface().run(
                ["pybabel", "--quiet", "compile", "--directory", str(locales), "--domain", "messages"]
            )
