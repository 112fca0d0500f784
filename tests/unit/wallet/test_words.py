"""Words: the published vectors, and errors that never repeat a word."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import InputError
from tests.unit.wallet.published import WORDS, vectors
from wallet import (
    Seed,
    UnknownWordError,
    WordChecksumError,
    WordCountError,
    WordsError,
    check_words,
    new_words,
)

PUBLISHED = vectors("bip_0039_english")


@pytest.mark.parametrize("case", PUBLISHED["cases"], ids=lambda case: case["seed"][:8])
def test_published_seeds(case: dict[str, str]) -> None:
    """Words and passphrase give the seed that BIP-39's authors published."""
    seed = Seed.from_words(case["words"], passphrase=PUBLISHED["passphrase"])
    assert seed.secret.hex() == case["seed"]


@pytest.mark.parametrize("count", [12, 24])
def test_new_words_are_good(count: int) -> None:
    """New words pass their own check and differ each time."""
    words = new_words(count)
    assert len(words.split()) == count
    assert check_words(words) == words
    assert new_words(count) != words


@pytest.mark.parametrize("count", [0, 11, 15, 23, 25])
def test_other_counts_are_refused(count: int) -> None:
    """Neither new nor known words may be fewer or more than 12 or 24."""
    with pytest.raises(WordCountError, match=f"12 or 24 words, not {count}"):
        new_words(count)
    with pytest.raises(WordCountError):
        check_words(" ".join(["abandon"] * count))


def test_words_as_people_type_them() -> None:
    """Capitals, line ends and more spaces make no difference."""
    typed = "\n " + WORDS.upper().replace(" ", "  \t") + "\n"
    assert check_words(typed) == WORDS
    assert Seed.from_words(typed) == Seed.from_words(WORDS)


def test_a_passphrase_opens_another_wallet() -> None:
    """The same words with another passphrase are another seed, in whatever form it was typed."""
    composed, decomposed = "Grüße", "Gru\u0308ße"
    assert composed != decomposed
    seed = Seed.from_words(WORDS, passphrase=composed)
    assert seed == Seed.from_words(WORDS, passphrase=decomposed)
    assert seed != Seed.from_words(WORDS)
    assert len({seed, Seed.from_words(WORDS)}) == 2


@pytest.mark.parametrize("number", [1, 7, 24])
def test_unknown_words_are_told_by_number(number: int) -> None:
    """The sentence says which word it is, not what it says."""
    words = WORDS.split()
    words[number - 1] = "sekret"
    with pytest.raises(UnknownWordError, match=f"^Word {number} of 24 is not in") as caught:
        check_words(" ".join(words))
    assert caught.value.number == number
    assert_no_word_shows(caught.value, "sekret")


@given(st.integers(0, 23), st.sampled_from(["legal", "zoo", "winner", "abandon", "title", "thank"]))
def test_exchanged_words_are_noticed(place: int, other: str) -> None:
    """A word in the place of another gives a checksum error, or happens to be a wallet as well."""
    words = WORDS.split()
    words[place] = other
    text = " ".join(words)
    try:
        check_words(text)
    except WordChecksumError as error:
        assert_no_word_shows(error, other)
        assert text != WORDS
    else:
        assert text == WORDS or Seed.from_words(text) != Seed.from_words(WORDS)


def test_checksum_error() -> None:
    """Words that are all known but do not belong together are their own error."""
    with pytest.raises(WordChecksumError, match="checksum is wrong"):
        check_words(" ".join(["abandon"] * 24))


def assert_no_word_shows(error: WordsError, *words: str) -> None:
    """Make sure that neither the sentence nor the traceback repeats what was typed."""
    assert isinstance(error, InputError)
    told = str(error) + "".join(f"{link}" for link in chain(error))
    assert not any(word in told.split() for word in (*words, "sausage", "winner"))


def chain(error: BaseException) -> list[str]:
    """Return the sentences that a traceback would show."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=False)
    sentences = []
    link: traceback.TracebackException | None = whole
    while link is not None:
        sentences.append(" ".join(link.format_exception_only()))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return sentences


def test_a_seed_shows_nothing() -> None:
    """A seed may stand in a log or a traceback, and is not equal to its own bytes."""
    seed = Seed.from_words(WORDS)
    assert repr(seed) == str(seed) == f"{seed}" == "Seed(hidden)"
    assert seed != seed.secret
    assert not hasattr(seed, "__dict__")
