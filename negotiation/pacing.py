"""How far a seller may go: what is delivered and not vouched for, and what comes next.

A seller delivers before it is paid, but never more than one slice. It sees its meter only now and
then, so it looks ahead: what may be delivered by the next reading at rated power counts as if it
were delivered already. These are pure questions about a seller's memory.
"""

from negotiation.bill import CHUNKS_MAX
from negotiation.memory import US_PER_S, Instant, Memory
from negotiation.readings import Reading
from negotiation.stop_reasons import StopReason
from negotiation.tariff import S_PER_HOUR, Usage
from negotiation.terms import Service, Terms

METER_EVERY_S = 10
"""A chunk is sent at least this often, also when it costs nothing: three times in the patience of a
buyer, to which silence looks like a lost link. [real s]"""

SLICE_PART = 2
"""A chunk is sent when half a slice is unpaid, so that delivery need not pause for the voucher."""

LOOK_AHEAD = 2
"""The next reading is expected after at most so many times the latest interval: busy machines are
late."""

STOP_BEFORE_S = 30
"""Delivery ends this long before its hold does: time for the last reading and the last voucher.
[real s]"""

COLLECT_BEFORE_S = 10
"""The best voucher is submitted at least this long before its hold ends. [real s]"""


def note_reading(memory: Memory, terms: Terms, reading: Reading) -> None:
    """Take a reading into the seller's memory."""
    memory.first = memory.first or reading
    before = memory.latest or reading
    memory.latest = reading
    used = reading.since(memory.first)
    memory.delivered = terms.tariff.cost(used)
    memory.ahead = terms.tariff.cost(_by_the_next_reading(terms, used, reading.since(before)))
    memory.unpaid_max = max(memory.unpaid_max, unpaid(memory))
    assert memory.ahead >= memory.delivered, "more usage never costs less"


def unpaid(memory: Memory) -> int:
    """Return what is delivered and not vouched for. [base units]"""
    return max(0, memory.delivered - memory.vouched_amount)


def must_wait(memory: Memory, terms: Terms) -> bool:
    """Tell whether going on could bring more than a slice into the open.

    With everything paid, delivery goes on even where one reading costs more than a slice: otherwise
    it would never begin.
    """
    return unpaid(memory) > 0 and memory.ahead - memory.vouched_amount > terms.slice_amount


def is_in_flight(memory: Memory) -> bool:
    """Tell whether a chunk is sent and not vouched for: the next one waits for its voucher."""
    return len(memory.bill.chunks) > memory.vouched


def is_chunk_due(memory: Memory, terms: Terms, now: Instant) -> bool:
    """Tell whether it is time to send a chunk."""
    if is_in_flight(memory) or _is_full(memory):
        return False
    is_silent = now.at_us >= memory.metered_at_us + METER_EVERY_S * US_PER_S
    is_enough = unpaid(memory) * SLICE_PART >= terms.slice_amount
    return not memory.bill.chunks or is_silent or is_enough or must_wait(memory, terms)


def why_stop(memory: Memory, terms: Terms, now: Instant) -> tuple[StopReason, str] | None:
    """Return for what the seller ends the delivery, in a word and a sentence, or None."""
    assert memory.first is not None, "a reading came first"
    assert memory.latest is not None, "a reading came first"
    used, limits = memory.latest.since(memory.first), terms.limits
    if limits.energy_wh_max and used.energy_wh >= limits.energy_wh_max:
        return StopReason.ENERGY, "the agreed energy is delivered"
    if limits.time_s_max and used.time_s > limits.time_s_max:
        return StopReason.TIME, "the agreed time is over"
    if memory.ahead > limits.amount_max:
        return StopReason.CREDIT, "the agreed amount is reached"
    if _is_full(memory):
        return StopReason.TIME, "the bill is full"
    if now.at_us >= stop_at_us(memory):
        return StopReason.CREDIT, "the hold ends soon"
    return None


def stop_at_us(memory: Memory) -> int:
    """Return when delivery ends in any case. [µs since the Unix epoch]"""
    assert memory.hold_until_us, "a delivery follows a hold"
    return memory.hold_until_us - STOP_BEFORE_S * US_PER_S


def collect_at_us(memory: Memory) -> int:
    """Return when the best voucher is submitted in any case. [µs since the Unix epoch]"""
    assert memory.hold_until_us, "a delivery follows a hold"
    return memory.hold_until_us - COLLECT_BEFORE_S * US_PER_S


def _is_full(memory: Memory) -> bool:
    """Tell whether the bill has room for the final chunk alone."""
    return len(memory.bill.chunks) >= CHUNKS_MAX - 1


def _by_the_next_reading(terms: Terms, used: Usage, step: Usage) -> Usage:
    """Return what may be used by the next reading, given the step to the latest one.

    Idle time, which is dearer, may begin meanwhile: both then begin a billing step of their own.
    """
    ahead_s = LOOK_AHEAD * (step.time_s + step.idle_s)
    time_s = ahead_s if step.time_s or not step.idle_s else 0
    energy_wh = -(-terms.limits.power_w_max * ahead_s // S_PER_HOUR)
    return Usage(
        energy_wh=used.energy_wh + energy_wh,
        time_s=used.time_s + time_s,
        idle_s=used.idle_s + (ahead_s if _may_be_idle(terms, used.time_s + time_s) else 0),
        reserved_s=used.reserved_s,
    )


def _may_be_idle(terms: Terms, time_s: int) -> bool:
    """Tell whether idle time may have begun by then: of a stay, once what was booked is over."""
    return terms.service is not Service.PARK or time_s >= terms.limits.time_s_max
