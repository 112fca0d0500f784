"""Decoders of bytes: the ledger's records and notes, what agents and the node say, what is kept."""

from pathlib import Path

import msgspec

from agent_runtime import Advert
from agent_runtime.adverts import seal as seal_advert
from agent_runtime.adverts import unseal as unseal_advert
from agent_runtime.directory import read_state
from agent_runtime.telemetry import read_news
from agent_runtime.topics import Address, TopicKind, parse_topic
from ledger_core import (
    Checkpoint,
    Frontier,
    KeyPair,
    Ledger,
    LogProof,
    Note,
    NoteSignature,
    Receipt,
    Snapshot,
    SnapshotHead,
    VerifierKey,
    parse_amount,
    parse_records,
    record_ids,
    verify_checkpoint,
)
from ledger_core.tiles import parse_entry_bundle
from ledger_node.codec import decode_reply, decode_request, request_number
from ledger_node.codec import encode as encode_header
from ledger_node.events import AcceptedHeader, RefusedHeader, Topic, encode_event
from ledger_node.protocol import (
    AskAccount,
    AskHistory,
    AskInfo,
    AskTransaction,
    Info,
    Payload,
    Submit,
    Verdicts,
)
from ledger_node.store_url import parse_store
from ledger_node.subscription import GapWatch, read_event
from negotiation import Memory, Role, SessionReceipt, Shortfall, unseal, verify_session_receipt
from negotiation.vouchers import read_voucher
from tests.fuzz.target import Target
from tests.transcripts.cast import SELLER, TERMS
from tests.unit.ledger_core.operators import POLICY, VALIDATORS, cosigned, log_note
from tests.unit.ledger_core.world import GENESIS, HISTORY, START_US
from tests.unit.negotiation.finished_sessions import BILL, PASSED, SETTLED
from tests.unit.negotiation.test_shortfalls import GOOD
from wallet import check_words, decode_address, encode_address

__all__ = ["pure_targets"]

GOLDEN = Path(__file__).parents[1] / "golden"

SIGNATURE_SIZE = 64
KEY = KeyPair.from_seed(bytes([9] * 32))
ADDRESS = Address("test", "charger", "north")
NOTE = cosigned(log_note(3, bytes(range(32))))

ADVERT = Advert(
    network="test",
    agent="north",
    role="charger",
    boot=3,
    public_key=KEY.public_key,
    endpoint="tcp://127.0.0.1:6000",
    services=("charge",),
    position_m=(1.5, -2.0),
    details={"power_w": 22_000, "plugs": ["ccs"]},
    issued_at_us=START_US,
    expires_at_us=START_US + 30_000_000,
)


def pure_targets() -> list[Target]:
    """Return all decoders that need no file."""
    return [*_ledger(), *_trust(), *_talk(), *_node(), *_adverts(), *_words()]


def _ledger() -> list[Target]:
    """Return the decoders of records and of what the ledger keeps."""
    records = [each.tobytes() for each in (GENESIS, *HISTORY.values())]
    ledger = Ledger(GENESIS)
    tree = Frontier()
    tree.append(record_ids(GENESIS).reshape(1, -1))
    snapshot = ledger.snapshot(at_us=START_US, frontier=tree)

    def judge(data: bytes) -> None:
        ledger.apply(parse_records(data), at=START_US)

    return [
        Target(name="records", read=judge, samples=[*records, b"".join(records)]),
        Target(name="snapshot", read=Snapshot.parse, samples=[snapshot.encode()]),
        Target(name="frontier", read=Frontier.decode, samples=[tree.encode()]),
        Target(
            name="entry bundle", read=parse_entry_bundle, samples=[b"".join(map(_entry, records))]
        ),
        Target(name="voucher", read=read_voucher, samples=records),
    ]


def _entry(record: bytes) -> bytes:
    """Return a record as a tile's bundle has it: behind its length."""
    return len(record).to_bytes(2, "big") + record


def _trust() -> list[Target]:
    """Return the decoders of notes, keys and proofs."""
    proof = (GOLDEN / "session.tlog-proof").read_bytes()
    stranger = (GOLDEN / "strangers" / "checkpoint.txt").read_bytes()
    note = NOTE.encode()
    keys = [key.encode().encode() for key in (POLICY.log, *POLICY.validators)]
    head = SnapshotHead(origin="tangleway/berlin", size=3, root=bytes(32), digest=bytes(32))
    receipts = [receipt.encode() for receipt in (SETTLED, PASSED)]
    return [
        Target(name="note", read=Note.parse, samples=[note, stranger]),
        Target(
            name="checkpoint under a policy",
            read=lambda data: verify_checkpoint(Note.parse(data), POLICY),
            samples=[note],
        ),
        Target(
            name="checkpoint", read=lambda data: Checkpoint.parse(_text(data)),
            samples=[NOTE.text.encode()],
        ),
        Target(
            name="note signature", read=lambda data: NoteSignature.parse(_text(data)),
            samples=[each.encode().encode() for each in NOTE.signatures],
        ),
        Target(name="verifier key", read=lambda data: VerifierKey.parse(_text(data)), samples=keys),
        Target(
            name="snapshot head", read=lambda data: SnapshotHead.parse(_text(data)),
            samples=[head.text().encode()],
        ),
        Target(name="proof", read=LogProof.parse, samples=[proof]),
        Target(name="receipt", read=Receipt.parse, samples=[proof, SETTLED.ledger.encode()]),
        Target(name="session receipt", read=SessionReceipt.parse, samples=receipts),
        Target(name="shortfall", read=Shortfall.parse, samples=[GOOD.encode()]),
        Target(
            name="session receipt under a policy",
            read=lambda data: verify_session_receipt(data, POLICY),
            samples=receipts,
        ),
    ]  # fmt: skip


