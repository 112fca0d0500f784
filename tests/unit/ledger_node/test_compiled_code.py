"""Compiled code is kept where nobody else can write, and never used for other sources."""

import os
import re
import signal
import stat
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from ledger_core import EngineError
from ledger_node import compiled_code
from ledger_node.compiled_code import (
    CONSTANTS,
    FORGOTTEN_AFTER_S,
    WATCH,
    find_folder,
    is_compiled,
)


def test_the_folder_is_private(tmp_path: Path) -> None:
    """It is made for the user alone, and found again."""
    folder = find_folder(tmp_path)
    assert folder.is_relative_to(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert find_folder(tmp_path) == folder
    assert not is_compiled(folder)


def test_caches_are_looked_for_where_the_user_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CACHE_HOME names the place; a relative one counts as none, as its standard says."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "here"))
    assert find_folder().is_relative_to(tmp_path / "here")
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_folder().is_relative_to(tmp_path / ".cache")


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_open_to_others_is_not_used(tmp_path: Path, mode: int) -> None:
    """Who can write a pickle there can run code here: so it is refused, and says what to do."""
    find_folder(tmp_path).chmod(mode)
    with pytest.raises(EngineError, match=r"others can write to .*XDG_CACHE_HOME"):
        find_folder(tmp_path)


def test_a_place_that_others_can_give_away_is_not_used(tmp_path: Path) -> None:
    """A folder above that is open to all is as bad: the private one could be replaced there."""
    find_folder(tmp_path)
    (tmp_path / "tangleway").chmod(0o777)
    with pytest.raises(EngineError, match="others can write to"):
        find_folder(tmp_path)
    (tmp_path / "tangleway").chmod(0o1777)
    assert find_folder(tmp_path).is_dir()


def test_a_folder_behind_a_link_is_judged_where_it_is(tmp_path: Path) -> None:
    """A link does not hide where compiled code really goes."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    with pytest.raises(EngineError, match="others can write to"):
        find_folder(tmp_path / "link")


def test_a_place_that_can_not_be_made(tmp_path: Path) -> None:
    """Where no folder can be, the sentence names it."""
    (tmp_path / "tangleway").write_text("a file")
    with pytest.raises(EngineError, match="can not be made for compiled code"):
        find_folder(tmp_path)


def test_other_sources_have_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba does not see changes in files that a function calls, so the folder's name does."""
    first = find_folder(tmp_path)
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    checked = find_folder(tmp_path)
    monkeypatch.setattr(compiled_code, "_processor", lambda: b"another")
    assert len({first, checked, find_folder(tmp_path)}) == 3


def test_every_source_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte in one file of the lanes makes another version."""
    (tmp_path / "curve.py").write_text("a = 1")
    monkeypatch.setattr(resources, "files", lambda _package: tmp_path)
    before = compiled_code._version()
    assert compiled_code._version() == before
    (tmp_path / "curve.py").write_text("a = 2")
    assert compiled_code._version() != before


def test_constants_in_compiled_code_count() -> None:
    """Whatever module a kernel takes a number from is among the sources."""
    taken = set()
    for package in ("ledger_core.lanes", "ledger_core.kernels"):
        for source in resources.files(package).iterdir():
            if source.name.endswith(".py") and "@kernel" in source.read_text():
                taken |= set(
                    re.findall(r"^from ledger_core\.(\w+)", source.read_text(), re.MULTILINE)
                )
    assert "limits" in taken
    assert taken - {"lanes", "kernels"} <= set(CONSTANTS)


def test_without_numba_there_are_no_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing library is named."""
    monkeypatch.setattr(compiled_code, "_PACKAGES", ("no-such-library",))
    with pytest.raises(EngineError, match="needs no-such-library, which is not installed"):
        compiled_code._version()


def test_what_is_long_unused_is_removed(tmp_path: Path) -> None:
    """Folders of other versions do not pile up."""
    folder = find_folder(tmp_path)
    old, young = folder.with_name("old"), folder.with_name("young")
    for other in (old, young):
        other.mkdir()
    then = folder.stat().st_mtime - FORGOTTEN_AFTER_S - 60
    os.utime(old, (then, then))
    find_folder(tmp_path)
    assert sorted(folder.parent.iterdir()) == sorted([folder, young])


def test_the_compiler_ends_with_who_wanted_it(tmp_path: Path) -> None:
    """A node that is killed can not stop its compiler, but closes its end of a pipe."""
    command = [sys.executable, "-m", "ledger_node.compiled_code", WATCH]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as compiler:
        assert compiler.stdin is not None
        compiler.stdin.close()
        assert compiler.wait() == 128 + signal.SIGTERM
    assert not list(tmp_path.rglob("compiled"))
