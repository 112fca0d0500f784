"""Evidence comes from the journals' and the ledger's own files, and is replayed by the rules."""

import asyncio
from pathlib import Path

import pytest

from agent_runtime import Entry, SqlJournal
from ledger_core import Kind, Records, genesis, hold, record_ids, transfer
from ledger_node import NodeInfo
from ledger_node.data_directory import DataDirectory
from ledger_node.local_log import LocalLog
from ledger_node.log import Entry as LogEntry
from negotiation import Memory, Role, Service, State
from scenarios import gathering
from scenarios.cast import Addresses, Cast
from scenarios.demo_keys import demo_key
from scenarios.gathering import Measured, Replay, gather, logged, measured, until_quiet
from scenarios.loading import STORIES, load_story

NOW_US = 1_800_000_000_000_000


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    """Return the cast of the smallest story, with a folder for each agent."""
    story = load_story(STORIES / "one_charge.toml")
    addresses = Addresses.on_ports(20001, 20002, "mqtt://127.0.0.1:20003")
    made = Cast(story, folder=tmp_path, addresses=addresses)
    for agent in made.agents:
        (tmp_path / agent.name).mkdir()
    return made


def founding(cast: Cast) -> Records:
    """Return the record that begins the story's ledger."""
    return genesis(
        demo_key(cast.story, "network"),
        network=1,
        target=cast.treasury.public_key,
        amount=1000,
        issued_at=NOW_US,
    )


async def keep(cast: Cast, *records: Records) -> None:
    """Write a log with these records, a batch for each."""
    with DataDirectory(cast.ledger_data) as directory:
        log = LocalLog(directory.log)
        for position, record in enumerate(records):
            entry = LogEntry(first=position, at_us=NOW_US, records=record.tobytes())
            await log.append(entry)
        log.close()


def payment(cast: Cast, amount: int) -> Records:
    """Return the treasury's first transfer to the vehicle."""
    start = record_ids(founding(cast)).tobytes()
    return transfer(
        cast.treasury,
        network=1,
        parents=(start, start),
        target=cast.key(cast.agents[-1]).public_key,
        amount=amount,
        sequence=0,
        issued_at=NOW_US,
        valid_for=60,
    )


async def test_replay_of_an_honest_log(cast: Cast) -> None:
    """Every record is applied anew, and the sums are those of the rules."""
    await keep(cast, founding(cast), payment(cast, 300))
    replay = Replay(logged(cast.ledger_data))
    assert [record.kind for record in replay.records] == [Kind.GENESIS, Kind.TRANSFER]
    assert (replay.totals.minted, replay.totals.balances, replay.totals.holds) == (1000, 1000, 0)
    assert replay.refused == []
    assert replay.state.balance(cast.key(cast.agents[-1]).public_key) == 300


async def test_replay_finds_a_record_against_the_rules(cast: Cast) -> None:
    """A log that holds what the rules forbid is found out, though its digests are right."""
    forged = payment(cast, 1001)
    await keep(cast, founding(cast), forged)
    assert Replay(logged(cast.ledger_data)).refused == [record_ids(forged).tobytes().hex()]


async def test_open_holds_have_a_payer(cast: Cast) -> None:
    """A hold that nobody closed is found with its payer and amount."""
    first = payment(cast, 300)
    ids = [record_ids(record).tobytes() for record in (founding(cast), first)]
    held = hold(
        cast.treasury,
        network=1,
        parents=(ids[0], ids[1]),
        target=cast.key(cast.agents[0]).public_key,
        amount=50,
        sequence=1,
        issued_at=NOW_US,
        valid_for=60,
        digest=bytes(32),
    )
    await keep(cast, founding(cast), first, held)
    [found] = Replay(logged(cast.ledger_data)).open_holds()
    assert (found.payer, found.amount) == (cast.treasury.public_key.hex(), 50)


def entry(cast: Cast, *, ended: bool = True, **more: object) -> Entry:
    """Return the seller's line of a settled charge."""
    buyer = cast.key(cast.agents[-1]).public_key
    memory = Memory(
        role=Role.SELLER,
        dialogue=b"d" * 16,
        partner=buyer,
        service=Service.CHARGE,
        network=1,
        state=State.SETTLED,
    )
    fields: dict[str, object] = {
        "dialogue": memory.dialogue.hex(),
        "role": "seller",
        "service": "charge",
        "partner": buyer.hex(),
        "state": "settled" if ended else "delivering",
        "ended": ended,
        "agreed": {"slice_amount": 7},
        "unit": "Wh",
        "quantity": 5,
        "billed": 9,
        "paid": 9,
        "transactions": ("aa",),
        "latency_us": {"settle": 1500},
        "snapshot": memory.encode(),
        "opened_at_us": NOW_US,
        "changed_at_us": NOW_US,
    }
    return Entry(**(fields | more))  # type: ignore[arg-type]  # a test's own table


async def journal(cast: Cast, line: Entry) -> None:
    """Keep a line in the first seller's journal."""
    opened = await SqlJournal.open(cast.journal(cast.agents[0]))
    await opened.save(line)
    await opened.close()


async def test_gather(cast: Cast) -> None:
    """Sides, accounts and sums come from where they belong; a missing journal has no dialogue."""
    await keep(cast, founding(cast), payment(cast, 300))
    await journal(cast, entry(cast))
    info = NodeInfo(
        network="one-charge",
        network_number=1,
        genesis_id=bytes(32),
        size=2,
        supply=1000,
        balances=990,
        holds=10,
        at_us=NOW_US,
        publish="",
    )
    evidence, figures = gather(cast, info, frozenset({"x"}))
    [side] = evidence.sides
    assert (side.agent, side.role, side.state) == ("mill-charger", Role.SELLER, State.SETTLED)
    assert (side.slice_amount, side.quantity, side.paid) == (7, 5, 9)
    assert [account.balance for account in evidence.accounts] == [0, 0, 300]
    assert (evidence.told.balances, evidence.replayed.balances) == (990, 1000)
    assert evidence.heard == {"x"}
    assert (figures.toll_us, figures.settle_us) == ((), (1500,))


def test_each_measurement_counts_once(cast: Cast) -> None:
    """Both sides may measure; the seller's figure is taken."""
    toll = entry(cast, service="toll", latency_us={"toll": 20})
    charge = entry(cast, latency_us={"toll": 50, "settle": 40})
    buyer = entry(cast, role="buyer", service="toll", latency_us={"toll": 30})
    assert measured([toll, charge, buyer]) == Measured(toll_us=(20,), settle_us=(40,))


async def test_quiet_when_all_dialogues_have_ended(cast: Cast) -> None:
    """Nobody waits for a seller whose dialogues have ended, or who never had one."""
    await journal(cast, entry(cast))
    await until_quiet(cast)


async def test_waits_for_an_open_dialogue(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seller may finish what is open, but not for ever."""
    monkeypatch.setattr(gathering, "LOOK_AGAIN_S", 0.01)
    await journal(cast, entry(cast, ended=False))
    waiting = asyncio.create_task(until_quiet(cast))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    await journal(cast, entry(cast))
    await waiting
    monkeypatch.setattr(gathering, "QUIET_S", 0.05)
    await journal(cast, entry(cast, ended=False))
    await until_quiet(cast)
