"""A charging session is written as OCPI 2.3.0 has it, and corrected by credit CDRs alone."""

from typing import Any

import jsonschema
import msgspec
import pytest

from negotiation import Element, ElementKind, SignedValue, Tariff
from session_records import RecordSettings, RecordSettingsError, charge_records
from tests.unit.session_records.shapes import CDR
from tests.unit.session_records.sold import CHARGED, SETTINGS, as_json, reading, sold

FREE = msgspec.structs.replace(SETTINGS, taxes=())


def written(
    settings: RecordSettings = FREE,
    **changes: Any,  # noqa: ANN401 (fields of a session)
) -> list[dict[str, Any]]:
    """Return the CDRs of a session as their reader sees them, their shape checked."""
    records = as_json(charge_records(sold(**changes), settings))
    for record in records:
        jsonschema.validate(record, CDR)
    found: list[dict[str, Any]] = records
    return found


def test_a_charge_is_one_record() -> None:
    """Times, quantities, costs and identities are those of the session."""
    [record] = written()
    assert record["start_date_time"] == "2027-01-01T08:55:00Z", "the reservation began before"
    assert record["end_date_time"] == "2027-01-01T09:25:00Z"
    assert record["id"] == record["session_id"] == bytes(range(16)).hex()
    assert (record["total_energy"], record["total_time"], record["total_parking_time"]) == (
        5.001,
        0.4167,
        0.0833,
    )
    assert record["cdr_location"]["evse_id"] == "NL*TWY*E1*1"
    assert record["meter_id"] == "M-1"
    assert "credit" not in record


def test_costs_are_told_by_parts() -> None:
    """Flat, energy, time, idle time and reservation sum up to the total."""
    [record] = written()
    parts = {key: value["before_taxes"] for key, value in record.items() if key.endswith("_cost")}
    assert parts.pop("total_cost") == 1.5252
    assert parts == {
        "total_fixed_cost": 0.25,
        "total_energy_cost": 1.0002,
        "total_time_cost": 0.1667,
        "total_parking_cost": 0.0833,
        "total_reservation_cost": 0.025,
    }


def test_taxes_are_contained_in_what_was_paid() -> None:
    """The buyer has paid them already."""
    [record] = written(SETTINGS)
    cost = record["total_cost"]
    assert cost["before_taxes"] + cost["taxes"][0]["amount"] == pytest.approx(1.5252)
    assert cost["taxes"][0]["percentage"] == 21
    assert record["tariffs"][0]["tax_included"] == "YES"


def test_periods_follow_the_chunks() -> None:
    """The reservation comes first; each period has what was used in it, and the tariff's id."""
    [record] = written()
    used = [
        (
            period["start_date_time"][11:19],
            {each["type"]: each["volume"] for each in period["dimensions"]},
        )
        for period in record["charging_periods"]
    ]
    assert used == [
        ("08:55:00", {"RESERVATION_TIME": 0.0833}),
        ("09:00:00", {"ENERGY": 2.5, "TIME": 0.1667}),
        ("09:10:00", {"ENERGY": 2.501, "TIME": 0.1667}),
        ("09:20:00", {"PARKING_TIME": 0.0833}),
    ]
    assert {period["tariff_id"] for period in record["charging_periods"]} == {
        record["tariffs"][0]["id"]
    }


def test_a_chunk_without_use_is_a_period() -> None:
    """A car that takes nothing for less than a second is there all the same."""
    [record] = written(readings=(reading(0), reading(1)))
    assert record["charging_periods"][0]["dimensions"] == [{"type": "TIME", "volume": 0}]


def test_the_tariff_is_told() -> None:
    """A reservation is time under a restriction, and stands first; limits are told."""
    tariff = Tariff(elements=sold().terms.tariff.elements, minimum=1_000_000, maximum=4_000_000)
    [record] = written(tariff=tariff)
    [told] = record["tariffs"]
    assert told["elements"][0] == {
        "price_components": [{"type": "TIME", "price": 0.3, "step_size": 1}],
        "restrictions": {"reservation": "RESERVATION"},
    }
    assert {"price_components": [{"type": "TIME", "price": 0.5, "step_size": 60}]} in told[
        "elements"
    ]
    assert (told["min_price"], told["max_price"]) == ({"before_taxes": 0.5}, {"before_taxes": 2})


def test_parts_that_do_not_sum_up_are_not_told() -> None:
    """A maximum lies between the parts and the total."""
    tariff = Tariff(elements=sold().terms.tariff.elements, maximum=1_000_000)
    [record] = written(tariff=tariff)
    assert record["total_cost"] == {"before_taxes": 0.5}
    assert "total_energy_cost" not in record


def test_a_tariff_without_words_is_left_out() -> None:
    """Two steps for one kind can not be told; the costs are."""
    elements = (
        Element(kind=ElementKind.ENERGY, price=100, step=10),
        Element(kind=ElementKind.ENERGY, price=200, step=20),
    )
    [record] = written(tariff=Tariff(elements=elements))
    assert record["tariffs"] == []
    assert not any("tariff_id" in period for period in record["charging_periods"])


@pytest.mark.parametrize("credited", [1_000_000, None])
def test_a_credit_note_credits_the_whole_record(credited: int | None) -> None:
    """Nothing changes in the first record; what stays paid is billed anew."""
    paid = sold().paid
    [first, credit, *anew] = written(credited=paid if credited is None else credited)
    assert first == written()[0]
    assert (credit["credit"], credit["credit_reference_id"]) == (True, first["id"])
    assert credit["total_cost"] == {"before_taxes": -first["total_cost"]["before_taxes"]}
    changed = {"id", "credit", "credit_reference_id", "total_cost"}
    assert {key: value for key, value in credit.items() if key not in changed} == {
        key: value for key, value in first.items() if key != "id" and key != "total_cost"
    }
    rest = [(record["total_cost"]["before_taxes"], record.get("credit")) for record in anew]
    assert rest == ([] if credited is None else [(1.0252, None)])
    assert len({record["id"] for record in (first, credit, *anew)}) == 2 + len(anew)


def test_signed_values_are_passed_on() -> None:
    """What the meter has signed is in the record, unaltered, with its place in the session."""
    texts = ['OCMF|{"RD":[{"TX":"B"}]}|{"SD":"aa"}', 'OCMF|{"RD":[{"TX":"E"}]}|{"SD":"bb"}']
    values = tuple(SignedValue(format="OCMF", data=each, public_key="ab12") for each in texts)
    [record] = written(signed=values)
    signed = record["signed_data"]
    assert (signed["encoding_method"], signed["public_key"]) == ("OCMF", "ab12")
    assert [each["nature"] for each in signed["signed_values"]] == ["Start", "End"]
    assert signed["signed_values"][0]["plain_data"] == '{"RD":[{"TX":"B"}]}'


def test_unknown_outlets_are_named() -> None:
    """Without its EVSE id no partner can know the outlet."""
    assert SETTINGS.location is not None
    bare = msgspec.structs.replace(SETTINGS.location, outlets={})
    for location in (None, bare):
        settings = msgspec.structs.replace(SETTINGS, location=location)
        with pytest.raises(RecordSettingsError, match="the settings know no outlet 'mill-1'"):
            charge_records(sold(readings=CHARGED), settings)
