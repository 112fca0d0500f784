"""What comes after a session has ended: its receipt is fetched and kept, old journal lines go.

All of it happens behind the sessions and never delays a customer. The journal knows which sessions
still lack their receipt, so a restart forgets none; a receipt that is not to be had yet is asked
for again, less and less often. One that the node says it has no more is recorded as gone.
"""

import asyncio
import contextlib
from enum import StrEnum

import msgspec

from agent_runtime.clock import physics_s
from agent_runtime.journal import RECEIPT_NOTE
from agent_runtime.runtime import Runtime
from ledger_core import (
    CheckFailedError,
    Kind,
    Receipt,
    RefusedError,
    UnavailableError,
    parse_records,
)
from negotiation import (
    Memory,
    Performative,
    SessionReceipt,
    SessionReceiptError,
    SignedValue,
    State,
    verify_session_receipt,
)

SIGNED_NOTE = "signed/"
"""Beginning of the name of the note on what a session's meter has signed; the dialogue's id
follows. It goes when the receipt is kept or can not be had."""

FIRST_LOOK_S = 0.2
"""When the first receipt is asked for: the log has signed a checkpoint by then. [real s]"""

BACK_OFF = 2.0
"""How much longer each pause between two questions is than the one before it."""

LONGEST_PAUSE_S = 300.0
"""Validators that are away for a day are asked for some three hundred times. [real s]"""

DUE_MAX = 10_000
"""Sessions that wait for their receipt at one time; what is beyond is taken up at the next start,
from the journal."""

FORGET_EVERY = 100
"""Ended dialogues between two looks for old ones in the journal."""

PROVEN_ENDS = frozenset({State.SETTLED, State.RELEASED, State.RECLAIMED})
"""Ends that a transaction on the ledger has brought about."""

WORDS = frozenset(
    {Performative.PROPOSE, Performative.ACCEPT, Performative.CONFIRM, Performative.METER}
)
"""Messages that a receipt may carry."""


class ReceiptState(StrEnum):
    """What became of a session's receipt."""

    DUE = "due"
    """It is still to be fetched."""
    KEPT = "kept"
    """It is in the agent's folder."""
    GONE = "gone"
    """It can not be had any more; the reason is told."""


class Finality(StrEnum):
    """How firmly a payment stands."""

    DURABLE = "durable"
    """The node has it on its disk."""
    FINAL = "final"
    """The quorum of the agent's policy stands over it."""


