"""The watch over finality: how long each record waits, and whose signatures count."""

from scenarios.finality import FinalityWatch, Wait
from tests.unit.scenarios.signed_trees import POLICY, ROOT, signed


def test_each_record_has_its_wait() -> None:
    """A checkpoint ends the waits of all records under it, and of no other."""
    watch = FinalityWatch(POLICY)
    watch.accepted(0, 2, at_us=100)
    watch.accepted(2, 1, at_us=200)
    assert watch.final(signed(2), at_us=250) == Wait(1, 100, 150)
    assert watch.waits == [Wait(0, 100, 150), Wait(1, 100, 150)]
    assert watch.waiting == 1
    assert watch.final(signed(2), at_us=300) is None
    assert watch.final(signed(3), at_us=350) == Wait(2, 200, 150)
    assert (watch.size, watch.root, watch.waiting) == (3, ROOT, 0)


def test_who_stands_by_it() -> None:
    """The signers of the last checkpoint are known, and the last one of each."""
    watch = FinalityWatch(POLICY)
    watch.final(signed(2, ("city", "operator", "toll")), at_us=1)
    watch.final(signed(5, ("city", "operator", "auditor")), at_us=2)
    assert watch.signers == ("city", "operator", "auditor")
    assert watch.signed_last == {"city": 5, "operator": 5, "toll": 2, "auditor": 5}


def test_what_has_no_quorum_is_not_final() -> None:
    """Whatever the node says, two of four, a forged signature or no note end no wait."""
    watch = FinalityWatch(POLICY)
    watch.accepted(0, 1, at_us=1)
    forged = signed(1).replace(b"\n1\n", b"\n2\n", 1)
    for note in (signed(1, ("city", "toll")), forged, b"garbage"):
        assert watch.final(note, at_us=2) is None
    assert (watch.size, watch.waiting, watch.waits) == (0, 1, [])
    assert len(watch.faults) == 3
    assert "2 of 3" in watch.faults[0] or "operator" in watch.faults[0]
