"""The site's power, shared among its outlets.

`share_power` is max-min fair: everybody gets the same, but nobody more than it asks for, and what
one leaves goes to the others. It is work-conserving to the last watt: as long as anybody wants
more, the whole limit is given out.
"""

from collections.abc import Mapping

from charger_agent.outlet import Outlet, OutletState


def share_power(demands_w: Mapping[str, int], *, limit_w: int) -> dict[str, int]:
    """Return who gets how much of a limit, fairly.

    Args:
        demands_w: What each asks for, already cut to what its cable carries. [W]
        limit_w: What there is for all together. [W]

    Returns:
        A power for each name [W]: at most its demand, in sum at most the limit, in sum the
        smaller of limit and all demands. Odd watts go to the first by name.
    """
    assert limit_w >= 0
    assert all(demand_w >= 0 for demand_w in demands_w.values())
    left_w = limit_w
    shares_w: dict[str, int] = {}
    waiting = sorted(demands_w, key=lambda name: (demands_w[name], name))
    while waiting:
        name = waiting[0]
        if demands_w[name] * len(waiting) > left_w:
            return shares_w | _equal_shares(sorted(waiting), left_w)
        shares_w[name] = demands_w[name]
        left_w -= demands_w[name]
        waiting.pop(0)
    return shares_w


def _equal_shares(names: list[str], limit_w: int) -> dict[str, int]:
    each_w, odd = divmod(limit_w, len(names))
    return {name: each_w + (rank < odd) for rank, name in enumerate(names)}


class Site:
    """A charging site: its outlets and the connection that they share.

    Args:
        outlets: All outlets; their names differ.
        power_w_max: What the grid connection carries. [W]
    """

    def __init__(self, outlets: tuple[Outlet, ...], *, power_w_max: int) -> None:
        assert outlets
        assert power_w_max > 0
        self.outlets = {outlet.name: outlet for outlet in outlets}
        assert len(self.outlets) == len(outlets)
        self.power_w_max = power_w_max
        self._demands_w: dict[str, int] = {}

    def free_outlet(self) -> Outlet | None:
        """Return the strongest free outlet, the first by name where several are, or None."""
        free = [outlet for outlet in self.outlets.values() if outlet.state is OutletState.FREE]
        return min(free, key=lambda outlet: (-outlet.power_w_max, outlet.name), default=None)

    def outlet_of(self, dialogue: bytes) -> Outlet | None:
        """Return the outlet that a dialogue has, or None."""
        has = (outlet for outlet in self.outlets.values() if outlet.dialogue == dialogue)
        return next(has, None) if dialogue else None

    def demand(self, outlet: str, demand_w: int) -> None:
        """Note what the car at an outlet asks for now; 0 when it leaves. [W]"""
        assert demand_w >= 0
        self._demands_w[outlet] = min(demand_w, self.outlets[outlet].power_w_max)

    def allotments_w(self) -> dict[str, int]:
        """Return the power that each outlet may give now; new demands change all of them. [W]"""
        return share_power(self._demands_w, limit_w=self.power_w_max)

    @property
    def load(self) -> float:
        """Share of the connection that is asked for; above 1 where more is than there is."""
        return sum(self._demands_w.values()) / self.power_w_max

    @property
    def occupancy(self) -> float:
        """Share of the outlets that are not free."""
        taken = sum(outlet.state is not OutletState.FREE for outlet in self.outlets.values())
        return taken / len(self.outlets)

    def expire(self, at_s: float) -> tuple[bytes, ...]:
        """Free the outlets whose reservation is over; return the dialogues that missed them."""
        missed = (outlet.expire(at_s) for outlet in self.outlets.values())
        return tuple(dialogue for dialogue in missed if dialogue is not None)
