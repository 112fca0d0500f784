"""The door: whose turn it is, how much a turn is, and who is turned away."""

from ledger_core import BATCH_MAX, Verdict
from ledger_node.door import (
    ABOUT_BATCHES,
    QUANTUM,
    RETRY_AFTER_MAX_S,
    RETRY_AFTER_MIN_S,
    Door,
)
from ledger_node.lanes import LookedUp
from ledger_node.limits import PAYLOAD_SIZE_MAX
from ledger_node.submission import Piece, Submission
from tests.unit.ledger_node.street import submission
from tests.unit.ledger_node.test_submission import told

FLOOD, QUIET, OTHER = (b"peer", b"flood"), (b"peer", b"quiet"), (b"peer", b"other")


def waiting(count: int) -> Submission:
    """Make a submission of records that nobody looks at."""
    return Submission(b"peer", 1, bytes(256 * count))


def counts(pieces: list[Piece]) -> list[int]:
    """Return how many records each piece has."""
    return [piece.count for piece in pieces]


def test_what_came_is_the_batch() -> None:
    """A few submissions of anybody all go into the next batch, in the order of their lanes."""
    door = Door()
    first, second, third = waiting(1), waiting(2), waiting(3)
    for one, key in ((first, QUIET), (second, OTHER), (third, QUIET)):
        assert door.admit(one, key)
    pieces = door.take()
    assert [piece.submission for piece in pieces] == [first, third, second]
    assert (door.cost, door.lanes, door.take()) == (0, 0, [])


def test_a_flood_does_not_hold_up_others() -> None:
    """However much one lane has, another's few records are in the very next batch."""
    door = Door()
    for _ in range(2):
        door.admit(waiting(BATCH_MAX), FLOOD)
    door.take()
    mine = waiting(3)
    door.admit(mine, QUIET)
    pieces = door.take()
    assert counts(pieces) == [QUANTUM, 3]
    assert pieces[1].submission is mine


def test_lanes_share_evenly_whatever_the_size_of_their_submissions() -> None:
    """Many small submissions and one large one get the same number of records through."""
    door = Door()
    for _ in range(QUANTUM * 3):
        door.admit(waiting(1), QUIET)
    door.admit(waiting(QUANTUM * 3), FLOOD)
    for _ in range(3):
        pieces = door.take()
        large = sum(piece.count for piece in pieces if piece.submission.count > 1)
        small = sum(piece.count for piece in pieces if piece.submission.count == 1)
        assert (large, small) == (QUANTUM, QUANTUM)
    assert door.cost == 0


def test_a_batch_has_a_largest_size_and_the_round_goes_on_behind_it() -> None:
    """Lanes that did not fit come first in the next batch, so that nobody is passed over."""
    door = Door()
    lanes = BATCH_MAX // QUANTUM + 2
    for number in range(lanes):
        door.admit(waiting(2 * QUANTUM), (b"peer", bytes([number])))
    first, second = door.take(), door.take()
    assert sum(counts(first)) == sum(counts(second)) == BATCH_MAX
    left_over = {id(piece.submission) for piece in second} - {id(p.submission) for p in first}
    assert [id(piece.submission) in left_over for piece in second[:3]] == [True, True, False]


def test_a_turn_that_the_batch_cut_off_goes_on_with_what_was_left() -> None:
    """A lane gets its quantum once a round, also when the batch ends in its middle."""
    door = Door(quantum=3_000)
    for key in (QUIET, FLOOD):
        door.admit(waiting(4_000), key)
    assert counts(door.take()) == [3_000, 1_096]
    assert counts(door.take()) == [1_904, 1_000]
    assert counts(door.take()) == [1_000]


def test_records_of_a_submission_keep_their_order_over_batches() -> None:
    """Its pieces follow each other, and a later submission of the lane comes behind."""
    door = Door(quantum=64)
    first, second = waiting(100), waiting(10)
    door.admit(first, QUIET)
    door.admit(second, QUIET)
    taken = [(piece.submission, piece.start, piece.stop) for _ in range(2) for piece in door.take()]
    assert taken == [(first, 0, 64), (first, 64, 100), (second, 0, 10)]


