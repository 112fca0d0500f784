"""The verb `sessions`: what an agent has sold, as records that its neighbours read."""

import json as json_text
import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tangleway.check_output import Json

if TYPE_CHECKING:
    from negotiation import SignedValue
    from session_records import FinishedSession, RecordSettings

JOURNAL_FILES = "journal*.db"
"""How journals are called in the folders of agents."""

RECEIPTS_FOLDER = "receipts"
"""Where an agent keeps its receipts, beside its journal."""

sessions = typer.Typer(
    name="sessions",
    help="Write what was sold as records of OCPI or APDS.",
    rich_markup_mode=None,
    epilog="Example: tangleway sessions export --data run --format ocpi --settings records.toml",
)


class Format(StrEnum):
    """Name the forms of records."""

    OCPI = "ocpi"
    """Charge detail records of OCPI 2.3.0, credit CDRs included."""
    APDS = "apds"
    """Parking sessions with segments, after the Alliance for Parking Data Standards."""


def register(app: typer.Typer) -> None:
    """Add this verb to the command."""
    app.add_typer(sessions)


@sessions.callback()
def _all_sessions() -> None:
    """Keep `export` a word of its own."""


@sessions.command(
    epilog="Example: tangleway sessions export --data run --format apds --settings records.toml"
)
def export(
    *,
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", help="An agent's data, a run's, or one journal."),
    ],
    form: Annotated[Format, typer.Option("--format", help="What to write.")],
    settings: Annotated[
        Path,
        typer.Option(
            "--settings", metavar="FILE", help="Operator, currency, places (TOML, docs/formats.md)."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", "--out", metavar="F", help="The file; - prints.")
    ] = Path("-"),
    json: Json = False,
) -> None:
    """Write finished sessions as a JSON list; agents may be at work on their journals meanwhile.

    The same journals give the same records, so writing them again is harmless: ids do not change.
    """
    from configuration import load
    from ledger_core import InputError
    from session_records import RecordSettings

    is_printed = str(output) == "-"
    if is_printed and json:
        raise InputError("Only records can be printed; name a file with -o to get facts as JSON.")
    asked = load(settings, RecordSettings)
    found = _finished(data, form)
    records = _records(found, form, asked)
    text = _encoded(records)
    if is_printed:
        sys.stdout.buffer.write(text)
        return
    _write(output, text)
    facts: dict[str, Any] = {
        "format": str(form),
        "output": str(output),
        "sessions": len(found),
        "records": len(records),
        **_signatures(found),
    }
    if json:
        print(json_text.dumps(facts))
        return
    for name, value in facts.items():
        print(f"{name:<12} {value}")


def _finished(data: Path, form: Format) -> "list[FinishedSession]":
    """Return the sessions of all journals below a folder that this form is about."""
    from agent_runtime import read_sessions
    from negotiation import Memory, Service
    from session_records import FinishedSession

    service = Service.CHARGE if form is Format.OCPI else Service.PARK
    found: dict[bytes, FinishedSession] = {}
    for journal in _journals(data):
        for entry in read_sessions(journal):
            if entry.service != service or not entry.ended:
                continue
            session = FinishedSession.of(
                Memory.decode(entry.snapshot),
                closed_at_us=entry.changed_at_us,
                signed=_signed(journal.parent / RECEIPTS_FOLDER / f"{entry.dialogue}.json"),
            )
            if session is not None:
                found[session.dialogue] = session
    return sorted(found.values(), key=lambda each: (each.started_at_us, each.dialogue))


def _signed(file: Path) -> "tuple[SignedValue, ...]":
    """Return what the meter has signed, as a session's receipt carries it; none without one."""
    from negotiation import SessionReceipt, SessionReceiptError

    try:
        values = SessionReceipt.parse(file.read_bytes()).signed_meter
    except (OSError, SessionReceiptError):
        return ()
    return values if isinstance(values, tuple) else ()


def _journals(data: Path) -> list[Path]:
    """Return the journals that are meant.

    Raises:
        InputError: There is none.
    """
    from ledger_core import InputError

    if data.is_file():
        return [data]
    found = sorted(path for path in data.rglob(JOURNAL_FILES) if path.is_file())
    if not found:
        raise InputError(
            f"{data} holds no journal: name an agent's data folder, a run's, or the journal itself."
        )
    return found


def _records(
    found: "list[FinishedSession]", form: Format, settings: "RecordSettings"
) -> list[dict[str, Any]]:
    from session_records import charge_records, parking_session

    if form is Format.APDS:
        return [parking_session(session, settings) for session in found]
    return [record for session in found for record in charge_records(session, settings)]


def _signatures(found: "list[FinishedSession]") -> dict[str, int]:
    """Return how many values meters have signed, by what a check of them says."""
    from session_records import check_signed_value

    checks = Counter(check_signed_value(value) for each in found for value in each.signed)
    return {f"signed_{check}": count for check, count in sorted(checks.items())}


def _encoded(records: list[dict[str, Any]]) -> bytes:
    """Return records as JSON; money and quantities are numbers, digit by digit."""
    import msgspec

    text = msgspec.json.Encoder(decimal_format="number").encode(records)
    return msgspec.json.format(text, indent=2) + b"\n"


def _write(output: Path, text: bytes) -> None:
    """Write a file whole, or not at all."""
    from ledger_core import InputError

    part = output.with_name(f"{output.name}.part")
    try:
        part.write_bytes(text)
        part.replace(output)
    except OSError as error:
        raise InputError(f"{output} can not be written: {error.strerror}.") from error
