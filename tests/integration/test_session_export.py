"""`tangleway sessions export` writes what real agents have sold, from their journals."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from agent_runtime import Entry, SqlJournal
from negotiation import (
    Memory,
    Role,
    Service,
    SessionReceipt,
    SessionReceiptError,
    SignedValue,
    State,
)
from session_records import FinishedSession
from tangleway.command import run_command
from tangleway.receipt_commands import _metered
from tests.unit.session_records.shapes import CDR, PARKING_SESSION
from tests.unit.session_records.sold import CHARGED, PARKED, sold
from tests.unit.session_records.test_signed_values import genuine

__all__ = ["genuine"]

SETTINGS = """
country_code = "NL"
party_id = "TWY"
operator = "Mill Charging"
currency = "EUR"
token_price = "0.5"
[location]
id = "mill"
address = "Molenstraat 1"
city = "Arnhem"
country = "NLD"
latitude = "51.98510"
longitude = "5.89873"
[location.outlets.mill-1]
evse_id = "NL*TWY*E1*1"
[parking]
place_id = "square"
right_id = "hourly"
"""


def entry_of(session: FinishedSession) -> Entry:
    """Return a seller's line in its journal."""
    memory = Memory(
        role=Role.SELLER,
        dialogue=session.dialogue,
        partner=session.buyer,
        service=session.service,
        network=7,
        state=State.SETTLED,
        terms=session.terms,
        bill=session.bill,
        vouched=len(session.bill.chunks),
        paid=session.paid,
        transactions=[bytes.fromhex(each) for each in session.transactions],
    )
    return Entry(
        dialogue=session.dialogue.hex(),
        role=memory.role,
        service=memory.service,
        partner=memory.partner.hex(),
        state=memory.state,
        ended=True,
        snapshot=memory.encode(),
        opened_at_us=session.started_at_us,
        changed_at_us=session.closed_at_us,
    )


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """Return the folder of a run: a charger and a car park with a journal each."""
    for name, session in (
        ("charger", sold(Service.CHARGE, CHARGED)),
        ("park", sold(Service.PARK, PARKED, dialogue=b"p" * 16)),
    ):
        (tmp_path / name).mkdir()
        journal = await SqlJournal.open(tmp_path / name / "journal.db")
        await journal.save(entry_of(session))
        await journal.close()
    (tmp_path / "records.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def export(run: Path, form: str, *more: str) -> int:
    """Run the verb."""
    return run_command(
        [
            *("sessions", "export", "--data", str(run), "--format", form),
            *("--settings", str(run / "records.toml"), *more),
        ]
    )


def test_records_are_written(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each form has the sessions it is about; the facts say how many."""
    for form, schema in (("ocpi", CDR), ("apds", PARKING_SESSION)):
        file = run / f"{form}.json"
        assert export(run, form, "-o", str(file), "--json") == 0
        facts = json.loads(capsys.readouterr().out)
        assert (facts["sessions"], facts["records"]) == (1, 1)
        [record] = json.loads(file.read_text("utf-8"))
        jsonschema.validate(record, schema)
        assert export(run, form) == 0
        assert capsys.readouterr().out == file.read_text("utf-8")


def with_signed(value: SignedValue) -> bytes:
    """Return a receipt that carries what a meter has signed; nothing else in it is read here."""
    receipt = SessionReceipt(ledger="", propose=b"", accept=b"", signed_meter=(value,))
    return receipt.encode()


def test_signed_values_come_from_the_receipts(
    run: Path, capsys: pytest.CaptureFixture[str], genuine: SignedValue
) -> None:
    """What the meter has signed is checked and passed on; a forged value spoils a receipt."""
    folder = run / "charger" / "receipts"
    folder.mkdir()
    receipt = folder / f"{sold().dialogue.hex()}.json"
    receipt.write_bytes(with_signed(genuine))
    file = run / "ocpi.json"
    assert export(run, "ocpi", "-o", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out)["signed_genuine"] == 1
    [record] = json.loads(file.read_text("utf-8"))
    jsonschema.validate(record, CDR)
    assert record["signed_data"]["encoding_method"] == "OCMF"
    assert _metered(receipt.read_bytes()) == " (signed meter values: 1 genuine)"
    altered = msgspec.structs.replace(genuine, data=genuine.data.replace('"RV":1.0', '"RV":9.0'))
    assert altered != genuine
    with pytest.raises(SessionReceiptError, match="has not signed the values"):
        _metered(with_signed(altered))


def test_wrong_input_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No journal, and settings that lack what is needed: one sentence each."""
    (run / "empty").mkdir()
    settings = ["--settings", str(run / "records.toml")]
    verb = ["sessions", "export", "--format", "ocpi", "--data"]
    assert run_command([*verb, str(run / "empty"), *settings]) == 2
    assert "holds no journal" in capsys.readouterr().err
    short = SETTINGS.replace("[location.outlets.mill-1]", "[location.outlets.mill-2]")
    (run / "records.toml").write_text(short, encoding="utf-8")
    assert export(run, "ocpi") == 2
    assert "the settings know no outlet 'mill-1'" in capsys.readouterr().err
    (run / "records.toml").write_text(SETTINGS.replace('"0.5"', "0.5"), encoding="utf-8")
    assert export(run, "ocpi") == 2
    assert "token_price" in capsys.readouterr().err
