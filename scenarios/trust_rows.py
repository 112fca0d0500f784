"""Put what operators left behind into a run's result: a row for each, and how far it is final."""

from collections.abc import Iterator
from pathlib import Path

from ledger_core import validator_key
from scenarios.cast import POLICY_FILE
from scenarios.operators import Operator
from scenarios.result import Finality, ValidatorRow
from scenarios.story import Story
from scenarios.trust_evidence import TrustEvidence


def validator_rows(story: Story, evidence: TrustEvidence, folder: Path) -> Iterator[ValidatorRow]:
    """Yield a row for each operator of a story.

    Args:
        story: What was played.
        evidence: What the operators left behind.
        folder: The run's folder.
    """
    signed = {books.name: books.signed_size for books in evidence.books}
    for table in story.validator:
        operator = Operator(story, table, run_folder=folder)
        yield ValidatorRow(
            name=table.name,
            operator=table.operator,
            behaviour=table.behaviour,
            key=validator_key(table.name, operator.key_pair.public_key).encode(),
            data=str(operator.data),
            cosigned=signed.get(table.name, 0),
            refused=sum(alarm.count for alarm in evidence.alarms if alarm.about == table.name),
        )


def finality_of(evidence: TrustEvidence, folder: Path) -> Finality:
    """Return how far a run's ledger is final.

    Args:
        evidence: What the operators left behind.
        folder: The run's folder.
    """
    return Finality(
        size=evidence.size,
        final_size=evidence.final_size,
        quorum=evidence.quorum,
        signers=evidence.signers,
        policy=str(folder / POLICY_FILE),
    )
