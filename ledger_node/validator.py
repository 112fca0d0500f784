"""`python -m ledger_node.validator --config validator.toml` runs a validator."""

import argparse
import sys

__all__ = ["main"]

EPILOG = """\
Example: python -m ledger_node.validator --config validator.toml

Exit codes: 0 stopped by a signal, 2 wrong settings, 3 data directory in use or disk not writable,
5 stored data damaged.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a validator and return its exit code.

    Args:
        arguments: Arguments of the command, None for those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m ledger_node.validator",
        description="Follow a node, validate everything anew, and cosign what is right.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", required=True, metavar="FILE", help="settings, a TOML file")
    given = parser.parse_args(arguments)
    from ledger_node.process import set_up_logging  # a --help needs no database
    from ledger_node.validator_process import run_validator

    set_up_logging()
    return run_validator(given.config)


if __name__ == "__main__":
    sys.exit(main())
