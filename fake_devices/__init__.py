"""Devices that are not there: each speaks the exact wire of a real one, and obeys physics.

A fake stands where a charger, a barrier or a sensor would stand: it connects as that does, says
what that says, in its units and with its habits, and does what it is told. So drivers are tried
without hardware, and whoever writes one sees both sides of the conversation. Fakes know nothing of
agents, money or the ledger: what they know of a driver is what came over the wire.

- *what is fake*: `OutletPhysics` is an outlet with a car, in story time.
- *what a fake is*: `FakeDevice`, made from a `FakeSetup`; a person does to it what its `Control`s
  offer. `FAKES` has all by name, `find_fake` finds one.
- *its wire*: each device's own module; `broker_connection` is what firmware does at a broker.
"""

from fake_devices.controls import charger_controls, link_controls, obey, obey_lines, usage
from fake_devices.device import Control, FakeDevice, FakeKind, FakeSetup, Tell, find_fake
from fake_devices.errors import FakeAwayError, FakeOptionError, UnknownFakeError
from fake_devices.outlet_physics import OutletPhysics, Timer
from fake_devices.registry import FAKES

__all__ = [
    "FAKES",
    "Control",
    "FakeAwayError",
    "FakeDevice",
    "FakeKind",
    "FakeOptionError",
    "FakeSetup",
    "OutletPhysics",
    "Tell",
    "Timer",
    "UnknownFakeError",
    "charger_controls",
    "find_fake",
    "link_controls",
    "obey",
    "obey_lines",
    "usage",
]