def test_an_issuer_has_one_turn_on_all_connections() -> None:
    """Who floods from several connections gets no more through than from one."""
    door = Door(quantum=90)
    for peer in (b"one", b"two", b"three"):
        door.admit(waiting(200), (peer, b"flood"))
    door.admit(waiting(200), QUIET)
    assert door.issuers == 2
    assert counts(door.take()) == [30, 30, 30, 90]


def test_turns_are_short_where_others_are_about() -> None:
    """A flood alone may fill batches; when somebody else was here lately, it gets 0.6 ms."""
    door = Door()
    for _ in range(200):
        door.served(100, 0.0042, judging_s=0.0034)  # 30 µs a record
    door.admit(waiting(4_000), FLOOD)
    assert counts(door.take()) == [QUANTUM]
    door.admit(waiting(1), QUIET)
    assert counts(door.take()) == [40, 1]
    assert counts(door.take()) == [20]


def test_whoever_was_here_long_ago_is_not_about_any_more() -> None:
    """After a thousand batches of one issuer alone, its turns are long again."""
    door = Door(lane_max=100_000, room_max=200_000)
    for _ in range(200):
        door.served(100, 0.0042, judging_s=0.0034)
    for _ in range(10):
        door.admit(waiting(BATCH_MAX), FLOOD)
    door.admit(waiting(1), QUIET)
    door.take()
    sizes = [sum(counts(door.take())) for _ in range(ABOUT_BATCHES + 1)]
    assert (set(sizes[:-2]), sizes[-1]) == ({20}, QUANTUM)


def test_in_a_crowd_turns_are_whole() -> None:
    """Where many wait nobody is the one who floods, and batches are long enough to be cheap."""
    door = Door()
    for _ in range(200):
        door.served(100, 0.0042, judging_s=0.0034)
    for number in range(16):
        door.admit(waiting(512), (b"peer", bytes([number])))
    assert counts(door.take()) == [256, 256, 256, 256, 256, 53]


def test_a_slow_disk_makes_turns_longer() -> None:
    """Where writing takes long, a turn is worth half of that: shorter ones would gain nothing."""
    door = Door()
    for _ in range(200):
        door.served(100, 0.0134, judging_s=0.0034)  # 10 ms to write
    door.admit(waiting(4_000), FLOOD)
    door.admit(waiting(1), QUIET)
    assert counts(door.take()) == [QUANTUM, 1]
    assert counts(door.take()) == [166]


def test_a_batch_is_bounded_by_time() -> None:
    """However many wait, a batch has what can be judged in 40 ms."""
    door = Door()
    for _ in range(200):
        door.served(100, 0.0042, judging_s=0.0034)
    for number in range(BATCH_MAX):
        door.admit(waiting(1), (b"peer", number.to_bytes(2, "big")))
    assert sum(counts(door.take())) == 1_333


def test_a_lane_that_makes_the_node_search_has_shorter_turns() -> None:
    """By what its records weigh, until it has sent light ones for a while; others go on."""
    door = Door(quantum=90)
    for key in (FLOOD, QUIET):
        door.admit(waiting(12_000), key)
    door.take()
    door.served(180, 0.0, looked_up=[LookedUp(FLOOD, 90, 90)])
    assert counts(door.take()) == [11, 90]
    sizes = [counts(door.take())[0] for _ in range(110)]
    assert max(sizes[:10]) < 15
    assert sizes[-1] == 90


def test_a_lane_pays_for_the_share_of_its_records_that_was_looked_up() -> None:
    """Half of them looked up weigh half as much on top."""
    door = Door(quantum=90)
    door.admit(waiting(4_000), FLOOD)
    door.take()
    door.served(90, 0.0, looked_up=[LookedUp(FLOOD, 90, 45)])
    assert counts(door.take()) == [20]


def test_a_lane_is_heavy_also_after_it_was_empty() -> None:
    """Who hands in little at a time, but costly things, does not begin anew each time."""
    door = Door(quantum=90)
    door.admit(waiting(10), FLOOD)
    door.take()
    door.served(10, 0.0, looked_up=[LookedUp(FLOOD, 10, 10)])
    door.admit(waiting(90), FLOOD)
    assert counts(door.take()) == [11]


def test_turns_too_short_for_anything_grow_until_one_reaches() -> None:
    """A record with a large payload is taken, whatever a turn is worth: no batch is empty."""
    door = Door(quantum=4)
    payload = bytes(PAYLOAD_SIZE_MAX)
    large = submission([told(payload)], payloads={0: payload})
    assert door.admit(large, FLOOD)
    assert counts(door.take()) == [1]


