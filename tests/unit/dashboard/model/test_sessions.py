"""Sessions, as both sides tell of them: the ladder of offers, vouchers, ends."""

from dashboard.model import Model, Session, stage, take
from dashboard.model.sessions import MOVES_KEPT, SESSIONS_KEPT, STAGES
from negotiation import State
from tests.unit.dashboard.heard import at, began, key, model_of, said, session


def only(model: Model) -> Session:
    """Return the one session of a model."""
    [one] = model.sessions.values()
    return one


def test_both_sides_name_each_other() -> None:
    """A side that is known by its key alone gets its name as soon as it speaks, or the run does."""
    model = model_of(session(0, "called"))
    assert (only(model).buyer, only(model).seller) == ("anna", f"{key('berta')[:8]}…")
    model = model_of(session(0, "called"), session(1, "called", by="berta"))
    assert (only(model).buyer, only(model).seller) == ("anna", "berta")
    model = model_of(began(), session(0, "called"))
    assert only(model).seller == "berta"


def test_what_one_says_and_the_other_hears_is_one_rung() -> None:
    """The ladder has each message once, and shows which of them were heard."""
    ladder = only(
        model_of(
            said(1, "cfp", 0),
            said(1.1, "cfp", 0, agent="berta", way="heard"),
            said(1.2, "propose", 0, agent="berta", prices={"energy": 480_000}),
            said(1.3, "propose", 0, way="heard", prices={"energy": 480_000}),
            said(2, "counter", 1, prices={"energy": 420_000}),
        )
    ).moves
    assert [(move.by, move.name, move.is_heard) for move in ladder] == [
        ("buyer", "cfp", True),
        ("seller", "propose", True),
        ("buyer", "counter", False),
    ]
    assert [move.price("charge") for move in ladder] == [None, 480_000, 420_000]


def test_quantities_only_grow_and_an_end_stays() -> None:
    """What the slower side still tells of the past is no news."""
    model = model_of(
        session(1, "delivering", billed=300, quantity=9, slice=50),
        session(2, "settled", by="berta", ended=True, paid=300, transactions=[key("t1")]),
        session(3, "closing", billed=250, quantity=8),
    )
    one = only(model)
    assert (one.state, one.ended, one.billed, one.quantity) == ("settled", True, 300, 9)
    assert one.transactions == (key("t1"),)
    assert one.since_us == at(2)


def test_who_pays_and_who_earns() -> None:
    """Each payment counts once, whoever tells of it."""
    told = {"ended": True, "paid": 300}
    model = model_of(
        began(), session(1, "settled", **told), session(2, "settled", by="berta", **told)
    )
    assert (model.agents["anna"].paid, model.agents["berta"].earned) == (300, 300)


def test_a_failure_is_told_and_alerted() -> None:
    """Whoever did not get what was agreed on is on top of the log."""
    model = model_of(began(), session(1, "failed", ended=True, reason="no\x1b[2J power"))
    assert model.log.lines[-1].text == "and berta fail: no [2J power"
    assert [alert.key for alert in model.alerts.open] == ["session d1"]


def test_a_long_ladder_forgets_slices_first() -> None:
    """The bargaining stays; what is said over and over goes."""
    vouchers = [said(2, "voucher", number) for number in range(2, MOVES_KEPT + 30)]
    one = only(model_of(said(0, "cfp", 0), said(1, "counter", 1), *vouchers))
    assert [move.name for move in one.moves[:3]] == ["cfp", "counter", "voucher"]
    assert (len(one.moves), one.forgotten) == (MOVES_KEPT, 30)
    assert one.vouchers[-1].number == MOVES_KEPT + 29


def test_the_oldest_end_makes_room() -> None:
    """Sessions are bounded; those under way stay, and what is gone is counted."""
    model = model_of(session(0, "delivering"))
    for number in range(SESSIONS_KEPT):
        take(model, session(1, "settled", dialogue=f"x{number}", ended=True))
    assert len(model.sessions) == SESSIONS_KEPT
    assert "d1" in model.sessions
    assert "x0" not in model.sessions
    assert model.evictions()["sessions"] == 1


def test_garbage_is_no_session() -> None:
    """News without a dialogue, or with nonsense in them, neither crash nor show."""
    model = model_of(
        session(0, "called", dialogue=""),
        session(0, "called", dialogue=None),
        session(0, "", dialogue="d2", billed="much", transactions=7, slice=True),
    )
    assert only(model).dialogue == "d2"
    assert (only(model).billed, only(model).slice_amount) == (0, 0)


def test_every_state_has_a_word() -> None:
    """The table of stages knows all states that there are, and no others."""
    assert set(STAGES) == set(State)
    assert stage(Session(dialogue="d", state="future")) == "future"
