"""A batch: pieces of submissions, joined to one buffer, judged together, and answered apart."""

from collections.abc import Callable
from dataclasses import dataclass

from ledger_core import Records, Verdict, parse_records
from ledger_node.columns import LOOKED_UP, Codes
from ledger_node.lanes import LookedUp
from ledger_node.submission import POSITION_SIZE, Piece, Submission

__all__ = ["Batch"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Hold what goes through the rules and into the log at once."""

    pieces: list[Piece]
    """Pieces of submissions, in the order of judgement."""

    @property
    def cost(self) -> int:
        """What the batch cost the lanes it came from. [records]"""
        return sum(piece.cost for piece in self.pieces)

    def records(self) -> Records:
        """Join the records, shape (n,)."""
        if len(self.pieces) == 1:
            return parse_records(self.pieces[0].records)
        return parse_records(b"".join(piece.records for piece in self.pieces))

    def payloads(self) -> dict[int, bytes]:
        """Gather the payloads by index of their record in the batch."""
        found: dict[int, bytes] = {}
        offset = 0
        for piece in self.pieces:
            for index, payload in piece.submission.payloads.items():
                if piece.start <= index < piece.stop:
                    found[offset + index - piece.start] = payload
            offset += piece.count
        return found

    def distribute(self, codes: bytes, positions: bytes) -> list[Submission]:
        """Hand each submission the verdicts of its pieces.

        Args:
            codes: Verdicts, uint8, shape (n,).
            positions: Positions, int64 little-endian, shape (n,).

        Returns:
            The submissions that are answered wholly now.
        """
        whole: list[Submission] = []
        start = 0
        for piece in self.pieces:
            stop = start + piece.count
            piece.submission.answer(
                piece.start,
                codes[start:stop],
                positions[start * POSITION_SIZE : stop * POSITION_SIZE],
            )
            if not piece.submission.unanswered:
                whole.append(piece.submission)
            start = stop
        assert start == len(codes), "every record of the batch has one verdict"
        return whole

    def looked_up(self, codes: Codes, *, distrust: Callable[[bytes], None]) -> list[LookedUp]:
        """Return whose records were looked up, and tell of connections with bad signatures.

        Args:
            codes: Verdicts, shape (n,).
            distrust: Notes such a connection.
        """
        looked_up, forged = LOOKED_UP[codes], codes == Verdict.BAD_SIGNATURE
        found: list[LookedUp] = []
        if not (looked_up | forged).any():
            return found
        start = 0
        for piece in self.pieces:
            stop = start + piece.count
            lookups = int(looked_up[start:stop].sum())
            if lookups:
                found.append(LookedUp(piece.submission.lane, piece.count, lookups))
            if forged[start:stop].any():
                distrust(piece.submission.peer)
            start = stop
        return found
