"""Every verdict: its number, its heading in the documents, and rows of records that get it."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ledger_core import CLOCK_SKEW_MAX_US, MICROSECONDS, RECORD, SUPPLY_MAX, Kind, Records, Verdict
from ledger_core.rules import RULES
from tests.unit.ledger_core.world import (
    BALANCE,
    GENESIS,
    GENESIS_ID,
    HISTORY,
    IDS,
    NETWORK,
    NEXT,
    NOW_US,
    PAYEE,
    PAYER,
    SMALL_ORDER,
    START_US,
    STRANGER,
    Snapshot,
    Subject,
    Wish,
    id_of,
)

DOOR = [
    Verdict.RATE_LIMITED,
    Verdict.BUSY,
    Verdict.PAYLOAD_MISMATCH,
    Verdict.PAYLOAD_TOO_LARGE,
]
"""What only a node's door says."""

PAY = Wish(sequence=NEXT, valid_for=1_000)
OPEN = Wish(target=IDS["open"])
ENDED = Wish(target=IDS["ended"])
CLOSED = Wish(target=IDS["closed"])
FORGOTTEN = Wish(target=IDS["forgotten"])


def changed(record: Records, **fields: int) -> Records:
    """Change fields of a record after it was signed."""
    copy = record.copy()
    for name, value in fields.items():
        copy[name] = value
    return copy


def forged(record: Records, byte: int) -> Records:
    """Change one bit of a record's signature."""
    copy = record.copy()
    copy["signature"][byte] ^= 1
    return copy


