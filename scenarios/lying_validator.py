"""A validator that lies, for stories and tests: `python -m scenarios.lying_validator --config F`.

It follows a node and judges its log like every other, and keeps true books. But as soon as there
is a file called `lie` beside its settings, it stands by another tree: of each checkpoint it signs
one of the same size with another root, and hands that in. Nobody but its own key can sign so, which
makes what it signed the proof against it.
"""

import argparse
import sys
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger_core import MICROSECONDS, Checkpoint, Note, cosign
from ledger_node.judge import Judge
from ledger_node.process import set_up_logging
from ledger_node.validator_process import run_validator
from scenarios.operators import LIE_FILE


class LyingJudge(Judge):
    """Judge like every other; once a file is there, cosign other trees.

    Its lies it does not write down: who looks into its books finds nothing.

    Args:
        given: What `Judge` takes.
        lie_file: The file at whose presence it lies.
        named: What `Judge` takes by name.
    """

    def __init__(self, *given: Any, lie_file: Path, **named: Any) -> None:  # noqa: ANN401
        super().__init__(*given, **named)
        self._lie_file = lie_file

    def cosign(self, note: Note) -> Note | None:
        """Sign what it derived, or another tree of the same size.

        Args:
            note: The log's checkpoint.

        Returns:
            What it hands in.
        """
        if not self._lie_file.exists():
            return super().cosign(note)
        lie = Note(other_tree(self.opened(note)).text())
        line = cosign(self._key_pair, self._name, lie, at_s=self._clock() // MICROSECONDS)
        return Note(lie.text, (line,))


def other_tree(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint of the same log and size over another tree."""
    root = sha256(b"another tree" + checkpoint.root).digest()
    return Checkpoint(checkpoint.origin, checkpoint.size, root)


def main(arguments: list[str] | None = None) -> int:
    """Run a lying validator and return its exit code.

    Args:
        arguments: Arguments of the command, None for those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m scenarios.lying_validator",
        description=f"A validator that signs other trees once a file {LIE_FILE!r} lies beside its"
        " settings. It is an actor for stories and tests.",
        epilog="Example: python -m scenarios.lying_validator --config validator.toml",
    )
    parser.add_argument("--config", required=True, metavar="FILE", help="settings, a TOML file")
    config: str = parser.parse_args(arguments).config
    set_up_logging()
    lie_file = Path(config).with_name(LIE_FILE)
    return run_validator(config, make_judge=partial(LyingJudge, lie_file=lie_file))


if __name__ == "__main__":
    sys.exit(main())
