"""What only the wallet's owner may see or say: passwords, passphrases and words.

They come from a prompt that shows nothing, from a file, or, the password alone, from a variable;
never from an argument, which everybody on the machine could read in the list of processes.
"""

import os
import sys
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from wallet import (
    ConfirmationError,
    PasswordError,
    check_new_password,
    check_words,
    password_bytes,
    read_secret,
    write_secret,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD_VARIABLE = "TANGLEWAY_WALLET_PASSWORD"  # noqa: S105 (the name of a variable)
"""Where the password may stand for scripts; whoever can read the process's memory reads it too."""

WORDS_PER_LINE = 4
"""As on the cards that are sold for such words."""

OTHER_SCREEN, FIRST_SCREEN = "\x1b[?1049h\x1b[H", "\x1b[?1049l"
"""The screen that editors use: what stood there is gone when it is left."""


def password(file: Path | None, *, is_new: bool = False) -> bytes:
    """Return the wallet's password: out of the file, else of the variable, else as typed.

    Args:
        file: A file with the password on its first line; None to go on.
        is_new: Whether it is to be chosen now: then it must be good, and is typed twice.

    Raises:
        PasswordError: There is none, or it is too short or too long, or typed in two ways.
        SecretFileError: The file can not be read; the leaf says why.
    """
    if file is not None:
        text = _first_line(file)
    elif (given := os.environ.get(PASSWORD_VARIABLE)) is not None:
        text = given
    else:
        text = _typed("password of the wallet", is_new=is_new)
    if is_new:
        check_new_password(text)
    return password_bytes(text)


def passphrase(file: Path | None, *, is_asked: bool, is_new: bool) -> str:
    """Return the passphrase beside the words: out of the file, as typed, or none at all.

    Raises:
        PasswordError: It was typed in two ways, or nobody is there to type it.
        SecretFileError: The file can not be read; the leaf says why.
    """
    if file is not None:
        return _first_line(file)
    return _typed("passphrase beside the words", is_new=is_new) if is_asked else ""


def known_words(file: Path | None) -> str:
    """Return the words of a wallet that was there before: out of the file, or as typed.

    Raises:
        WordsError: They stand for no wallet.
        PasswordError: Nobody is there to type them.
        SecretFileError: The file can not be read; the leaf says why.
    """
    if file is not None:
        return check_words(read_secret(file).decode("utf-8", "replace"))
    return check_words(_hidden("12 or 24 words of the wallet (not shown): "))


def check_terminal() -> None:
    """Make sure that somebody is there to whom words can be shown.

    Raises:
        ConfirmationError: Input or output is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfirmationError(
            "The words are shown on a terminal only: run this on one, or give --words-file."
        )


def hand_over_words(words: str, file: Path | None) -> None:
    """Write new words to a file, or show them once and ask whether they were written down.

    Raises:
        ConfirmationError: Nobody said so.
        SecretFileError: The file can not be written; the leaf says why.
    """
    if file is not None:
        write_secret(file, f"{words}\n".encode())
        return
    with _other_screen():
        print("These words are the wallet. Whoever has them has the money; without them it is")
        print("lost when this machine is. Write them down on paper, in this order:\n")
        print("\n".join(_numbered(words.split())), end="\n\n")
        print("Type yes when all of them are written down: ", end="", flush=True)
        answer = sys.stdin.readline().strip().lower()
    if answer != "yes":
        raise ConfirmationError(
            "No wallet was made, since its words are not written down: begin again when you have "
            "a pen."
        )


@contextmanager
def _other_screen() -> "Iterator[None]":
    """Let all that is printed go to the terminal and vanish from it afterwards."""
    can_switch = os.environ.get("TERM", "dumb") != "dumb"
    own, sys.stdout = sys.stdout, sys.stderr  # a pipe behind standard output shall not get words
    try:
        if can_switch:
            print(OTHER_SCREEN, end="")
        yield
    finally:
        if can_switch:
            print(FIRST_SCREEN, end="", flush=True)
        sys.stdout = own


def _numbered(words: list[str]) -> list[str]:
    """Return lines of numbered words."""
    cells = [f"{number:2}. {word:<12}" for number, word in enumerate(words, 1)]
    starts = range(0, len(cells), WORDS_PER_LINE)
    return ["".join(cells[start : start + WORDS_PER_LINE]).rstrip() for start in starts]


def _first_line(file: Path) -> str:
    """Return the first line of a secret file, without its end."""
    text = read_secret(file).decode("utf-8", "surrogateescape")
    return text.partition("\n")[0].removesuffix("\r")


def _typed(what: str, *, is_new: bool) -> str:
    """Return what somebody typed, twice if it is new."""
    text = _hidden(f"{'new ' if is_new else ''}{what}: ")
    if is_new and _hidden("the same again: ") != text:
        raise PasswordError("That was not the same twice: try again.")
    return text


def _hidden(prompt: str) -> str:
    """Return what somebody typed on a terminal that did not show it."""
    if not sys.stdin.isatty():
        raise PasswordError(
            "This asks for a secret, but nobody is there to type it: run it on a terminal, or name "
            f"a file; the wallet's password may also stand in {PASSWORD_VARIABLE}."
        )
    try:
        return getpass(prompt)
    except EOFError:
        raise PasswordError("Nothing was typed: try again.") from None
