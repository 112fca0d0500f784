"""Passwords: what may open a wallet, and how it becomes bytes."""

import unicodedata

from wallet.errors import PasswordError

__all__ = ["PASSWORD_LENGTH_MAX", "PASSWORD_LENGTH_MIN", "check_new_password", "password_bytes"]

PASSWORD_LENGTH_MIN = 8
"""The least that NIST SP 800-63B asks for where guesses are slow. [characters]"""

PASSWORD_LENGTH_MAX = 1024
"""Whole sentences fit; more is a file that was named by mistake. [characters]"""


def password_bytes(password: str) -> bytes:
    """Return a password as it is hashed, the same from every keyboard (NFC, UTF-8).

    Raises:
        PasswordError: It is empty, or longer than any password.
    """
    if not password:
        raise PasswordError("The password is empty: give the wallet's password.")
    if len(password) > PASSWORD_LENGTH_MAX:
        raise PasswordError(f"A password has at most {PASSWORD_LENGTH_MAX} characters.")
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogateescape")


def check_new_password(password: str) -> None:
    """Make sure that a password can be the first thing between a thief and the money.

    Raises:
        PasswordError: It is too short.
    """
    if len(password) < PASSWORD_LENGTH_MIN:
        raise PasswordError(
            f"A wallet's password has at least {PASSWORD_LENGTH_MIN} characters: take some words."
        )
