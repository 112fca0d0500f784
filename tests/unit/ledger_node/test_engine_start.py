"""Engines are chosen beside what runs: nobody waits for a compiler, and nothing stays behind."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ledger_core import EngineChoice, EngineError, engine_in_use
from ledger_node import engine_start
from ledger_node.engine_start import EngineStart


@pytest.fixture
def open_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody write where compiled code would go."""
    (tmp_path / "tangleway").mkdir()
    (tmp_path / "tangleway").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_libsodium_is_there_at_once() -> None:
    """The engine that needs nothing is chosen without delay."""
    chosen: list[EngineChoice] = []
    with EngineStart("sodium", on_choice=chosen.append) as start:
        start.settle()
        start.wait()
    assert [choice.name for choice in chosen] == ["sodium"]
    assert engine_in_use().name == "sodium"


@pytest.mark.usefixtures("open_cache")
def test_auto_does_without_lanes_and_says_why() -> None:
    """Where compiled code would not be private, libsodium verifies."""
    chosen: list[EngineChoice] = []
    with EngineStart("auto", on_choice=chosen.append) as start:
        start.wait()
    [choice] = chosen
    assert choice.name == "sodium"
    assert "others can write to" in choice.reason


@pytest.mark.usefixtures("open_cache")
def test_lanes_by_name_fail_and_nothing_changes() -> None:
    """Who insists on lanes hears why there are none, and nobody is told of a choice."""
    chosen: list[EngineChoice] = []
    before = engine_in_use()
    with (
        EngineStart("lanes", on_choice=chosen.append) as start,
        pytest.raises(EngineError, match="others can write to"),
    ):
        start.settle()
    assert chosen == []
    assert engine_in_use() == before


def test_lanes_hear_their_settings_and_everybody_their_alarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How often to recheck and what to keep reaches the lanes; who listens hears what differs."""
    given: dict[str, Any] = {}

    def use_engine(name: str, **settings: object) -> EngineChoice:
        given.update(settings, name=name)
        return EngineChoice("lanes", "A test wants it.")

    monkeypatch.setattr(engine_start, "is_compiled", lambda _folder: True)
    monkeypatch.setattr(engine_start, "name_to_numba", lambda _folder: None)
    monkeypatch.setattr(engine_start, "use_judging", lambda _name: None)
    monkeypatch.setattr(engine_start, "use_engine", use_engine)
    said: list[str] = []
    with EngineStart("lanes", recheck_every=7, table_bytes=70_000) as start:
        start.wait()
        start.on_alarm(said.append)
        start.on_alarm(lambda what: said.append(what.upper()))
        given.pop("on_alarm")("They differ.")
    assert given == {"name": "lanes", "recheck_every": 7, "table_bytes": 70_000}
    assert said == ["They differ.", "THEY DIFFER."]


def test_nobody_waits_for_the_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is compiled yet a process serves at once, and its end ends the compiler."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with EngineStart("auto") as start:
        start.settle()
        assert engine_in_use().name == "sodium"
    assert not [thread for thread in threading.enumerate() if thread.name == "engine"]


def test_a_compiler_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the compiler complained about is why lanes are not used."""
    complainer = tmp_path / "complain"
    complainer.write_text("#!/bin/sh\necho 'warming up' >&2; echo 'No such luck.' >&2; exit 3\n")
    complainer.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(complainer))
    with EngineStart("lanes") as start, pytest.raises(EngineError, match=r"^No such luck\.$"):
        start.wait()
