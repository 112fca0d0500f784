"""A stranger's verifier: written from the C2SP specifications and RFC 6962, with nothing of ours.

It reads a tlog-policy and a tlog-proof whose extra data begins with the entry of 256 bytes. If it
accepts our receipts, other people's tools can, too.
"""

import base64
import hashlib

from nacl.signing import VerifyKey

ENTRY_SIZE = 256


def verify(proof: str, policy: str) -> tuple[int, bytes]:
    """Return index and entry that a proof proves; anything wrong fails an assertion or a check."""
    head, body, signatures = proof.split("\n\n")
    header, extra, index, *path = head.split("\n")
    assert header == "c2sp.org/tlog-proof@v1"
    entry = base64.b64decode(extra.removeprefix("extra "), validate=True)[:ENTRY_SIZE]
    origin, size, root = body.split("\n")
    _check_signatures(body + "\n", signatures, policy, origin)
    leaf = hashlib.sha256(b"\x00" + entry).digest()
    hashes = [base64.b64decode(line, validate=True) for line in path]
    at = int(index.removeprefix("index "))
    assert _climb(leaf, (at, int(size) - 1), hashes) == base64.b64decode(root)
    return at, entry


def _climb(leaf: bytes, place: tuple[int, int], path: list[bytes]) -> bytes:
    """Follow RFC 9162, section 2.1.3.2."""
    (fn, sn), r = place, leaf
    for p in path:
        assert sn
        if fn % 2 or fn == sn:
            r = hashlib.sha256(b"\x01" + p + r).digest()
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashlib.sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def _check_signatures(text: str, signatures: str, policy: str, origin: str) -> None:
    """Check the log's signature, then count those of the witnesses."""
    lines = [line.split(" ") for line in policy.splitlines()]
    [log] = [words[1] for words in lines if words[0] == "log"]
    assert log.startswith(f"{origin}+")
    assert _signed(log, text, signatures)
    signed = {
        words[1] for words in lines if words[0] == "witness" and _signed(words[2], text, signatures)
    }
    [group] = [words for words in lines if words[0] == "group"]
    assert lines[-1] == ["quorum", group[1]]
    assert len(signed & set(group[3:])) >= int(group[2])


def _signed(vkey: str, text: str, signatures: str) -> bool:
    """Tell whether a key has signed; a signature of it that is forged fails."""
    name, key_id, encoded = vkey.split("+", 2)
    kind, *key = base64.b64decode(encoded)
    told = hashlib.sha256(f"{name}\n".encode() + bytes([kind, *key])).hexdigest()[:8]
    assert told == key_id
    found = False
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        assert dash == "—"
        data = base64.b64decode(blob)
        if signer == name and data[:4].hex() == key_id:
            message, signature = text, data[4:]
            if kind == 4:
                time = int.from_bytes(data[4:12], "big")
                message, signature = f"cosignature/v1\ntime {time}\n{text}", data[12:]
            VerifyKey(bytes(key)).verify(message.encode(), signature)
            found = True
    return found
