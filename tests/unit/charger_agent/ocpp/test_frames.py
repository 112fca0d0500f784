"""What a text of a peer means, and what garbage is answered with."""

from decimal import Decimal

import pytest

from charger_agent.drivers.ocpp.dialects import OCPP16, OCPP201, Fault
from charger_agent.drivers.ocpp.frames import (
    DEPTH_MAX,
    Call,
    Refusal,
    Result,
    as_decimals,
    call_frame,
    error_frame,
    parse,
    result_frame,
)
from charger_agent.errors import CallRefusedError

UNREADABLE = [
    "",
    "hello",
    "{",
    "[]",
    "{}",
    "null",
    '"2"',
    '["2","a","Heartbeat",{}]',
    "[2]",
    "[null]",
    '[2,17,"Heartbeat",{}]',
    '[2,"","Heartbeat",{}]',
    '[2,null,"Heartbeat",{}]',
    '[2,["a"],"Heartbeat",{}]',
    '[2,"a","Heartbeat",{"x":NaN}]',
    '[2,"a","Heartbeat",{"x":Infinity}]',
    '[2,"a","Heartbeat",{"x":1e400}]',
    '[2,"a","Heartbeat",{"x":99999999999999999999}]',
    '[2,"a","Heartbeat",{"x":' + "9" * 5_000 + "}]",
    '[2,"a","Heartbeat",{"x":"\\ud800"}]',
    '[2,"\\udc00","Heartbeat",{}]',
    '[2,"a","Heartbeat",{"x":' + "[" * DEPTH_MAX + "]" * DEPTH_MAX + "}]",
    "[" * 100_000,
    '[2,"a","Heartbeat",{}]]',
    '[2,"a","Heartbeat",{}',
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_garbage_is_answered_under_no_id(text: str) -> None:
    """Nobody can say which message it was, so the answer's id is -1."""
    with pytest.raises(CallRefusedError) as refused:
        parse(text)
    assert (refused.value.fault, refused.value.message) == (Fault.UNREADABLE, "-1")


def test_binary_frames_are_refused() -> None:
    """OCPP over JSON is text."""
    with pytest.raises(CallRefusedError, match="binary"):
        parse(b'[2,"a","Heartbeat",{}]')


@pytest.mark.parametrize(
    "text",
    [
        '[2,"a"]',
        '[2,"a","Heartbeat"]',
        '[2,"a","Heartbeat",[]]',
        '[2,"a","Heartbeat",null]',
        '[2,"a",5,{}]',
        '[2,"a","Heartbeat",{},{}]',
    ],
)
def test_a_call_of_another_shape_is_answered_under_its_id(text: str) -> None:
    """The peer learns which message was wrong."""
    with pytest.raises(CallRefusedError) as refused:
        parse(text)
    assert (refused.value.fault, refused.value.message) == (Fault.MALFORMED, "a")


@pytest.mark.parametrize(("length", "answered"), [(37, 37), (255, 255), (256, 2)])
def test_a_long_id_is_refused(length: int, answered: int) -> None:
    """Under its own id as far as that is no burden."""
    with pytest.raises(CallRefusedError) as refused:
        parse(f'[2,"{"i" * length}","Heartbeat",{{}}]')
    assert len(refused.value.message) == answered


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('[2,"a","Heartbeat",{}]', Call("a", "Heartbeat", {})),
        (f'[2,"{"i" * 36}","Heartbeat",{{}}]', Call("i" * 36, "Heartbeat", {})),
        ('[2,"a","X",{"limit":21.4}]', Call("a", "X", {"limit": Decimal("21.4")})),
        ('[3,"a",{"status":"Accepted"}]', Result("a", {"status": "Accepted"})),
        ('[3,"a",7]', Refusal("a", "", "the answer is not an object")),
        ('[4,"a","GenericError","no",{}]', Refusal("a", "GenericError", "no")),
        ('[4,"a"]', Refusal("a", "", "")),
        ("[3,1,{}]", None),
        ("[4]", None),
    ],
)
def test_what_frames_mean(text: str, meaning: object) -> None:
    """Calls, answers, refusals, and what is to be ignored."""
    assert parse(text) == meaning


def test_frames_are_read_as_they_were_written() -> None:
    """Without white space, fractions as they are."""
    text = call_frame("1", "SetChargingProfile", {"limit": Decimal("21.4"), "on": True})
    assert text == '[2,"1","SetChargingProfile",{"limit":21.4,"on":true}]'
    assert parse(text) == Call("1", "SetChargingProfile", {"limit": Decimal("21.4"), "on": True})
    assert parse(result_frame("1", {"a": None})) == Result("1", {"a": None})
    assert parse(error_frame("1", "InternalError", "x" * 300)) == Refusal(
        "1", "InternalError", "x" * 255
    )
    assert as_decimals({"limit": 0.1}) == {"limit": Decimal("0.1")}


def test_each_version_has_a_name_for_each_fault() -> None:
    """1.6 and 2.0.1 spell some of them differently."""
    assert set(OCPP16.codes) | {Fault.KIND} == set(OCPP201.codes) == set(Fault)
    assert OCPP16.codes[Fault.MISSING] == "OccurenceConstraintViolation"
    assert OCPP201.codes[Fault.MISSING] == "OccurrenceConstraintViolation"
    assert {"Heartbeat", "RemoteStartTransaction"} <= OCPP16.actions
    assert {"TransactionEvent", "CostUpdated"} <= OCPP201.actions


@pytest.mark.parametrize(
    ("text", "answered"), [('[5,"a","later",{}]', "a"), ("[0]", "-1"), ("[-2,7]", "-1")]
)
def test_other_kinds_are_told_apart(text: str, answered: str) -> None:
    """Whether they are answered or ignored, the version decides."""
    with pytest.raises(CallRefusedError) as refused:
        parse(text)
    assert (refused.value.fault, refused.value.message) == (Fault.KIND, answered)
    assert Fault.KIND not in OCPP16.codes
    assert OCPP201.codes[Fault.KIND] == "MessageTypeNotSupported"
