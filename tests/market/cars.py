"""Cars of a town, and the roads that they drive on.

```
home --1 km-- mill --1 km-- square --2 km, a gate in the middle-- far
              mill ---------------------9 km------------------ far
```
"""

from typing import Any

from tests.market.town import LEDGER
from vehicle_agent import BatteryModel, CurvePoint, Gate, Place, Road, RoadMap, VehicleSettings

FLAT = BatteryModel(capacity_wh=50_000, curve=(CurvePoint(0, 50_000), CurvePoint(100, 50_000)))
"""A battery that always takes 50 kW."""

ROADS = RoadMap(
    places=(
        Place("home", (0.0, 0.0)),
        Place("mill", (1_000.0, 0.0)),
        Place("square", (2_000.0, 0.0)),
        Place("far", (4_000.0, 0.0)),
    ),
    roads=(
        Road(ends=("home", "mill")),
        Road(ends=("mill", "square")),
        Road(ends=("square", "far")),
        Road(ends=("mill", "far"), length_m=9_000),
    ),
    gates=(Gate(name="gate", ends=("square", "far"), at_m=1_000),),
)
"""All roads are driven at 50 km/h."""

MILL = (1_000.0, 0.0)
SQUARE = (2_000.0, 0.0)
FAR = (4_000.0, 0.0)


def car(name: str = "anna", **changes: Any) -> VehicleSettings:  # noqa: ANN401 (settings)
    """Return the settings of a half-full car at home."""
    values: dict[str, Any] = {
        "name": name,
        "network": "town",
        "key_file": "unused",
        "ledger": LEDGER,
        "place": "home",
        "battery": FLAT,
        "charge_percent": 50,
        "road": ROADS,
    }
    return VehicleSettings(**(values | changes))
