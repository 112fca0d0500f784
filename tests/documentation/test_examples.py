"""The examples in docstrings do what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, sources


def module_name(path: Path) -> str:
    """Return the name under which a file of the project is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


WITH_EXAMPLES = [
    module_name(path) for path in sources(*PACKAGES) if ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name: str) -> None:
    """Each example of a module gives what its docstring shows."""
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted, "the examples stand where nobody runs them"
    assert result.failed == 0


def test_a_wrong_example_is_found() -> None:
    """An example that shows something else would be reported."""
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    runner = doctest.DocTestRunner(verbose=False)
    assert runner.run(test, out=lambda text: None).failed == 1
