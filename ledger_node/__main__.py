"""`python -m ledger_node --config node.toml` runs a node."""

import argparse
import sys

__all__ = ["main"]

EPILOG = """\
Example: python -m ledger_node --config node.toml

Exit codes: 0 stopped by a signal, 2 wrong settings, 3 port or data directory in use or disk not
writable, 5 stored data damaged.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a node and return its exit code.

    Args:
        arguments: Arguments of the command, None for those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m ledger_node",
        description="Run a ledger node until SIGTERM or Ctrl+C.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", required=True, metavar="FILE", help="settings, a TOML file")
    given = parser.parse_args(arguments)
    from ledger_node.process import run_node, set_up_logging  # a --help needs no database

    set_up_logging()
    return run_node(given.config)


if __name__ == "__main__":
    sys.exit(main())
