"""Faults planted on purpose: simulations have to find them, or they could find nothing else.

Nothing in the product's settings leads here. A plant swaps a method of the product for one with a
typical mistake, for as long as a world is played.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from agent_runtime import LedgerChecks
from ledger_core import RefusedError
from negotiation import (
    Command,
    Delivery,
    Dialogue,
    Envelope,
    Instant,
    Role,
    SellerDialogue,
    Start,
    State,
    Submit,
    Voucher,
)

__all__ = ["Plant", "planted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Faults planted on purpose."""

    forgets_sync: bool = False
    """Journals say "synced" before they have."""
    repeats_start: bool = False
    """A seller takes a repeated start for another one, and begins to deliver anew."""
    forgets_deadline: bool = False
    """A seller waits for ever for an answer to its offer."""
    submits_second_best: bool = False
    """A seller submits the voucher before its best one."""
    never_reclaims: bool = False
    """A buyer gives up what is left in a hold that has expired."""


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """Let the product make mistakes within a block."""
    with ExitStack() as stack:
        if plant.repeats_start:
            stack.enter_context(_swapped(SellerDialogue, "hear", _hear_start_again))
        if plant.forgets_deadline:
            stack.enter_context(_swapped(Dialogue, "wake_at_us", _wait_for_ever))
        if plant.submits_second_best:
            stack.enter_context(_swapped(Delivery, "_vouched", _keep_second_best))
            stack.enter_context(_swapped(Delivery, "_collect", _collect_second_best))
        if plant.never_reclaims:
            stack.enter_context(_swapped(LedgerChecks, "_reclaim", _reclaim_nothing))
        yield


@contextmanager
def _swapped(owner: type, name: str, make: Callable[[Any], object]) -> Iterator[None]:
    """Put what `make` makes of an attribute into its place."""
    is_own = name in vars(owner)
    before = getattr(owner, name)
    setattr(owner, name, make(before))
    try:
        yield
    finally:
        if is_own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


def _hear_start_again(hear: Callable[..., list[Command]]) -> Callable[..., list[Command]]:
    def mistaken(self: SellerDialogue, envelope: Envelope, now: Instant) -> list[Command]:
        memory = self.memory
        is_old = envelope.number <= memory.heard and envelope.sender == memory.partner
        if is_old and isinstance(envelope.body, Start) and memory.state is State.DELIVERING:
            memory.state, memory.heard = State.CONFIRMED, envelope.number - 1
        return hear(self, envelope, now)

    return mistaken


def _wait_for_ever(wake_at_us: property) -> property:
    def mistaken(self: Dialogue) -> int:
        memory = self.memory
        if memory.role is Role.SELLER and memory.state is State.OFFERED:
            return memory.resend_at_us
        found = wake_at_us.fget(self) if wake_at_us.fget is not None else 0
        return int(found)

    return property(mistaken)


_SECOND_BEST: dict[bytes, bytes] = {}
"""The voucher before the best one, by dialogue."""


def _keep_second_best(vouched: Callable[..., list[Command]]) -> Callable[..., list[Command]]:
    def mistaken(self: Delivery, voucher: Voucher, now: Instant) -> list[Command]:
        if self.memory.voucher and self.memory.voucher != voucher.record:
            _SECOND_BEST[self.memory.dialogue] = self.memory.voucher
        return vouched(self, voucher, now)

    return mistaken


def _collect_second_best(collect: Callable[..., list[Command]]) -> Callable[..., list[Command]]:
    def mistaken(self: Delivery) -> list[Command]:
        commands = collect(self)
        second_best = _SECOND_BEST.get(self.memory.dialogue, b"")
        return [
            Submit(record=second_best) if second_best and isinstance(each, Submit) else each
            for each in commands
        ]

    return mistaken


def _reclaim_nothing(_reclaim: object) -> Callable[..., object]:
    async def mistaken(_self: LedgerChecks, _hold: bytes) -> bool:
        raise RefusedError("a mistake that was planted: nobody reclaims")

    return mistaken
