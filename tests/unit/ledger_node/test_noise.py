"""Noise: whatever anybody sends, the node answers or waits, and never breaks."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_core import RECORD_SIZE
from ledger_node.codec import decode_reply
from tests.unit.ledger_node.street import ANN, BEN, ORIGIN, pay, payments, running, submit

RECORD = pay(ANN, BEN).tobytes()

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=40),
    st.sampled_from([ORIGIN, ANN.public_key, b""]),
    st.text(max_size=9),
)

VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)

TYPES = ["submit", "ask_info", "ask_tips", "ask_account", "ask_transaction", "ask_hold"]

HEADERS = st.fixed_dictionaries(
    {"type": st.sampled_from([*TYPES, "ask_history", "other"]), "request": st.integers(0, 9)},
    optional=dict.fromkeys(("version", "payloads", "public_key", "id", "after", "limit"), VALUES),
)

GOOD_KEYS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["ask_history", "ask_account"]),
        "request": st.just(1),
        "public_key": st.sampled_from([ANN.public_key, bytes(32)]),
    },
    optional={
        "after": st.integers(-(1 << 63), (1 << 64) - 1),
        "limit": st.integers(-5, 300),
    },
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Draw records with some of their bytes changed, or cut short."""
    content = bytearray(RECORD * draw(st.integers(0, 3)))
    for _ in range(draw(st.integers(0, 5))):
        if content:
            content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: len(content) - draw(st.sampled_from([0, 0, 0, 1, RECORD_SIZE - 1]))])


MESSAGES = st.tuples(
    st.one_of(HEADERS.map(msgspec.msgpack.encode), GOOD_KEYS.map(msgspec.msgpack.encode),
              st.binary(max_size=60)),
    st.lists(st.one_of(bodies(), st.binary(max_size=40)), max_size=3),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a ledger with a few payments in it."""
    path = tmp_path_factory.mktemp("noise")

    async def begin() -> None:
        async with running(path) as node:
            await submit(node, payments(3))

    asyncio.run(begin())
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(MESSAGES, min_size=1, max_size=20))
def test_noise_is_answered(folder: Path, messages: list[tuple[bytes, list[bytes]]]) -> None:
    """Each message is answered at once or with a turn, by a reply that a client can read."""

    async def send_all() -> None:
        async with running(folder) as node:
            for header, frames in messages:
                replies: list[Any] = [node.receive([b"peer", header, *frames])]
                while node.waiting:
                    replies += await node.turn()
                    node.finish()
                answered = [reply for reply in replies if reply is not None]
                assert len(answered) == 1
                assert decode_reply(answered[0][1]) is not None

    asyncio.run(send_all())
