"""APDS (ISO/TS 5206-1): a parking stay as a session with segments.

A segment has one rate: the booked time is one, overstay the next. Each carries the right that was
assigned for it and what was paid. Chunks are not cut: one in which overstay begins belongs to it.
"""

import uuid
from typing import Any

from negotiation import Chunk, Service
from session_records.errors import RecordSettingsError
from session_records.finished import FinishedSession, utc
from session_records.money import Money, share
from session_records.settings import ParkingRecord, RecordSettings

S_PER_MINUTE = 60

CREDENTIAL = "electronicID"
"""How the car identifies itself: by a key, electronically."""

Record = dict[str, Any]
"""An object ready for JSON; numbers are decimals."""


def parking_session(session: FinishedSession, settings: RecordSettings) -> Record:
    """Return a stay as an APDS session.

    Args:
        session: The session.
        settings: What the operator says.

    Raises:
        RecordSettingsError: The settings know nothing of the car park.
    """
    assert session.service is Service.PARK, "a parking session is about parking"
    if settings.parking is None:
        raise RecordSettingsError(
            "the settings know no car park: name it under [parking] with place_id and right_id"
        )
    writer = _Writer(session, settings, settings.parking)
    return {
        "id": str(writer.id),
        "version": 1,
        "actualStart": utc(session.started_at_us),
        "actualEnd": utc(session.ended_at_us),
        "initiator": writer.operator,
        "identifiedCredentials": [writer.credential],
        "segments": writer.segments(),
        "hierachyElement": {  # the name is spelt so in APDS
            "id": settings.parking.place_id,
            "version": settings.parking.version,
            "className": "ParkingPlace",
        },
    }


class _Writer:
    """What all parts of one session's record have in common."""

    def __init__(
        self, session: FinishedSession, settings: RecordSettings, parking: ParkingRecord
    ) -> None:
        self.id = uuid.UUID(bytes=session.dialogue)
        self._session = session
        self._parking = parking
        self._money = Money(settings)
        party = f"{settings.country_code}-{settings.party_id}"
        self.operator: Record = {"id": party, "version": 1, "className": "Organisation"}
        self.credential: Record = {
            "type": CREDENTIAL,
            "identifier": {"className": "TanglewayAccount", "id": session.buyer.hex()},
            "issuer": [{"language": "en", "string": settings.operator}],
        }

    def segments(self) -> list[Record]:
        """Return the booked time, and overstay where there was any."""
        chunks = self._session.bill.chunks
        booked = [each for each in chunks if each.end.idle_s == each.start.idle_s]
        over = [each for each in chunks if each.end.idle_s != each.start.idle_s]
        groups = [group for group in (booked, over) if group]
        credits_left = self._session.credited
        segments = []
        for index, group in enumerate(groups):
            cost = sum(each.cost for each in group)
            back = min(cost, credits_left)
            credits_left -= back
            segments.append(self._segment(index, group, cost=cost, back=back))
        return segments

    def _segment(self, index: int, chunks: list[Chunk], *, cost: int, back: int) -> Record:
        return {
            "id": self._name(f"segment/{index}"),
            "version": 1,
            "actualStart": utc(chunks[0].start.at_us),
            "actualEnd": utc(chunks[-1].end.at_us),
            "assignedRight": self._right(index, chunks, cost=cost, back=back),
            "spaceId": {"className": "Space", "id": self._session.terms.place},
            "validationType": [CREDENTIAL],
            "validationId": self._session.dialogue.hex(),
        }

    def _right(self, index: int, chunks: list[Chunk], *, cost: int, back: int) -> Record:
        """Return the right that was assigned for a segment, and what was paid for it."""
        used = chunks[-1].end.since(chunks[0].start)
        payments = [self._payment(index, "payment", cost, transaction=0, chunks=chunks)]
        if back:
            payments.append(self._payment(index, "credit", -back, transaction=-1, chunks=chunks))
        return {
            "id": self._name(f"right/{index}"),
            "version": 1,
            "rightHolder": {"credentials": [self.credential]},
            "rightSpecification": {
                "id": self._parking.right_id,
                "version": self._parking.version,
                "className": "RightSpecification",
            },
            "expiry": utc(chunks[-1].end.at_us),
            "issueMethod": "electronic",
            "minutesUsed": share(used.time_s + used.idle_s, S_PER_MINUTE),
            "payments": payments,
            "monetaryValue": {
                "taxIncluded": self._money.has_taxes,
                "serviceProvider": self.operator,
                "value": self._value(cost - back),
            },
        }

    def _payment(
        self, index: int, name: str, amount: int, *, transaction: int, chunks: list[Chunk]
    ) -> Record:
        """Return a payment or what was given back of it. [base units]"""
        paid_by = self._session.transactions
        return {
            "id": self._name(f"{name}/{index}"),
            "version": 1,
            "dateCollected": utc(self._session.closed_at_us),
            "startPeriodCovered": utc(chunks[0].start.at_us),
            "endPeriodCovered": utc(chunks[-1].end.at_us),
            "serviceProvider": self.operator,
            "paymentLines": [
                {
                    "id": self._name(f"{name}-line/{index}"),
                    "version": 1,
                    "value": self._value(amount),
                    "paymentType": "payment",
                }
            ],
            **({"transactionID": paid_by[transaction]} if paid_by else {}),
        }

    def _value(self, amount: int) -> Record:
        return {
            "currencyType": self._money.currency,
            "currencyValue": self._money.amount(amount),
        }

    def _name(self, what: str) -> str:
        """Return an id that is the same each time this session is written."""
        return str(uuid.uuid5(self.id, what))