def test_what_weighs_more_than_a_turn_comes_every_few_batches() -> None:
    """A lane whose records weigh forty sends one in each second batch where others wait."""
    door = Door(quantum=20)
    door._weights[FLOOD] = 40.0
    door.admit(waiting(100), FLOOD)
    door.admit(waiting(1_000), QUIET)
    sent = [sum(piece.count == 1 for piece in door.take()) for _ in range(10)]
    assert 4 <= sum(sent) <= 6


def test_payloads_are_looked_at_only_once_there_is_room() -> None:
    """Who is turned away hears that, whatever his payload is; with room, that it is wrong."""
    door = Door(lane_max=3)
    wrong = [submission([told(b"right")], payloads={0: b"wrong"}) for _ in range(2)]
    door.admit(waiting(2), FLOOD)
    assert not door.admit(wrong[0], FLOOD)
    assert not door.admit(wrong[1], QUIET)
    verdicts = [list(one.codes) for one in wrong]
    assert verdicts == [[Verdict.RATE_LIMITED], [Verdict.PAYLOAD_MISMATCH]]
    assert (door.cost, door.lanes) == (2, 1)


def test_a_lane_has_an_end() -> None:
    """What is too much for one lane is turned away, hears when to come, and others still enter."""
    door = Door(lane_max=10)
    assert door.admit(waiting(10), FLOOD)
    late = waiting(1)
    assert not door.admit(late, FLOOD)
    assert list(late.codes) == [Verdict.RATE_LIMITED]
    assert late.retry_after_s is not None
    assert RETRY_AFTER_MIN_S <= late.retry_after_s <= RETRY_AFTER_MAX_S
    assert door.cost == 10
    assert door.admit(waiting(5), QUIET)


def test_one_large_submission_always_fits_into_an_empty_lane() -> None:
    """A lane takes what a submission may have, even where its limit was set lower."""
    assert Door(lane_max=10).admit(waiting(11), FLOOD)


def test_the_room_has_an_end() -> None:
    """What is too much in all is turned away as BUSY and leaves everything as it was."""
    door = Door(room_max=100)
    door.admit(waiting(90), FLOOD)
    late = waiting(11)
    assert not door.admit(late, QUIET)
    assert set(late.codes) == {Verdict.BUSY}
    assert late.retry_after_s is not None
    assert (door.cost, door.lanes) == (90, 1)


def test_the_last_quarter_of_the_room_is_for_newcomers() -> None:
    """Who waits already may not fill the room up; who does not, finds a place."""
    door = Door(room_max=100)
    assert door.admit(waiting(70), FLOOD)
    assert not door.admit(waiting(10), FLOOD)
    assert door.admit(waiting(10), QUIET)


def test_the_wait_follows_the_measured_rate() -> None:
    """A slow node sends people away for longer than a fast one."""
    slow, fast = Door(lane_max=1_000), Door(lane_max=1_000)
    for door, seconds in ((slow, 10.0), (fast, 0.001)):
        for _ in range(50):
            door.served(1_000, seconds)
        door.admit(waiting(1_000), FLOOD)
    late = [waiting(1), waiting(1)]
    for door, one in zip((slow, fast), late, strict=True):
        door.admit(one, FLOOD)
    assert late[0].retry_after_s == RETRY_AFTER_MAX_S
    assert late[1].retry_after_s == RETRY_AFTER_MIN_S


def test_a_clock_that_stands_still_changes_no_rate() -> None:
    """A batch that took no time at all says nothing about the rate."""
    door = Door(lane_max=1)
    door.served(1_000, 0.0)
    door.admit(waiting(1), FLOOD)
    late = waiting(1)
    door.admit(late, FLOOD)
    assert late.retry_after_s == RETRY_AFTER_MIN_S


def test_when_the_node_stops_everybody_hears_so() -> None:
    """All that waits is turned away as BUSY, and the door is empty."""
    door = Door(quantum=64)
    begun, untouched = waiting(100), waiting(2)
    door.admit(begun, QUIET)
    door.admit(untouched, OTHER)
    door.take()
    assert door.clear() == [begun]
    assert list(begun.codes[64:]) == [Verdict.BUSY] * 36
    assert (door.cost, door.lanes, door.take()) == (0, 0, [])
