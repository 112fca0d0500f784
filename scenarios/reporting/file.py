"""Where a report goes, and how it gets there: whole or not at all."""

from pathlib import Path

from scenarios.errors import ResultFileError
from scenarios.reporting.page import page_of
from scenarios.reporting.picture import Picture
from scenarios.result import check_result_file, write_file

__all__ = ["check_report_file", "result_file", "write_report"]

RESULT_SUFFIX = ".json"
"""End of the name of the document beside a report."""


def check_report_file(path: Path) -> None:
    """Make sure that a report can be written, before a run has cost a minute.

    Args:
        path: Where to.

    Raises:
        ResultFileError: The folder is missing or read-only, or the path is a folder or a JSON file.
    """
    if path.suffix.lower() == RESULT_SUFFIX:
        raise ResultFileError(
            f"{path.name} is a name for JSON, which goes beside the report: call that"
            f" {path.with_suffix('.html').name}"
        )
    check_result_file(path)


def result_file(report: Path | None, json: Path | None) -> Path | None:
    """Return where the result as JSON goes: where it was said, or beside the report.

    Args:
        report: Where the report goes, if one is wanted.
        json: Where the result was said to go.
    """
    if json is None and report is not None:
        return report.with_suffix(RESULT_SUFFIX)
    return json


def write_report(path: Path, picture: Picture) -> None:
    """Write a report whole or not at all; a file of that name is replaced.

    Args:
        path: Where to.
        picture: What it shows.

    Raises:
        ResultFileError: The file system refuses.
    """
    write_file(path, page_of(picture).encode())