def _talk() -> list[Target]:
    """Return the decoders of what agents say to each other, and remember."""
    document = msgspec.json.decode((GOLDEN / "messages.json").read_bytes())
    frames = [bytes.fromhex(each["frame"]) for each in document["messages"]]
    pairs = {pair.public_key: pair for pair in (*VALIDATORS.values(), SELLER)}
    key = next(iter(pairs.values()))

    def signed(data: bytes) -> object:
        payload = data[SIGNATURE_SIZE:]
        return unseal(key.sign(payload) + payload)

    resigned = [_by(key, frame) for frame in frames]
    memory = Memory(
        role=Role.SELLER,
        dialogue=TERMS.dialogue,
        partner=TERMS.buyer,
        service=TERMS.service,
        network=1,
        terms=TERMS,
        bill=BILL,
    )
    return [
        Target(name="envelope", read=unseal, samples=frames, skip=SIGNATURE_SIZE),
        Target(
            name="envelope, signed again", read=signed, samples=resigned, skip=SIGNATURE_SIZE,
            weight=3,
        ),
        Target(name="journal memory", read=Memory.decode, samples=[memory.encode()]),
    ]  # fmt: skip


def _by(key: KeyPair, frame: bytes) -> bytes:
    """Return a frame as another sender would send it."""
    envelope = msgspec.msgpack.decode(frame[SIGNATURE_SIZE:])
    payload = msgspec.msgpack.encode(envelope | {"sender": key.public_key})
    return key.sign(payload) + payload


def _node() -> list[Target]:
    """Return the decoders of what a node and its clients say."""
    requests = [
        encode_header(each)
        for each in (
            Submit(request=1, payloads=(Payload(0, 3),)),
            AskInfo(request=2),
            AskAccount(request=3, public_key=bytes(32)),
            AskTransaction(request=4, id=bytes(32)),
            AskHistory(request=5, public_key=bytes(32)),
        )
    ]
    info = Info(
        request=2, network="n", network_number=1, genesis_id=bytes(32), size=1, supply=1,
        balances=1, holds=0, at_us=1, publish="tcp://127.0.0.1:1",
    )  # fmt: skip
    replies = [encode_header(each) for each in (info, Verdicts(request=1))]
    events = [
        encode_event(Topic.ACCEPTED, AcceptedHeader(boot=1, number=0, first=0, at_us=1)),
        encode_event(Topic.REFUSED, RefusedHeader(boot=1, number=0, at_us=1)),
    ]
    record = GENESIS.tobytes()

    def event(data: bytes) -> None:
        for topic in Topic:
            list(read_event([topic.encode(), data, record], GapWatch()))

    return [
        Target(name="request", read=decode_request, samples=requests),
        Target(name="request number", read=request_number, samples=requests),
        Target(name="reply", read=decode_reply, samples=replies),
        Target(name="event", read=event, samples=[frames[1] for frames in events]),
    ]


def _adverts() -> list[Target]:
    """Return the decoders of what the broker carries."""
    advert = seal_advert(ADVERT, KEY)

    def signed(data: bytes) -> object:
        text = _text(data)
        envelope = {
            "advert": text,
            "key": KEY.public_key.hex(),
            "signature": KEY.sign(text.encode()).hex(),
        }
        return unseal_advert(msgspec.json.encode(envelope), ADDRESS)

    text = msgspec.json.decode(advert)["advert"].encode()
    topics = [ADDRESS.topic(kind) for kind in (TopicKind.STATE, TopicKind.TELEMETRY)]

    def news(data: bytes) -> None:
        for topic in topics:
            read_news(topic, data)

    said = [b'{"kind":"charging","power_w":11000,"share":0.5}', b'{"online":true,"boot":3}']
    return [
        Target(name="advert", read=lambda data: unseal_advert(data, ADDRESS), samples=[advert]),
        Target(name="advert, signed again", read=signed, samples=[text], weight=2),
        Target(name="state", read=read_state, samples=said),
        Target(name="telemetry", read=news, samples=said),
        Target(
            name="topic", read=lambda data: parse_topic(_text(data)),
            samples=[topic.encode() for topic in topics],
        ),
    ]  # fmt: skip


def _words() -> list[Target]:
    """Return the decoders of what people type."""
    address = encode_address(KEY.public_key, network="main").encode()
    words = (b"legal winner thank year wave sausage worth useful legal winner thank yellow",)
    urls = (b"postgresql://user@host/db", b"postgresql://a:b@[::1]:5432/db?sslmode=require")
    return [
        Target(
            name="address",
            read=lambda data: decode_address(_text(data), network="main"),
            samples=[address],
        ),
        Target(name="wallet words", read=lambda data: check_words(_text(data)), samples=words),
        Target(
            name="amount",
            read=lambda data: parse_amount(_text(data)),
            samples=(b"1.25", b"0.000001"),
        ),
        Target(
            name="store URL",
            read=lambda data: parse_store(_text(data), schema="node"),
            samples=urls,
        ),
    ]


def _text(data: bytes) -> str:
    """Return any bytes as a text, as a terminal or a file would give it."""
    return data.decode("utf-8", "replace")
