"""A charger's bill, told differently; and what a liar makes of it when it is believed.

The charger inside bills what it gives. On the way out every chunk is told anew, the same way each
time it is sent; a voucher over more than the true bill is handed in at once.
"""

import asyncio
from collections.abc import Callable

import msgspec

from agent_runtime import Runtime
from charger_agent import ChargerSettings
from charger_agent.agent import ChargerAgent
from ledger_core import UnavailableError, parse_records
from negotiation import Body, Chunk, Envelope, Meter, Propose, Terms, Voucher
from scenarios.adversaries.tampering import tampered

Tell = Callable[[Terms, Chunk, Chunk], Chunk]
"""Returns what is told instead of a chunk, given the terms and the first chunk of the bill."""


class FalseMeter:
    """A charger that tells other bills than its meter.

    Args:
        settings: The site.
        runtime: The ports of the agent.
        tell: What it tells instead of each chunk.
    """

    def __init__(self, settings: ChargerSettings, runtime: Runtime, tell: Tell) -> None:
        self._runtime = runtime
        self._tell = tell
        self._terms: dict[bytes, Terms] = {}
        self._told: dict[bytes, dict[int, Chunk]] = {}
        self._first: dict[bytes, Chunk] = {}
        self._true: dict[bytes, int] = {}
        self._cashing: set[asyncio.Task[None]] = set()
        self._agent = ChargerAgent(settings, tampered(runtime, self._say, hear=self._hear))

    async def run(self) -> None:
        """Sell until cancelled."""
        try:
            await self._agent.run()
        finally:
            for task in self._cashing:
                task.cancel()
            await asyncio.gather(*self._cashing, return_exceptions=True)

    def _say(self, envelope: Envelope) -> Body:
        """Tell bills anew; all else stays as it is."""
        match envelope.body:
            case Propose(terms=terms):
                self._terms[envelope.dialogue] = terms
            case Meter() if envelope.dialogue in self._terms:
                return self._bill(envelope.dialogue, envelope.body)
        return envelope.body

    def _bill(self, dialogue: bytes, meter: Meter) -> Meter:
        told = self._told.setdefault(dialogue, {})
        terms = self._terms[dialogue]
        for index, chunk in enumerate(meter.chunks, start=meter.index):
            first = self._first.setdefault(dialogue, chunk)
            told.setdefault(index, self._tell(terms, first, chunk))
        self._true[dialogue] = meter.total
        end = meter.index + len(meter.chunks)
        return msgspec.structs.replace(
            meter,
            chunks=tuple(told[index] for index in range(meter.index, end)),
            total=sum(told[index].cost for index in range(end)),
        )

    def _hear(self, envelope: Envelope) -> None:
        """Hand in a voucher at once that pays more than was due."""
        match envelope.body:
            case Voucher(record=record) if envelope.dialogue in self._true and len(record):
                paid = int(parse_records(record)[0]["amount"])
                if paid > self._true[envelope.dialogue]:
                    task = asyncio.create_task(self._cash(record))
                    self._cashing.add(task)
                    task.add_done_callback(self._cashing.discard)

    async def _cash(self, record: bytes) -> None:
        with_luck = parse_records(record)
        try:
            await self._runtime.ledger.submit(with_luck)
        except UnavailableError as error:
            self._runtime.log.info("no luck", reason=str(error))


def costing(chunk: Chunk, cost: int) -> Chunk:
    """Return a chunk at another cost.

    Args:
        chunk: The true one.
        cost: What it is said to cost. [base units]
    """
    return msgspec.structs.replace(chunk, cost=cost)
