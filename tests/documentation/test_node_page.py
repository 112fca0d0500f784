"""The node's page names everything that can be said to a node, and everything that it says."""

from itertools import chain
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from ledger_node import LimitSettings, NodeSettings
from ledger_node.events import EventHeader, Topic
from ledger_node.headers import Refusal
from ledger_node.protocol import Reply, Request

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "node.md").read_text("utf-8")

HEADERS: tuple[type[msgspec.Struct], ...] = (*get_args(Request), *get_args(Reply))

EVENTS: tuple[type[msgspec.Struct], ...] = get_args(EventHeader)


def fields(*structs: type[msgspec.Struct]) -> set[str]:
    """Return the names of all fields."""
    return {field.encode_name for field in chain(*(msgspec.structs.fields(one) for one in structs))}


@pytest.mark.parametrize(
    "name",
    sorted(
        {str(one.__struct_config__.tag) for one in HEADERS}
        | fields(*HEADERS)
        | fields(*EVENTS)
        | {topic.value for topic in Topic}
        | {refusal.value for refusal in Refusal}
    ),
)
def test_all_that_is_said_is_documented(name: str) -> None:
    """Each request, reply, field, refusal and event has its place on the page."""
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", sorted(fields(NodeSettings, LimitSettings)))
def test_all_settings_are_shown(name: str) -> None:
    """Each key stands in the example."""
    assert f"\n{name} = " in PAGE or f"[{name}]" in PAGE


def test_the_settings_shown_are_the_defaults() -> None:
    """The limits of the example are those of a node without any."""
    for field in msgspec.structs.fields(LimitSettings):
        assert f"{field.name} = {field.default} " in PAGE
