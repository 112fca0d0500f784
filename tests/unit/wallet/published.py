"""The vectors that the standards were published with, as they stand in the files beside this one.

Each file names its source.
"""

import json
from pathlib import Path
from typing import Any

WORDS = (
    "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth "
    "useful legal winner thank year wave sausage worth title"
)
"""The words that these tests write wallets with: published, so worth nothing."""

PASSWORD = b"correct horse battery"
"""The password that these tests lock wallets with."""


def vectors(name: str) -> Any:  # noqa: ANN401 (what JSON holds)
    """Return what a file of vectors holds.

    Args:
        name: The file's name, without its end.
    """
    return json.loads((Path(__file__).parent / "vectors" / f"{name}.json").read_text("utf-8"))
