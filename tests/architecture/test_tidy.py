"""The sources keep the house rules, and the checker that says so can say no."""

import statistics
import textwrap
from pathlib import PurePath

import pytest

from tests.architecture.project import PACKAGES, ROOT, sources
from tests.architecture.tidy import (
    COLUMNS_MAX,
    FUNCTION_LINES_MAX,
    SOURCE_LINES_MAX,
    TEST_LINES_MAX,
    check,
    function_lengths,
)

FUNCTION_MEDIAN_MAX = 8
"""Half of all functions are at most this long. [lines]"""

FUNCTION_P90_MAX = 30
"""Nine functions in ten are at most this long. [lines]"""


def test_the_sources_are_tidy() -> None:
    """No file of the project breaks a house rule."""
    findings = [
        finding
        for path in sources()
        for finding in check(path.relative_to(ROOT), path.read_text("utf-8"))
    ]
    if findings:
        pytest.fail("\n".join(map(str, findings)), pytrace=False)


def test_functions_stay_short() -> None:
    """Most functions of the packages are read at a glance."""
    lengths = [n for path in sources(*PACKAGES) for n in function_lengths(path.read_text("utf-8"))]
    assert statistics.median(lengths) <= FUNCTION_MEDIAN_MAX
    assert statistics.quantiles(lengths, n=10)[-1] <= FUNCTION_P90_MAX


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_complete(package: str) -> None:
    """Each package says that it is typed, and lists its public names."""
    assert (ROOT / package / "py.typed").is_file(), f"{package}/py.typed is missing"
    text = (ROOT / package / "__init__.py").read_text("utf-8")
    assert "__all__" in text, f"{package}/__init__.py has no __all__"


ERROR = "Error"
"""Keeps this file itself free of what it looks for."""

GOOD = '''
"""A module."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bay:
    """A place to park."""

    number: int
    """Painted on the ground."""


def price_of(bay: Bay, hours: int, *, discount: int = 0) -> int:
    """Return the price."""
    return bay.number * hours - discount
'''


def found(text: str, path: str = "charger_agent/meter.py") -> list[str]:
    """Return what the checker says about a snippet."""
    return [finding.what for finding in check(PurePath(path), textwrap.dedent(text).lstrip())]


def test_checker_accepts_a_good_file() -> None:
    """A file that keeps all rules gives no finding, in a package and in the tests."""
    assert found(GOOD) == []
    assert found(GOOD, "tests/unit/test_bay.py") == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (('"""A module."""', ""), "the module has no docstring"),
        (('"""A place to park."""', ""), "Bay has no docstring"),
        (('"""Painted on the ground."""', ""), "the field Bay.number is not described"),
        (('"""Return the price."""', ""), "price_of has no docstring"),
        ((", *, discount", ", night: int, discount"), "price_of takes 4 arguments by position"),
        (("return bay", f"# {'todo'.upper()}: tax\n    return bay"), "is left over"),
        (("    return bay", "    raise NotImplemented" + ERROR), "is left over"),
        (("discount\n", "discount" + " + 0" * 20 + "\n"), "columns, more than 100"),
        (
            ("    return", "    bay = bay\n" * FUNCTION_LINES_MAX + "    return"),
            "lines, more than 50",
        ),
    ],
)
def test_checker_names_what_is_wrong(change: tuple[str, str], what: str) -> None:
    """Each rule, broken alone, gives exactly one finding that says so."""
    broken = GOOD.replace(*change)
    assert broken != GOOD
    findings = found(broken)
    assert len(findings) == 1, findings
    assert what in findings[0]


@pytest.mark.parametrize(
    "path", ["agent_runtime/utils.py", "agent_runtime/misc/clock.py", "ledger_node/log_helpers.py"]
)
def test_checker_names_junk(path: str) -> None:
    """A name that says nothing about what is inside is found in files and folders."""
    [finding] = found(GOOD, path)
    assert "says nothing" in finding


def test_checker_lets_fakes_be_silent() -> None:
    """In tests a method may lean on its port's docstring, a test may not."""
    fake = GOOD.replace("class Bay:", "class Bay:\n    def open(self) -> None: ...\n")
    assert "open has no docstring" in found(fake)
    assert "open has no docstring" not in found(fake, "tests/unit/test_bay.py")
    test = fake.replace("open", "test_open")
    assert "test_open has no docstring" in found(test, "tests/unit/test_bay.py")


def test_checker_measures_files() -> None:
    """A file of a package may have fewer lines than one of the tests."""
    long = GOOD + "\n" * (SOURCE_LINES_MAX + 1)
    assert [f"more than {SOURCE_LINES_MAX}" in finding for finding in found(long)] == [True]
    assert found(long, "tests/unit/test_bay.py") == []
    longer = GOOD + "\n" * (TEST_LINES_MAX + 1)
    [finding] = found(longer, "tests/unit/test_bay.py")
    assert f"more than {TEST_LINES_MAX}" in finding


@pytest.mark.parametrize(
    ("call", "waits"),
    [
        ("time.sleep(1)", True),
        ("asyncio.sleep(0.1)", True),
        ("sleep(delay_s)", True),
        ("asyncio.sleep(0)", False),
        ("clock.sleep(5)", False),
    ],
)
def test_checker_finds_tests_that_wait(call: str, waits: bool) -> None:
    """A test may let others run and move a clock of its own, but not wait for the wall clock."""
    text = f'"""A module."""\n\n{call}\n'
    assert [call.split("(")[0] in finding for finding in found(text, "tests/test_a.py")] == (
        [True] if waits else []
    )
    assert found(text) == []


def test_checker_takes_columns_as_they_are() -> None:
    """A line of exactly the allowed length passes."""
    line = "# " + "x" * (COLUMNS_MAX - 2)
    assert found(GOOD + line + "\n") == []
    [finding] = found(GOOD + line + "x\n")
    assert "101 columns" in finding


def test_function_lengths_leave_docstrings_out() -> None:
    """What a function says about itself does not count as its length."""
    assert function_lengths(GOOD) == [2]
