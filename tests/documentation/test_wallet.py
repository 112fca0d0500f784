"""The page about the wallet names all verbs and variables, and its facts are those of the code."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation.pages import FENCE, ROOT
from wallet import MODERATE, address_prefix, decode_address
from wallet.derivation import COIN_TYPE

PAGE = (ROOT / "docs" / "wallet.md").read_text("utf-8")
COMMAND = Path(sys.executable).with_name("tangleway")
VERBS = ("new", "restore", "show", "address", "send", "history")


def shown(*verb: str) -> str:
    """Return a verb's help, its lines joined."""
    arguments = [str(COMMAND), "wallet", *verb, "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def test_verbs_are_documented() -> None:
    """The page has a row for each verb that there is."""
    table = PAGE.partition("| verb | does |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(\w+)", table, re.MULTILINE)
    assert listed == list(VERBS)
    assert all(f" {verb} " in shown() for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_variables_are_documented(verb: str) -> None:
    """Each variable that a verb's help names stands on the page."""
    names = set(re.findall(r"TANGLEWAY_\w+", shown(verb)))
    assert names
    assert not [name for name in names if f"`{name}`" not in PAGE]


def test_facts() -> None:
    """Numbers and examples on the page are the code's."""
    assert f"/ {COIN_TYPE}' /" in PAGE
    assert address_prefix("Karlsruhe Nord") in PAGE
    [address] = re.findall(r"^commute1\w+$", PAGE, re.MULTILINE)
    assert len(decode_address(address, network="commute")) == 32
    cost = f"({MODERATE.operations} and {MODERATE.memory_bytes >> 20} MiB;"
    assert cost in PAGE


def test_the_program_is_python() -> None:
    """The example for vehicles can be read by Python."""
    [program] = [text for language, text in FENCE.findall(PAGE) if language == "python"]
    assert ast.parse(program)
