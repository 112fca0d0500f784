"""Where a report goes: a wrong path is named before anything runs."""

from pathlib import Path

import pytest

from scenarios import ResultFileError
from scenarios.reporting import check_report_file, result_file, write_report
from tests.unit.scenarios.reporting.pictures import picture


def test_result_goes_beside_the_report() -> None:
    """Unless it was said where."""
    report, json = Path("/a/f.html"), Path("/b/g.json")
    assert result_file(report, None) == Path("/a/f.json")
    assert result_file(report, json) == json
    assert result_file(None, json) == json
    assert result_file(None, None) is None


def test_bad_paths(tmp_path: Path) -> None:
    """A missing folder, a folder, and the name of the JSON beside it are refused."""
    with pytest.raises(ResultFileError, match="is no folder"):
        check_report_file(tmp_path / "gone" / "f.html")
    with pytest.raises(ResultFileError, match="is a folder"):
        check_report_file(tmp_path)
    with pytest.raises(ResultFileError, match=r"call that f\.html"):
        check_report_file(tmp_path / "f.json")
    assert list(tmp_path.iterdir()) == []


def test_report_is_written_whole(tmp_path: Path) -> None:
    """A file of that name is replaced, and nothing else is left."""
    path = tmp_path / "f.html"
    path.write_text("old")
    check_report_file(path)
    write_report(path, picture())
    assert path.read_text("utf-8").endswith("</html>\n")
    assert list(tmp_path.iterdir()) == [path]
