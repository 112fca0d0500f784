"""Where the project's parts are, for tests that look at the sources themselves."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder with pyproject.toml."""

PACKAGES: tuple[str, ...] = tuple(
    tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "root_packages"
    ]
)
"""All packages of the distribution, as pyproject.toml lists them."""


def sources(*folders: str) -> list[Path]:
    """Return the Python files below some folders of the project, in order.

    Args:
        folders: Folders below the root; without any, all packages and the tests.
    """
    chosen = folders or (*PACKAGES, "tests")
    return sorted(path for folder in chosen for path in (ROOT / folder).rglob("*.py"))
