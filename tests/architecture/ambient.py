"""A checker that finds time and randomness taken from the air instead of from an argument.

The same agents run live and in a simulation where time is virtual and chance has a seed. One
forgotten `time.time()` breaks that silently: the simulation still runs, but not twice alike.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

from tests.architecture.tidy import Finding

AMBIENT = re.compile(
    r"time\.((time|monotonic|perf_counter)(_ns)?|sleep|localtime|gmtime)"
    r"|asyncio\.sleep"
    r"|datetime\.(datetime\.(now|utcnow|today)|date\.today)"
    r"|random\.(?!Random$)\w+"
    r"|numpy\.random\.(?!Generator$)\w+"
    r"|secrets\.\w+"
    r"|os\.(urandom|getrandom)"
    r"|uuid\.uuid[14]"
)
"""What gives another answer each time. A generator that was handed over is fine."""


def ambient(path: PurePath, text: str) -> list[Finding]:
    """Return the places where a file asks the machine for the time or for chance.

    Args:
        path: Where the file stands, relative to the project's root.
        text: What is written in it.
    """
    tree = ast.parse(text)
    meaning = dict(_imported(tree))
    return sorted(
        {
            Finding(str(path), line, f"{name}: take the clock or the generator as an argument")
            for line, name in _mentioned(tree, meaning)
            if AMBIENT.fullmatch(name)
        }
    )


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each imported name with the full name that it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _mentioned(tree: ast.Module, meaning: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the line and full name of each dotted name that begins with an imported one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, *rest = ast.unparse(node).split(".")
            if first in meaning:
                yield node.lineno, ".".join([meaning[first], *rest])
