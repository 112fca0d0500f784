"""What driving takes out of the battery: rolling, air and everything that runs beside the motor."""

from typing import Annotated

import msgspec

from vehicle_agent.road import Stretch

M_PER_KM = 1000
"""Metres in a kilometre."""

SPEED_OF_DRAG_KMH = 100
"""The speed at which the drag of the settings is stated. [km/h]"""


class Consumption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much energy a vehicle needs; the defaults are those of a compact car.

    Energy per distance = rolling + drag x (speed / 100 km/h)^2 + auxiliary / speed: 120 Wh/km at
    50 km/h, 168 Wh/km at 100 km/h, 216 Wh/km at 130 km/h.
    """

    rolling_wh_per_km: Annotated[float, msgspec.Meta(gt=0, le=5_000)] = 95.0
    """Rolling resistance and losses, the same at every speed. [Wh/km]"""
    drag_wh_per_km: Annotated[float, msgspec.Meta(ge=0, le=5_000)] = 70.0
    """Air resistance at 100 km/h; it grows with the square of the speed. [Wh/km]"""
    auxiliary_w: Annotated[float, msgspec.Meta(ge=0, le=50_000)] = 350.0
    """Heating, cooling and electronics while driving. [W]"""

    def wh_per_km(self, speed_kmh: float) -> float:
        """Return the energy that a kilometre takes at a steady speed. [Wh/km]"""
        drag_wh_per_km = self.drag_wh_per_km * (speed_kmh / SPEED_OF_DRAG_KMH) ** 2
        return self.rolling_wh_per_km + drag_wh_per_km + self.auxiliary_w / speed_kmh

    def energy_wh(self, stretch: Stretch, along_m: float) -> float:
        """Return the energy that the first `along_m` metres of a stretch take. [Wh]"""
        return self.wh_per_km(stretch.speed_kmh) * along_m / M_PER_KM
