"""A stay is written as APDS has it: one segment for each rate, with what was paid for it."""

from typing import Any

import jsonschema
import msgspec
import pytest

from negotiation import Service
from session_records import RecordSettingsError, parking_session
from tests.unit.session_records.shapes import PARKING_SESSION
from tests.unit.session_records.sold import PARKED, SETTINGS, as_json, sold


def written(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (fields of a session)
    """Return a stay as its reader sees it, its shape checked."""
    record = as_json(parking_session(sold(Service.PARK, PARKED, **changes), SETTINGS))
    jsonschema.validate(record, PARKING_SESSION)
    found: dict[str, Any] = record
    return found


def values(record: dict[str, Any]) -> list[list[float]]:
    """Return what was paid and given back in each segment."""
    return [
        [
            payment["paymentLines"][0]["value"]["currencyValue"]
            for payment in segment["assignedRight"]["payments"]
        ]
        for segment in record["segments"]
    ]


def test_overstay_is_a_segment_of_its_own() -> None:
    """Another rate begins when the booked time is over."""
    record = written()
    times = [(each["actualStart"], each["actualEnd"]) for each in record["segments"]]
    assert times == [
        ("2027-01-01T09:00:00Z", "2027-01-01T10:00:00Z"),
        ("2027-01-01T10:00:00Z", "2027-01-01T10:10:00Z"),
    ]
    assert [each["assignedRight"]["minutesUsed"] for each in record["segments"]] == [60, 10]
    assert values(record) == [[0.75], [0.1667]]
    assert record["segments"][0]["assignedRight"]["payments"][0]["transactionID"] == "ab" * 32


def test_a_stay_within_its_time_has_one_segment() -> None:
    """Nothing is made up."""
    record = as_json(parking_session(sold(Service.PARK, PARKED[:3]), SETTINGS))
    assert len(record["segments"]) == 1
    assert record["actualEnd"] == "2027-01-01T10:00:00Z"


def test_a_credit_is_a_payment_back() -> None:
    """It is taken from the segments in order, and never more than was paid for one."""
    record = written(credited=1_700_000, transactions=("ab" * 32, "cd" * 32))
    assert values(record) == [[0.75, -0.75], [0.1667, -0.1]]
    assert record["segments"][1]["assignedRight"]["payments"][1]["transactionID"] == "cd" * 32


def test_ids_stay_the_same() -> None:
    """Writing a session again gives the same ids, all of them different."""
    record = written()
    assert record == written()
    ids = [record["id"]]
    for segment in record["segments"]:
        right = segment["assignedRight"]
        ids += [segment["id"], right["id"], *(each["id"] for each in right["payments"])]
    assert len(set(ids)) == len(ids)


def test_an_unknown_car_park_is_named() -> None:
    """Without its place nobody knows where the car stood."""
    with pytest.raises(RecordSettingsError, match="know no car park"):
        parking_session(sold(Service.PARK, PARKED), msgspec.structs.replace(SETTINGS, parking=None))
