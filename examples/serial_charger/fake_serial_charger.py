"""The same charger, without hardware: it answers on a pseudo terminal.

    python -m examples.serial_charger.fake_serial_charger

says where it is; type `plug 11000`, `unplug`, `fault`, `repair`. An option is a link that shall
lead to it, `--link /tmp/charger`, so that a settings file can name it.
"""

import argparse
import asyncio
import os
import pty
import sys
import tty
from pathlib import Path

from agent_runtime import SystemClock
from fake_devices import OutletPhysics, Timer, charger_controls, obey
from fake_devices.outlet_physics import StoryTime

RATED_W = 11_000
"""Rated power. [W]"""


class FakeSerialCharger:
    """A charger that answers on a pseudo terminal."""

    def __init__(self, clock: StoryTime, *, rated_w: int = RATED_W) -> None:
        self.outlet = OutletPhysics(clock, rated_w=rated_w)
        self._is_on, self._safe_w, self._limit_w = False, 0, 0
        self._timer: Timer | None = None
        self._ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.port = os.ttyname(theirs)
        self._theirs = theirs
        self.controls = charger_controls(self.outlet, changed=self._settle, link=self._cut)
        self._pending = b""

    def start(self) -> None:
        """Begin to answer."""
        asyncio.get_running_loop().add_reader(self._ours, self._read)

    def stop(self) -> None:
        """Answer no more."""
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)
        os.close(self._theirs)

    def _read(self) -> None:
        *lines, self._pending = (self._pending + os.read(self._ours, 4_096)).split(b"\n")
        for line in lines:
            os.write(self._ours, self._answer(line.decode("ascii", "replace")).encode() + b"\n")

    def _answer(self, line: str) -> str:
        command, *words = line.split() or [""]
        if command == "STATE?":
            return f"STATE {self._state()}"
        if command == "METER?":
            return f"METER {int(self.outlet.energy_wh)} {self.outlet.power_w}"
        if command in ("ON", "OFF"):
            self._is_on = command == "ON"
        elif command == "SAFE":
            self._safe_w = int(words[0])
        elif command == "LIMIT":
            self._set_limit(int(words[0]), float(words[1]))
        else:
            return "WHAT?"
        self._settle()
        return "OK"

    def _set_limit(self, power_w: int, life_s: float) -> None:
        self._limit_w = power_w
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.outlet.after(life_s, self._let_die) if life_s else None

    def _let_die(self) -> None:
        self._limit_w = self._safe_w
        self._settle()

    def _settle(self) -> None:
        self.outlet.limit(self._limit_w)
        self.outlet.switch(on=self._is_on)

    def _cut(self, connected: bool) -> None:
        """Pull the line's plug, or put it back."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._ours)
        if connected:
            loop.add_reader(self._ours, self._read)

    def _state(self) -> str:
        if self.outlet.fault:
            self._is_on = False
            return "F"
        if not self.outlet.is_plugged:
            return "A"
        return "C" if self.outlet.power_w else "B"


async def _live(charger: FakeSerialCharger) -> None:
    """Answer, and obey what is typed."""
    charger.start()
    while line := await asyncio.to_thread(sys.stdin.readline):
        await obey(line, charger.controls)


def main() -> None:
    """Run one until its standard input ends."""
    parser = argparse.ArgumentParser(description="A fake charger on a pseudo terminal.")
    parser.add_argument("--link", type=Path, help="make this a link to the terminal")
    link = parser.parse_args().link
    charger = FakeSerialCharger(SystemClock())
    if link is not None:
        link.unlink(missing_ok=True)
        link.symlink_to(charger.port)
    sys.stdout.write(f"serial charger, {RATED_W} W, at {link or charger.port}\n")
    sys.stdout.flush()
    asyncio.run(_live(charger))


if __name__ == "__main__":
    main()
