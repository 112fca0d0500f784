"""A small picture with everything in it, for tests of what is drawn."""

from scenarios import Delivered, Finding, SessionRow
from scenarios.reporting import Line, Moment, Picture, Piece, Point, SessionPicture

BEGAN_US = 1_700_000_000_000_000

S = 1_000_000


def session(
    service: str = "charge", *, state: str = "settled", reason: str = "", buyer: str = "anna"
) -> SessionPicture:
    """Return a session of ten seconds."""
    delivered = Delivered(unit="Wh" if service == "charge" else "s", quantity=4000)
    row = SessionRow(
        dialogue="d1",
        service=service,
        buyer=buyer,
        seller="mill",
        state=state,
        reason=reason,
        delivered=delivered,
        billed=2 * S,
        paid=2 * S,
    )
    pieces = tuple(
        Piece(
            from_us=BEGAN_US + at * S,
            until_us=BEGAN_US + (at + 1) * S,
            energy_wh=500,
            time_s=90,
            cost=S // 4,
        )
        for at in range(1, 9)
    )
    said = Line(sender="buyer", number=0, name="cfp", words="wants", sent=True, heard=False)
    return SessionPicture(
        row=row,
        opened_us=BEGAN_US + S,
        closed_us=BEGAN_US + 10 * S,
        price=480_000,
        slice_amount=S,
        open_max=S // 2,
        pieces=() if service == "toll" else pieces,
        vouched=(Point(BEGAN_US + 3 * S, S // 2),),
        toll_us=31_000 if service == "toll" else None,
        settle_us=None if service == "toll" else 8_000,
        transcript=(said,) if reason else (),
    )


def picture(
    *sessions: SessionPicture, moments: tuple[Moment, ...] = (), ok: bool = True
) -> Picture:
    """Return a picture of twelve seconds."""
    return Picture(
        kind="run",
        story="commute",
        title="The commute",
        about="Three cars.",
        seed=7,
        speed=90.0,
        story_us=BEGAN_US - 300 * S,
        from_us=BEGAN_US,
        until_us=BEGAN_US + 12 * S,
        took_s=14.0,
        findings=(Finding(name="supply_conserved", ok=ok, detail="all is there"),),
        sessions=sessions,
        others={"rejected": 2},
        records_us=tuple(BEGAN_US + at * S for at in (-1, 1, 1, 5)),
        finals=(Point(BEGAN_US + 2 * S, 90.0),),
        moments=moments,
        left="/run",
    )