class ReceiptNote(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal notes about a session's receipt."""

    state: ReceiptState
    """What became of it."""
    finality: Finality = Finality.DURABLE
    """How firmly the payment stands."""
    reason: str = ""
    """Why there is no receipt, or why the payment is not final, one sentence."""

    def encode(self) -> bytes:
        """Return the note as the journal keeps it."""
        return msgspec.json.encode(self)


def receipt_notes(memory: Memory, *, is_final: bool, reason: str) -> dict[str, bytes]:
    """Return the note that a dialogue leaves when it ends; none where there is nothing to prove.

    Args:
        memory: The dialogue, which has ended.
        is_final: Whether its payment is known to be final.
        reason: Why it is not, where that was waited for.
    """
    if memory.state not in PROVEN_ENDS or not memory.transactions:
        return {}
    finality = Finality.FINAL if is_final else Finality.DURABLE
    note = ReceiptNote(state=ReceiptState.DUE, finality=finality, reason=reason)
    return {RECEIPT_NOTE + memory.dialogue.hex(): note.encode()}


def signed_notes(memory: Memory, signed: tuple[SignedValue, ...]) -> dict[str, bytes]:
    """Return the note of what the meter has signed; none where it has signed nothing.

    Args:
        memory: The dialogue.
        signed: What the meter has signed.
    """
    name = SIGNED_NOTE + memory.dialogue.hex()
    return {name: msgspec.json.encode(signed)} if signed else {}


class _Due(msgspec.Struct):
    """A session that lacks its receipt."""

    at_s: float
    """When to ask for it, by physics. [real s]"""
    pause_s: float = FIRST_LOOK_S
    """How long to wait after that. [real s]"""


class Aftercare:
    """Look after the ended sessions of one agent.

    Args:
        runtime: The ports of the agent.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._due: dict[str, _Due] = {}
        self._news = asyncio.Event()
        self._ended = 0

    async def run(self) -> None:
        """Take up what the journal knows to be due, then look after sessions until cancelled.

        Raises:
            JournalUnavailableError: The journal can not be written.
            JournalDamagedError: The journal is not what was written.
        """
        for name, value in (await self._runtime.journal.notes(RECEIPT_NOTE)).items():
            if msgspec.json.decode(value, type=ReceiptNote).state is ReceiptState.DUE:
                self._add(name.removeprefix(RECEIPT_NOTE))
        await self._forget_old()
        while True:
            await self._wait()
            now_s = physics_s(self._runtime.clock)
            for dialogue in [each for each, due in self._due.items() if due.at_s <= now_s]:
                await self._look(dialogue)
            if self._ended >= FORGET_EVERY:
                await self._forget_old()

    def take_on(self, memory: Memory) -> None:
        """Look after a session that has ended."""
        self._ended += 1
        if memory.state in PROVEN_ENDS and memory.transactions:
            self._add(memory.dialogue.hex())

    async def until_done(self, within_s: float) -> None:
        """Wait until no receipt is due, but not longer than `within_s`. [real s]"""
        clock = self._runtime.clock
        until_s = physics_s(clock) + within_s
        while self._due and physics_s(clock) < until_s:
            await clock.sleep(FIRST_LOOK_S)

    def _add(self, dialogue: str) -> None:
        if len(self._due) < DUE_MAX:
            self._due[dialogue] = _Due(physics_s(self._runtime.clock) + FIRST_LOOK_S)
            self._news.set()

    async def _wait(self) -> None:
        """Wait until a receipt is to be asked for, or another session has ended."""
        self._news.clear()
        if not self._due:
            await self._news.wait()
            return
        next_s = min(due.at_s for due in self._due.values())
        wait_s = next_s - physics_s(self._runtime.clock)
        if wait_s > 0:
            with contextlib.suppress(TimeoutError):
                async with self._runtime.clock.timeout(wait_s):
                    await self._news.wait()

    async def _look(self, dialogue: str) -> None:
        """Ask for the receipt of one session, and keep it."""
        try:
            await self._fetch(dialogue)
        except (RefusedError, SessionReceiptError) as error:
            await self._settle(dialogue, ReceiptState.GONE, str(error))
        except (UnavailableError, CheckFailedError) as error:
            self._later(dialogue, error)
        else:
            await self._settle(dialogue, ReceiptState.KEPT)

    async def _fetch(self, dialogue: str) -> None:
        runtime = self._runtime
        entry = await runtime.journal.session(dialogue)
        if entry is None:
            raise SessionReceiptError("the journal has forgotten the session")
        memory = Memory.decode(entry.snapshot)
        said = await runtime.journal.messages(dialogue)
        assert memory.terms is not None, "what was paid was agreed on"
        content = SessionReceipt.of(
            (each.frame for each in said if each.performative in WORDS),
            terms=memory.terms,
            ledger=await self._closing_receipt(memory.transactions[-1]),
            signed_meter=await self._signed(dialogue),
        ).encode()
        verify_session_receipt(content, runtime.proofs.policy)
        await runtime.receipts.keep(f"{dialogue}.json", content)

    async def _closing_receipt(self, transaction: bytes) -> Receipt:
        """Return the receipt of what closed a session; of a hold only its opening may be known."""
        receipt = await self._runtime.proofs.receipt(transaction)
        if parse_records(receipt.record)[0]["kind"] != Kind.HOLD:
            return receipt
        status = await self._runtime.ledger.hold(transaction)
        if status is None or status.closed_by is None:
            raise UnavailableError("the node does not show what closed the hold; ask again later")
        return await self._runtime.proofs.receipt(status.closed_by)

    async def _signed(self, dialogue: str) -> tuple[SignedValue, ...]:
        notes = await self._runtime.journal.notes(SIGNED_NOTE + dialogue)
        found = [msgspec.json.decode(each, type=tuple[SignedValue, ...]) for each in notes.values()]
        return found[0] if found else ()

    async def _settle(self, dialogue: str, state: ReceiptState, reason: str = "") -> None:
        """Note what became of a receipt, and tell whoever watches."""
        finality = Finality.FINAL if state is ReceiptState.KEPT else await self._finality(dialogue)
        note = ReceiptNote(state=state, finality=finality, reason=reason)
        await self._runtime.journal.note(RECEIPT_NOTE + dialogue, note.encode())
        await self._runtime.journal.note(SIGNED_NOTE + dialogue, None)
        del self._due[dialogue]
        told = msgspec.to_builtins(note)
        self._runtime.log.info("receipt", dialogue=dialogue[:8], **told)
        self._runtime.telemetry.publish("receipt", dialogue=dialogue, **told)

    async def _finality(self, dialogue: str) -> Finality:
        """Return how firmly a payment stood when its session ended."""
        notes = await self._runtime.journal.notes(RECEIPT_NOTE + dialogue)
        known = [msgspec.json.decode(value, type=ReceiptNote) for value in notes.values()]
        return known[0].finality if known else Finality.DURABLE

    def _later(self, dialogue: str, error: Exception) -> None:
        due = self._due[dialogue]
        self._runtime.log.info("no receipt yet", dialogue=dialogue[:8], reason=str(error))
        due.at_s = physics_s(self._runtime.clock) + due.pause_s
        due.pause_s = min(LONGEST_PAUSE_S, due.pause_s * BACK_OFF)

    async def _forget_old(self) -> None:
        """Let go of the journal's oldest dialogues; receipts that were kept stay."""
        self._ended = 0
        kept_max = self._runtime.settings.dialogues_kept
        gone = await self._runtime.journal.forget(kept_max=kept_max, spared=self._due)
        if gone:
            self._runtime.log.info("old dialogues are forgotten", count=gone)
