"""The bank that writes: invented where none is given, else from its file, in every letter language."""

from dataclasses import asdict
from pathlib import Path

import pytest

from arrears.channels.bank import INVENTED, load
from arrears.channels.letters import Language


def toml_of(**changes: str) -> str:
    lines: list[str] = []
    for language, bank in INVENTED.items():
        lines.append(f'["{language.value}"]')
        lines.extend(f'{name} = "{value}"' for name, value in (asdict(bank) | changes).items())
    return "\n".join(lines)


def test_without_a_file_the_bank_is_plainly_invented() -> None:
    assert set(load(None)) == set(Language)
    assert all(bank.email.endswith(".example") for bank in load(None).values())


def test_a_file_gives_the_bank_in_every_language(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(toml_of(phone="000-1"), "utf-8")
    assert {language: bank.phone for language, bank in load(path).items()} == dict.fromkeys(Language, "000-1")


def test_a_field_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(toml_of(fax="000-2"), "utf-8")
    with pytest.raises(TypeError, match="fax"):
        load(path)


def test_a_language_that_is_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(toml_of().partition('["en"]')[0], "utf-8")
    with pytest.raises(KeyError, match="en"):
        load(path)
