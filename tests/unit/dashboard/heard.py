"""Observations as tests say them: short, with the time in seconds since a fixed moment."""

from msgspec.structs import replace

from dashboard.model import Model, advance, new_model, take
from dashboard.observed import (
    AgentNews,
    AgentStateSeen,
    LedgerState,
    MetricsTold,
    Observation,
    Record,
    RecordsAccepted,
    RecordsFinal,
    RecordsRefused,
    RefusedRecord,
    RunBegan,
    SourceBeat,
)

BEGIN_US = 1_700_000_000_000_000
"""The moment at which every test begins. [µs since 1970]"""

SUPPLY = 1_000_000_000


def at(second: float) -> int:
    """Return a time so many seconds behind the beginning. [µs]"""
    return BEGIN_US + round(second * 1_000_000)


def model_of(*heard: Observation) -> Model:
    """Return a model that began at second 0 and has heard these."""
    model = new_model(BEGIN_US)
    for one in heard:
        take(model, one)
    return model


def until(model: Model, second: float, *, silent: tuple[str, ...] = ()) -> Model:
    """Let time pass with heartbeats of all sources but the silent ones."""
    for now in range(model.now_s - BEGIN_US // 1_000_000 + 1, int(second) + 1):
        for source in model.sources:
            if source not in silent:
                take(model, SourceBeat(at_us=at(now), source=source))
    advance(model, at(second))
    return model


def tx_id(number: int) -> str:
    """Return the id of a numbered record."""
    return f"{number:064x}"


def key(name: str) -> str:
    """Return the account of a name."""
    return name.encode().hex().ljust(64, "0")


def records(
    second: float, *numbers: int, parents: tuple[int, ...] = (), kind: str = "transfer"
) -> RecordsAccepted:
    """Return accepted records, each on the same parents; position and id follow the number."""
    told = tuple(
        Record(
            id=tx_id(number),
            position=number,
            kind=kind,
            issuer=key("anna"),
            target=key("berta"),
            amount=1_500_000,
            parents=tuple(map(tx_id, parents)),
        )
        for number in numbers
    )
    return RecordsAccepted(
        at_us=at(second),
        ledger_at_us=at(second),
        first=numbers[0],
        count=len(numbers),
        records=told,
    )


def refused(second: float, number: int, verdict: str = "SEQUENCE_USED") -> RecordsRefused:
    """Return one refused record."""
    record = RefusedRecord(tx_id(number), key("anna"), verdict)
    return RecordsRefused(at_us=at(second), ledger_at_us=at(second), count=1, records=(record,))


def final(second: float, size: int, *names: str) -> RecordsFinal:
    """Return a final checkpoint."""
    return RecordsFinal(
        at_us=at(second), ledger_at_us=at(second), size=size, names=names or ("city", "auditor")
    )


def metrics(second: float, **more: object) -> MetricsTold:
    """Return the node's word about itself."""
    told = MetricsTold(
        at_us=at(second),
        ledger_at_us=at(second),
        boot=1,
        size=3,
        supply=SUPPLY,
        balances=SUPPLY - 5,
        holds=5,
        accepted_per_s=2.0,
    )
    return replace(told, **more)


def ledger_state(second: float, **more: object) -> LedgerState:
    """Return the node's answer on how the ledger stands."""
    told = LedgerState(
        at_us=at(second), network="demo", size=3, supply=SUPPLY, balances=SUPPLY, holds=0
    )
    return replace(told, **more)


def began(second: float = 0, **more: object) -> RunBegan:
    """Return a runner's first word."""
    told = RunBegan(
        at_us=at(second),
        title="Rush hour",
        agents=(("vehicle", "anna"), ("charger", "berta")),
        keys={key("anna"): "anna", key("berta"): "berta"},
    )
    return replace(told, **more)


def news(second: float, agent: str, kind: str, /, **fields: object) -> AgentNews:
    """Return what an agent tells; anna is a vehicle, who else a charger, unless `topic` says it."""
    role = str(fields.pop("topic", "vehicle" if agent == "anna" else "charger"))
    return AgentNews(at_us=at(second), role=role, agent=agent, kind=kind, fields=fields)


def session(second: float, state: str, /, **fields: object) -> AgentNews:
    """Return what one side tells of its dialogue: anna, unless `by` says berta."""
    agent = str(fields.pop("by", "anna"))
    is_buyer = agent == "anna"
    told: dict[str, object] = {
        "dialogue": "d1",
        "role": "buyer" if is_buyer else "seller",
        "partner": key("berta" if is_buyer else "anna"),
        "service": "charge",
        "state": state,
    }
    return news(second, agent, "session", **(told | fields))


def said(
    second: float,
    performative: str,
    number: int,
    /,
    *,
    agent: str = "anna",
    way: str = "sent",
    **body: object,
) -> AgentNews:
    """Return what a side tells of a message: the buyer that it has sent it, unless told else."""
    is_buyer = agent == "anna"
    return news(
        second,
        agent,
        "said",
        dialogue="d1",
        role="buyer" if is_buyer else "seller",
        partner=key("berta" if is_buyer else "anna"),
        way=way,
        number=number,
        performative=performative,
        at_us=at(second),
        body=body,
    )


def presence(second: float, agent: str, *, online: bool, boot: int = 1) -> AgentStateSeen:
    """Return an agent's state topic."""
    role = "vehicle" if agent == "anna" else "charger"
    return AgentStateSeen(at_us=at(second), role=role, agent=agent, online=online, boot=boot)
