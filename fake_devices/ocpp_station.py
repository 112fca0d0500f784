"""A charging station without a wire of its own: connectors, cars, transactions, faults, clock.

`Station` knows when something begins, goes on and ends, and says so by calls that the two versions
of OCPP put into their words (`ocpp16`, `ocpp201`). Reasons and triggers come in the words of 2.0.1,
which has more of them.
"""

import asyncio
from collections.abc import Callable, Iterable

from fake_devices.device import FakeSetup
from fake_devices.ocpp_connector import (
    Authorisation,
    Connector,
    Point,
    Transaction,
)
from fake_devices.ocpp_life import StationLife
from fake_devices.ocpp_link import StationLink
from fake_devices.ocpp_options import StationOptions
from fake_devices.ocpp_outbox import Outbox, Retries
from fake_devices.ocpp_profiles import NEVER_S, ProfileStack
from fake_devices.ocpp_time import StationTime
from fake_devices.ocpp_words import StationWords
from fake_devices.outlet_physics import OutletPhysics


class Station(StationWords):
    """A station and its connectors.

    Args:
        setup: What it is made from; its options are `StationOptions`.
        protocol: Its subprotocol.

    Raises:
        FakeOptionError: An option is wrong.
    """

    def __init__(self, setup: FakeSetup, protocol: str) -> None:
        self.options = StationOptions.read(setup.options)
        self.clock = setup.clock
        self.tell = setup.tell
        self.name = setup.name
        self.time = StationTime(
            setup.clock,
            offset_s=self.options.clock_offset_s,
            is_settable=self.options.clock_settable,
        )
        self.connectors = {
            number: Connector(
                number,
                OutletPhysics(setup.clock, rated_w=setup.power_w, energy_wh=self.options.energy_wh),
            )
            for number in range(1, self.options.connectors + 1)
        }
        self.profiles = ProfileStack()
        self.sample_s = self.options.sample_s
        self.connection_timeout_s = self.options.connection_timeout_s
        self.start_points = self.stop_points = frozenset({Point.CLOSED})
        self.link = StationLink(
            self.options.link(setup.url, name=setup.name, protocol=protocol),
            setup.clock,
            answer=self.answer,
            came=self._link_came,
        )
        self.outbox = Outbox(self.link, setup.clock, Retries())
        self._serial = 0
        self._has_power = True
        self._life = StationLife(self, setup.clock)

    async def run(self) -> None:
        """Live until cancelled: keep the link, say what there is to say, obey physics."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.link.run())
            group.create_task(self.outbox.run())
            group.create_task(self._life.greet())
            group.create_task(self._life.look())

    # What happens to it.

    def plug_in(self, number: int, demand_w: int, *, needs_wh: int | None = None) -> None:
        """Plug a car in. [W, Wh]"""
        connector = self.connectors[number]
        connector.outlet.plug_in(demand_w, needs_wh=needs_wh)
        missing_wh = NEVER_S if needs_wh is None else needs_wh
        connector.full_wh = connector.outlet.energy_wh + missing_wh
        self.step(connector, trigger="CablePluggedIn")

    def unplug(self, number: int) -> None:
        """Pull the cable."""
        connector = self.connectors[number]
        connector.outlet.unplug()
        connector.full_wh, connector.is_finishing = NEVER_S, False
        self.step(connector, trigger="EVCommunicationLost", reason="EVDisconnected")

    def break_down(self, number: int, reason: str = "GroundFailure") -> None:
        """Let a connector find a fault."""
        self.connectors[number].outlet.break_down(reason)
        self.step(self.connectors[number], trigger="AbnormalCondition", reason="GroundFault")

    def repair(self, number: int) -> None:
        """Take the fault away."""
        self.connectors[number].outlet.repair()
        self.step(self.connectors[number], trigger="AbnormalCondition")

    def tap(self, number: int, card: str) -> None:
        """Hold a card to the reader: it lets charge, or ends what it began."""
        connector = self.connectors[number]
        transaction = connector.transaction
        if transaction is not None and transaction.id_tag == card:
            self.press_stop(number)
        elif connector.authorisation is None and not connector.is_kept_from(card):
            authorisation = Authorisation(
                id_tag=card, until_s=self.clock.story_s() + self.connection_timeout_s
            )
            self.ask(card, lambda: self.authorise(connector, authorisation, "Authorized"))

    def press_stop(self, number: int, *, reason: str = "Local") -> None:
        """Press the stop button, or the emergency stop."""
        self.withdraw(self.connectors[number], trigger="StopAuthorized", reason=reason)

    def power_off(self) -> None:
        """Take the mains away: power and link are gone, and what was not on disk."""
        for connector in self.connectors.values():
            connector.outlet.switch(on=False)
        self._has_power = False
        self._life.forget()
        self.link.cut()

    def power_on(self) -> None:
        """Bring the mains back: what was charging is stopped with its reason, or goes on."""
        self._has_power = True
        for connector in self.connectors.values():
            connector.told_status = ""
            if connector.transaction is not None and not self.options.resumes:
                connector.authorisation = None
            self.step(connector, trigger="AbnormalCondition", reason="PowerLoss")
        self.link.restore()
        self._life.change()

    # What it does about it.

    def authorise(self, connector: Connector, authorisation: Authorisation, trigger: str) -> None:
        """Let somebody charge at a connector once a car is there, or at once."""
        connector.authorisation = authorisation
        transaction = connector.transaction
        if transaction is not None:
            transaction.id_tag = authorisation.id_tag
            transaction.remote_start, transaction.reason = authorisation.remote_start, ""
            connector.take_profile(self.profiles)
            self.went_on(connector, trigger)
        self.step(connector, trigger=trigger)

    def withdraw(self, connector: Connector, *, trigger: str, reason: str) -> None:
        """Let nobody charge at a connector any more."""
        connector.authorisation = None
        transaction = connector.transaction
        self.step(connector, trigger=trigger, reason=reason)
        if transaction is not None and connector.transaction is transaction:
            transaction.reason = transaction.reason or reason
            self.went_on(connector, trigger)

    def step(self, connector: Connector, *, trigger: str, reason: str = "Local") -> None:
        """Begin or end what has to, and say what is new.

        Args:
            connector: Where something has changed.
            trigger: What.
            reason: Why a transaction ends that ends by this.
        """
        if not self._has_power:
            return
        if connector.ends_with(self.stop_points):
            self._end(connector, trigger, reason)
        if connector.begins_with(self.start_points):
            self._begin(connector, trigger)
        self.refresh(connector)
        self._life.change()

    def refresh(self, connector: Connector) -> None:
        """Obey the profiles and say what is new."""
        if not self._has_power:
            return
        connector.apply(self.profiles, self.clock.story_s())
        transaction = connector.transaction
        if transaction is not None and transaction.activity is not connector.activity():
            transaction.activity = connector.activity()
            self.went_on(connector, "ChargingStateChanged")
        status = self.status(connector)
        if status != connector.told_status:
            connector.told_status = status
            self.say_status(connector)

    def refresh_all(self) -> None:
        """Obey new profiles everywhere."""
        for connector in self.connectors.values():
            self.refresh(connector)
        self._life.change()

    def reset(self, reason: str) -> None:
        """Start anew: stop what goes on, and register again."""
        for connector in self.connectors.values():
            connector.told_status = ""
            self.withdraw(connector, trigger="ResetCommand", reason=reason)
        self._life.forget()
        self.link.drop()

    def sample_every(self, interval_s: float) -> None:
        """Read meters so often from now on; 0 for never. [story s]"""
        self.sample_s = interval_s
        for transaction in self.transactions:
            now_s = self.clock.story_s()
            transaction.next_sample_s = now_s + interval_s if interval_s > 0 else NEVER_S
        self._life.change()

    def later(self, act: Callable[[], None]) -> None:
        """Do something once the answer that is being made is on its way."""
        asyncio.get_running_loop().call_soon(act)

    @property
    def is_offline(self) -> bool:
        """Whether what happens now is told later."""
        return not self.link.is_up

    @property
    def transactions(self) -> Iterable[Transaction]:
        """All transactions that go on."""
        return [each.transaction for each in self.connectors.values() if each.transaction]

    # How it lives.

    def open(self) -> None:
        """Say all that waited: it is accepted and there is a link."""
        self.outbox.open()
        for connector in self.connectors.values():
            self.say_status(connector)

    def beat(self) -> None:
        """Say that it lives, and take the time over."""
        self.outbox.chat("Heartbeat", {}, lambda answer: self.time.set_to(answer["currentTime"]))

    def pass_time(self, now_s: float) -> float:
        """Let happen what is due, and return when something is due next. [story s]"""
        if not self._has_power:
            return NEVER_S
        for connector in self.connectors.values():
            self._pass(connector, now_s)
        return min(each.next_s(now_s) for each in self.connectors.values())

    def _begin(self, connector: Connector, trigger: str) -> None:
        self._serial += 1
        now_s, reservation = self.clock.story_s(), connector.reservation
        authorisation = connector.authorisation
        transaction = Transaction(
            key=f"{self.name[:20]}-{self.clock.now_us() // 1_000_000}-{self._serial}",
            id_tag="" if authorisation is None else authorisation.id_tag,
            began_s=now_s,
            began_wh=connector.energy_wh(),
            began_at=self.time.now(),
            remote_start=None if authorisation is None else authorisation.remote_start,
            next_sample_s=now_s + self.sample_s if self.sample_s > 0 else NEVER_S,
            reached=set(connector.points()),
        )
        if reservation is not None and reservation.id_tag == transaction.id_tag:
            transaction.reservation, connector.reservation = reservation.number, None
        connector.transaction, connector.is_finishing = transaction, False
        connector.take_profile(self.profiles)
        if self.options.energy_limit_wh:
            connector.bound_energy(self.options.energy_limit_wh)
        connector.apply(self.profiles, now_s)
        transaction.activity = connector.activity()
        self.began(connector, transaction, trigger)

    def _end(self, connector: Connector, trigger: str, reason: str) -> None:
        transaction = connector.end()
        own = [each for each in self.profiles.profiles if each.transaction == transaction.key]
        self.profiles.remove(own)
        self.ended(connector, transaction, trigger=trigger, reason=transaction.reason or reason)

    def _pass(self, connector: Connector, now_s: float) -> None:
        reservation, authorisation = connector.reservation, connector.authorisation
        if reservation is not None and reservation.until_s <= now_s:
            connector.reservation = None
            self.reservation_ended(connector, reservation)
        if authorisation is not None and authorisation.until_s <= now_s:
            if not connector.outlet.is_plugged:
                self.withdraw(connector, trigger="EVConnectTimeout", reason="Timeout")
            authorisation.until_s = NEVER_S
        transaction = connector.transaction
        if connector.is_used_up(self.options.energy_limit_wh):
            self.withdraw(connector, trigger="EnergyLimitReached", reason="EnergyLimitReached")
        if transaction is not None and transaction.next_sample_s <= now_s:
            transaction.next_sample_s += self.sample_s
            if connector.transaction is transaction:
                self.went_on(connector, "MeterValuePeriodic")
        self.refresh(connector)

    def _link_came(self) -> None:
        self.tell(f"{self.name} is connected")
        self._life.come()
