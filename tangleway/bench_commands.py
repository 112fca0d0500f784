"""The verbs that measure: each figure stands beside that of its building block, same run."""

import typer


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
