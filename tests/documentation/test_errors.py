"""The page on errors and each package's drawing of its errors are complete."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from ledger_core import errors
from tests.architecture.project import PACKAGES
from tests.documentation.pages import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")

INTERRUPTED = 130
"""What shells expect of a program that Ctrl+C ended."""


def error_classes() -> list[type[errors.TanglewayError]]:
    """Return all classes of the tree that `ledger_core` defines."""
    return [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.TanglewayError)
    ]


def branches() -> list[type[errors.TanglewayError]]:
    """Return the classes with an exit code of their own, the root first."""
    return [error for error in error_classes() if "exit_code" in vars(error)]


@pytest.mark.parametrize("error", error_classes())
def test_classes_are_documented(error: type[errors.TanglewayError]) -> None:
    """The page names each class, and each branch together with its exit code."""
    pattern = rf"{error.__name__} +{error.exit_code} " if error in branches() else error.__name__
    assert re.search(rf"\b{pattern}", PAGE)


def test_exit_codes_are_documented() -> None:
    """The page's table has exactly the exit codes that there are."""
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert documented == {error.exit_code for error in branches()} | {0, INTERRUPTED}


def test_exit_codes_differ() -> None:
    """Each branch of the tree has an exit code of its own."""
    codes = [error.exit_code for error in branches()]
    assert len(codes) == len(set(codes))


def undrawn(text: str) -> list[str]:
    """Return the error classes of a module that its docstring does not name."""
    tree = ast.parse(text)
    drawing = ast.get_docstring(tree) or ""
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return [name for name in names if not re.search(rf"\b{name}\b", drawing)]


@pytest.mark.parametrize(
    "path",
    [path for name in PACKAGES for path in sorted((ROOT / name).rglob("errors.py"))],
    ids=lambda path: str(path.parent.name),
)
def test_leaves_are_drawn(path: Path) -> None:
    """Each `errors.py` begins with a drawing of all its errors."""
    assert undrawn(path.read_text("utf-8")) == []


def test_missing_leaves_are_found() -> None:
    """A class that the drawing leaves out would be reported."""
    assert undrawn('"""InputError\n└── A"""\nclass A: ...\nclass B: ...') == ["B"]