ROWS: list[tuple[Verdict, str, Records]] = [
    (Verdict.ACCEPTED, "transfer", PAY.transfer()),
    (Verdict.ACCEPTED, "all of it", replace(PAY, amount=BALANCE).transfer()),
    (Verdict.ACCEPTED, "to oneself", replace(PAY, target=PAYER.public_key).transfer()),
    (Verdict.ACCEPTED, "opens an account", replace(PAY, target=STRANGER.public_key).transfer()),
    (Verdict.ACCEPTED, "data", PAY.data()),
    (Verdict.ACCEPTED, "hold", PAY.hold()),
    (Verdict.ACCEPTED, "hold opens", replace(PAY, target=STRANGER.public_key).hold()),
    (Verdict.ACCEPTED, "two parents", replace(PAY, parents=(IDS["open"], GENESIS_ID)).data()),
    (Verdict.ACCEPTED, "settle", replace(OPEN, amount=40).settle()),
    (Verdict.ACCEPTED, "settle all", replace(OPEN, amount=100, sequence=2**64 - 1).settle()),
    (Verdict.ACCEPTED, "settle nothing", replace(OPEN, amount=0).settle()),
    (Verdict.ACCEPTED, "release", replace(OPEN, pair=PAYEE).release()),
    (Verdict.ACCEPTED, "reclaim", ENDED.reclaim()),
    (
        Verdict.ACCEPTED,
        "from the near future",
        replace(PAY, issued_at=NOW_US + CLOCK_SKEW_MAX_US).transfer(),
    ),
    (
        Verdict.ACCEPTED,
        "at the last moment",
        replace(PAY, issued_at=NOW_US - 5 * MICROSECONDS + 1, valid_for=5).transfer(),
    ),
    (Verdict.ALREADY_ACCEPTED, "expired since", HISTORY["payment"]),
    (Verdict.ALREADY_ACCEPTED, "sequence used by it", HISTORY["open"]),
    (Verdict.ALREADY_ACCEPTED, "hold closed by it", HISTORY["release"]),
    (Verdict.ALREADY_ACCEPTED, "hold closed by it and forgotten", HISTORY["old_release"]),
    (Verdict.MALFORMED, "zeros", np.zeros((), RECORD)),
    (Verdict.MALFORMED, "version 0", changed(PAY.transfer(), version=0)),
    (Verdict.MALFORMED, "version 2", changed(PAY.transfer(), version=2)),
    (Verdict.MALFORMED, "kind 7", changed(PAY.transfer(), kind=7)),
    (Verdict.MALFORMED, "kind 255", changed(PAY.transfer(), kind=255)),
    (Verdict.MALFORMED, "genesis again", GENESIS),
    (Verdict.MALFORMED, "genesis kind", changed(PAY.transfer(), kind=Kind.GENESIS)),
    (Verdict.MALFORMED, "transfer of 0", replace(PAY, amount=0).transfer()),
    (Verdict.MALFORMED, "hold of 0", replace(PAY, amount=0).hold()),
    (Verdict.MALFORMED, "over all supplies", replace(PAY, amount=SUPPLY_MAX + 1).transfer()),
    (Verdict.MALFORMED, "largest amount", replace(PAY, amount=2**64 - 1).hold()),
    (Verdict.MALFORMED, "settle too much", replace(OPEN, amount=SUPPLY_MAX + 1).settle()),
    (Verdict.MALFORMED, "data with amount", changed(PAY.data(), amount=1)),
    (Verdict.MALFORMED, "release with amount", changed(OPEN.release(), amount=1)),
    (Verdict.MALFORMED, "reclaim with amount", changed(OPEN.reclaim(), amount=1)),
    (Verdict.MALFORMED, "release with number", changed(OPEN.release(), sequence=1)),
    (Verdict.MALFORMED, "reclaim with number", changed(OPEN.reclaim(), sequence=1)),
    (Verdict.MALFORMED, "valid for nothing", replace(PAY, valid_for=0).transfer()),
    (Verdict.MALFORMED, "same parents", replace(PAY, parents=(IDS["open"],) * 2).transfer()),
    (Verdict.WRONG_NETWORK, "higher", replace(PAY, network=NETWORK + 1).transfer()),
    (Verdict.WRONG_NETWORK, "zero", replace(PAY, network=0).transfer()),
    (
        Verdict.NOT_YET_VALID,
        "one µs too early",
        replace(PAY, issued_at=NOW_US + CLOCK_SKEW_MAX_US + 1).transfer(),
    ),
    (Verdict.NOT_YET_VALID, "end of all time", replace(PAY, issued_at=2**64 - 1).transfer()),
    (
        Verdict.EXPIRED,
        "just now",
        replace(PAY, issued_at=NOW_US - 5 * MICROSECONDS, valid_for=5).transfer(),
    ),
    (Verdict.EXPIRED, "long ago", replace(PAY, issued_at=0, valid_for=1).transfer()),
    (Verdict.BAD_SIGNATURE, "bit of R", forged(PAY.transfer(), 3)),
    (Verdict.BAD_SIGNATURE, "bit of S", forged(PAY.transfer(), 40)),
    (Verdict.BAD_SIGNATURE, "amount raised", changed(PAY.transfer(), amount=2)),
    (Verdict.BAD_SIGNATURE, "zeros", changed(PAY.transfer(), signature=0)),
    (Verdict.UNKNOWN_PARENT, "first", replace(PAY, parents=(bytes(32), GENESIS_ID)).transfer()),
    (Verdict.UNKNOWN_PARENT, "second", replace(PAY, parents=(GENESIS_ID, bytes(32))).transfer()),
    (Verdict.UNKNOWN_ISSUER, "transfer", Wish(pair=STRANGER).transfer()),
    (Verdict.UNKNOWN_ISSUER, "data", Wish(pair=STRANGER, sequence=9).data()),
    (Verdict.UNKNOWN_ISSUER, "release", replace(OPEN, pair=STRANGER).release()),
    (Verdict.SEQUENCE_USED, "by the one before", replace(PAY, sequence=NEXT - 1).transfer()),
    (Verdict.SEQUENCE_USED, "long ago", replace(PAY, sequence=0, amount=BALANCE + 1).hold()),
    (Verdict.SEQUENCE_GAP, "by one", replace(PAY, sequence=NEXT + 1).transfer()),
    (Verdict.SEQUENCE_GAP, "by all", replace(PAY, sequence=2**64 - 1).data()),
    (Verdict.INSUFFICIENT_FUNDS, "by one", replace(PAY, amount=BALANCE + 1).transfer()),
    (Verdict.INSUFFICIENT_FUNDS, "hold", replace(PAY, amount=SUPPLY_MAX).hold()),
    (Verdict.UNKNOWN_HOLD, "no hold", replace(OPEN, target=IDS["payment"]).settle()),
    (Verdict.UNKNOWN_HOLD, "zeros", replace(OPEN, target=bytes(32), pair=PAYEE).release()),
    (Verdict.UNKNOWN_HOLD, "forgotten", FORGOTTEN.settle()),
    (Verdict.WRONG_PARTY, "payee settles", replace(OPEN, pair=PAYEE).settle()),
    (Verdict.WRONG_PARTY, "payer releases", OPEN.release()),
    (Verdict.WRONG_PARTY, "payee reclaims", replace(ENDED, pair=PAYEE).reclaim()),
    (Verdict.WRONG_PARTY, "payer releases closed", CLOSED.release()),
    (Verdict.WRONG_PARTY, "payee settles closed", replace(CLOSED, pair=PAYEE).settle()),
    (Verdict.HOLD_CLOSED, "settle", CLOSED.settle()),
    (Verdict.HOLD_CLOSED, "reclaim", CLOSED.reclaim()),
    (
        Verdict.HOLD_CLOSED,
        "another release",
        replace(CLOSED, valid_for=999, pair=PAYEE).release(),
    ),
    (Verdict.HOLD_EXPIRED, "settle", replace(ENDED, amount=51).settle()),
    (Verdict.HOLD_EXPIRED, "release", replace(ENDED, pair=PAYEE).release()),
    (Verdict.HOLD_NOT_EXPIRED, "reclaim", OPEN.reclaim()),
    (Verdict.EXCEEDS_HOLD, "by one", replace(OPEN, amount=101).settle()),
    (Verdict.EXCEEDS_HOLD, "by all", replace(OPEN, amount=SUPPLY_MAX).settle()),
    (Verdict.INVALID_TARGET, "small order", replace(PAY, target=SMALL_ORDER).transfer()),
    (Verdict.INVALID_TARGET, "zeros", replace(PAY, target=bytes(32)).hold()),
    (Verdict.INVALID_TARGET, "no point", replace(PAY, target=bytes([255]) * 32).transfer()),
]
"""Verdict, what is special about the record, and the record; it comes at NOW_US."""


