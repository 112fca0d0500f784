"""Passwords: the same bytes from every keyboard, not too short, not a whole file."""

import pytest

from wallet import PasswordError, check_new_password, password_bytes
from wallet.passwords import PASSWORD_LENGTH_MAX


def test_the_same_from_every_keyboard() -> None:
    """A letter typed as one sign or as two is the same password."""
    assert password_bytes("Stra\u00dfe, gr\u00fcn") == password_bytes("Stra\u00dfe, gru\u0308n")
    assert password_bytes("correct horse") == b"correct horse"


def test_any_bytes_are_a_password() -> None:
    """A variable that is no UTF-8 still opens what it closed."""
    assert password_bytes(b"\xff12345678".decode("utf-8", "surrogateescape")) == b"\xff12345678"


@pytest.mark.parametrize("password", ["", "x" * (PASSWORD_LENGTH_MAX + 1)])
def test_what_no_password_is(password: str) -> None:
    """Nothing, or a whole file, is refused without being repeated."""
    with pytest.raises(PasswordError) as caught:
        password_bytes(password)
    assert "xx" not in str(caught.value)


def test_new_passwords() -> None:
    """A new one has eight characters or more; an old one may be what it is."""
    check_new_password("12345678")
    with pytest.raises(PasswordError, match="at least 8 characters"):
        check_new_password("1234567")
    assert password_bytes("1234567") == b"1234567"
