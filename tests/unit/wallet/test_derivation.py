"""Derivation: the published vectors, and paths that can not be."""

from typing import Any

import pytest

from tests.unit.wallet.published import WORDS, vectors
from wallet import PathError, Seed, account_path, path_text
from wallet.derivation import COIN_TYPE, HARDENED, Branch, derive

PUBLISHED = vectors("slip_0010_ed25519")


@pytest.mark.parametrize("case", PUBLISHED["cases"], ids=lambda case: case["public"][:8])
def test_published_keys(case: dict[str, Any]) -> None:
    """Seed and path give the chain code and both keys that SLIP-0010 publishes."""
    branch = Branch.root(bytes.fromhex(case["seed"])).descendant(case["path"])
    pair = branch.key_pair()
    assert branch.chain_code.hex() == case["chain_code"]
    assert pair.seed.hex() == case["private"]
    assert pair.public_key.hex() == case["public"]


def test_both_published_seeds_are_there() -> None:
    """Both vectors, with six steps each, were looked at."""
    assert len(PUBLISHED["cases"]) == 12


@pytest.mark.parametrize("number", [-1, HARDENED, HARDENED + 1])
def test_numbers_out_of_range(number: int) -> None:
    """A number that hardening would push out of 32 bits is refused, nothing wraps around."""
    branch = Branch.root(bytes(16))
    with pytest.raises(PathError, match="can not stand in a path"):
        branch.child(number)
    with pytest.raises(PathError):
        branch.descendant([0, number])


def test_largest_number() -> None:
    """The largest number is a path like any other."""
    assert Branch.root(bytes(16)).child(HARDENED - 1).key_pair() != (
        Branch.root(bytes(16)).child(0).key_pair()
    )


def test_path_of_an_account() -> None:
    """The path is the documented one, and this one key never changes: wallets depend on it."""
    assert COIN_TYPE == 1_415_004_505
    assert path_text(account_path(2, 5)) == "m/44'/1415004505'/2'/0'/5'"
    pair = derive(Seed.from_words(WORDS), account_path(0, 0))
    assert pair.public_key.hex() == (
        "f11bc32277c3ad25ff55e74f09b7cbd2f609d2d8ca451e4f550fe076ebb36f53"
    )


def test_a_branch_shows_nothing() -> None:
    """A branch may stand in a log or a traceback."""
    branch = Branch.root(bytes(16))
    assert repr(branch) == str(branch) == "Branch(hidden)"
    assert not hasattr(branch, "__dict__")