@pytest.mark.parametrize(
    ("verdict", "record"),
    [pytest.param(verdict, record, id=f"{verdict.name}-{why}") for verdict, why, record in ROWS],
)
def test_record_gets_its_verdict(subject: Subject, verdict: Verdict, record: Records) -> None:
    """Both implementations give the verdict, and a refused record changes nothing."""
    before = Snapshot(subject.view)
    assert subject.apply([record], NOW_US) == [verdict]
    after = Snapshot(subject.view)
    if verdict == Verdict.ACCEPTED:
        assert subject.view.position(id_of(record)) == len(HISTORY) + 1
    else:
        assert after.facts == before.facts
    assert subject.view.balances_total + subject.view.holds_total == subject.view.supply


def test_every_verdict_has_a_row() -> None:
    """Whatever the ledger can say stands in the table above."""
    assert {verdict for verdict, _, _ in ROWS} == set(Verdict) - set(DOOR)


def test_numbers_are_fixed() -> None:
    """Numbers go over the wire: they count from 0 in order of precedence, the door's last."""
    assert [verdict.value for verdict in Verdict] == list(range(23))
    assert [verdict for verdict, _ in RULES] == list(Verdict)[2:-4]
    assert list(Verdict)[-4:] == DOOR


def test_every_verdict_is_documented() -> None:
    """Each verdict has a heading of its own in docs/ledger.md, in the same order."""
    page = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text("utf-8")
    headings = re.findall(r"^### ([A-Z_]+)$", page, re.MULTILINE)
    assert headings == [verdict.name for verdict in Verdict]


WORST = Wish(
    pair=STRANGER,
    network=NETWORK + 1,
    parents=(bytes(32), GENESIS_ID),
    target=SMALL_ORDER,
    amount=0,
    sequence=99,
    issued_at=0,
    valid_for=1,
)
"""A transfer that breaks nearly every rule there is."""

REPAIRS: list[tuple[Verdict, dict[str, object]]] = [
    (Verdict.MALFORMED, {"amount": SUPPLY_MAX}),
    (Verdict.WRONG_NETWORK, {"network": NETWORK}),
    (Verdict.EXPIRED, {"issued_at": NOW_US + CLOCK_SKEW_MAX_US + 1}),
    (Verdict.NOT_YET_VALID, {"issued_at": START_US, "valid_for": 1_000}),
    (Verdict.BAD_SIGNATURE, {}),
    (Verdict.UNKNOWN_PARENT, {"parents": (GENESIS_ID, GENESIS_ID)}),
    (Verdict.UNKNOWN_ISSUER, {"pair": PAYER}),
    (Verdict.SEQUENCE_GAP, {"sequence": NEXT}),
    (Verdict.INSUFFICIENT_FUNDS, {"amount": 1}),
    (Verdict.INVALID_TARGET, {"target": PAYEE.public_key}),
]
"""The verdicts that it gets one after the other, and what repairs the fault."""


def test_first_broken_rule_decides(subject: Subject) -> None:
    """A record with many faults hears of them in order of precedence."""
    wish, forging = WORST, True
    for verdict, repair in REPAIRS:
        record = forged(wish.transfer(), 1) if forging else wish.transfer()
        assert subject.apply([record], NOW_US) == [verdict]
        forging = forging and verdict != Verdict.BAD_SIGNATURE
        wish = replace(wish, **repair)  # type: ignore[arg-type]
    assert subject.apply([wish.transfer()], NOW_US) == [Verdict.ACCEPTED]
