"""Messages: one struct for each performative, and nothing that can not be."""

import typing

import msgspec
import pytest

from negotiation import Body, Cancel, Message, Performative, Start

KINDS: tuple[type[Message], ...] = typing.get_args(Body)


def test_each_performative_has_its_message() -> None:
    """Names and structs go together, one to one."""
    tags = [kind.__struct_config__.tag for kind in KINDS]
    assert tags == [str(performative) for performative in Performative]
    assert [kind.__name__.lower() for kind in KINDS] == tags


def test_a_message_knows_its_name() -> None:
    """The performative is read from the message itself."""
    assert Start().performative is Performative.START
    assert Cancel(reason="").performative is Performative.CANCEL


@pytest.mark.parametrize("size", [1, 31, 33, 10_000])
def test_an_id_has_its_size(size: int) -> None:
    """A hold's id is absent or whole, also when it comes from the wire."""
    for make in (lambda hold: Start(hold=hold), lambda hold: Cancel(reason="", hold=hold)):
        assert make(bytes(32)).hold
        with pytest.raises(ValueError, match=f"a hold's id has 32 bytes, not {size}"):
            make(bytes(size))
    told = msgspec.msgpack.encode({"performative": "start", "hold": bytes(size)})
    with pytest.raises(msgspec.ValidationError, match="a hold's id has 32 bytes"):
        msgspec.msgpack.decode(told, type=Start)


@pytest.mark.parametrize("size", [1, 255, 257])
def test_a_transfer_has_its_size(size: int) -> None:
    """A signed record is absent or whole."""
    with pytest.raises(ValueError, match=f"a transfer has 256 bytes, not {size}"):
        Start(transfer=bytes(size))
