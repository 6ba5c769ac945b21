import threading
import unicodedata

import pytest

from api.auth.passwords import AT_ONCE, Passwords, PasswordUnfit, TooBusy

GOOD = "correct horse battery"


def test_the_right_password_fits_and_no_other(passwords: Passwords) -> None:
    stored = passwords.hash(GOOD)
    assert passwords.check(GOOD, stored).fits
    assert not passwords.check(GOOD + " ", stored).fits
    assert not passwords.check(GOOD.upper(), stored).fits
    assert GOOD not in stored
    assert stored.startswith("$argon2id$")


def test_the_same_password_is_never_stored_alike(passwords: Passwords) -> None:
    assert passwords.hash(GOOD) != passwords.hash(GOOD)


def test_accents_may_be_typed_either_way(passwords: Passwords) -> None:
    typed = "café über alles"
    stored = passwords.hash(unicodedata.normalize("NFD", typed))
    assert passwords.check(unicodedata.normalize("NFC", typed), stored).fits


@pytest.mark.parametrize("length", [12, 64, 256])
def test_lengths_that_are_taken(passwords: Passwords, length: int) -> None:
    password = "密" * length
    stored = passwords.hash(password)
    assert passwords.check(password, stored).fits
    assert not passwords.check(password[:-1], stored).fits


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 257, "x" * 100_000, "\ud800" * 12])
def test_what_is_too_short_too_long_or_no_text_is_refused(passwords: Passwords, password: str) -> None:
    with pytest.raises(PasswordUnfit):
        passwords.hash(password)
    assert not passwords.check(password, passwords.hash(GOOD)).fits


def test_somebody_unknown_is_as_much_work_and_never_fits(passwords: Passwords) -> None:
    for password in (GOOD, "nobody has this password", "no password is this short", ""):
        assert not passwords.check(password, None).fits


def test_a_stored_hash_that_cannot_be_read_lets_nobody_in(passwords: Passwords) -> None:
    for stored in ("plain", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=64,t=1,p=1$!$!"):
        assert not passwords.check(GOOD, stored).fits


def test_an_older_hash_is_made_anew_at_sign_in(passwords: Passwords) -> None:
    stronger = Passwords(memory_kib=128, passes=2, lanes=1)
    stored = passwords.hash(GOOD)
    checked = stronger.check(GOOD, stored)
    assert checked.fits
    assert checked.rehashed is not None
    assert stronger.check(GOOD, checked.rehashed).rehashed is None
    assert stronger.check("wrong horse battery", stored).rehashed is None


def test_the_real_cost_is_64_mib() -> None:
    assert "m=65536,t=3,p=4" in Passwords().hash(GOOD)


def test_no_more_than_two_work_at_once() -> None:
    busy = Passwords(memory_kib=64, passes=1, lanes=1, patience=0.01)
    inside, leave = threading.Barrier(AT_ONCE + 1), threading.Event()

    def occupy() -> None:
        with busy.turn():
            inside.wait()
            leave.wait()

    threads = [threading.Thread(target=occupy) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    inside.wait()
    try:
        with pytest.raises(TooBusy):
            busy.check(GOOD, None)
    finally:
        leave.set()
        for thread in threads:
            thread.join()
    assert not busy.check(GOOD, None).fits
