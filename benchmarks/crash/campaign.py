"""A campaign: a site under load whose processes are killed, round by round, and judged at the end.

What SIGKILL shows is that a process may end at any instant. It does not show what a power cut does:
the operating system keeps what was handed to it. That the disk has been told to write before
anybody is answered is shown elsewhere, by a simulation that loses unsynced writes.
"""

import asyncio
import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks.crash.author import NETWORK
from benchmarks.crash.plan import Plan
from benchmarks.crash.report import CrashReport
from benchmarks.crash.rounds import Rounds
from benchmarks.crash.witness import Witness
from benchmarks.machine import chosen_engine
from benchmarks.options import Progress, silent
from benchmarks.sites import NotReadyError, Site, SiteProcess
from ledger_core import (
    SUPPLY_MAX,
    EngineName,
    KeyPair,
    Records,
    TanglewayError,
    genesis,
    record_ids,
)
from ledger_node.audit import audit
from ledger_node.local_log import LocalLog

__all__ = ["VALIDATORS", "run"]

VALIDATORS = ("city", "operator", "auditor")
"""Two of them make a record final, so that one may be dead."""


def run(
    *,
    rounds: int,
    seed: int,
    validators: int = len(VALIDATORS),
    budget_bytes: int | None = None,
    engine: EngineName = "auto",
    folder: Path | None = None,
    progress: Progress = silent,
) -> CrashReport:
    """Kill processes of a ledger under load, and look whether anything was lost or told twice.

    Args:
        rounds: How often.
        seed: Decides whom, when, and what is handed in meanwhile.
        validators: How many there are, at most three.
        budget_bytes: What each process may keep before it prunes; None means any.
        engine: Who verifies signatures.
        folder: Where everything is kept; None means a temporary folder, which is kept only where
            something is found.
        progress: Hears how far it has come.

    Returns:
        What was found.
    """
    began_s = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="tangleway-crash-")) if folder is None else folder
    place.mkdir(parents=True, exist_ok=True)
    names = VALIDATORS[:validators]
    chance = Random(seed)  # noqa: S311 (chance that can be repeated)
    bank = KeyPair.from_seed(chance.randbytes(32))
    origin = _origin(bank)
    site = Site(place, origin, validators=names, budget_bytes=budget_bytes, engine=engine)
    campaign = _Campaign(site, (bank, record_ids(origin).tobytes()), Plan(seed, names))
    with chosen_engine(engine):  # lanes are compiled once, and not by processes that are killed
        audited = campaign.run(rounds, chance=chance, tell=progress)
    witness = campaign.witness
    is_kept = folder is not None or bool(witness.found)
    if not is_kept:
        shutil.rmtree(place)
    played = campaign.rounds
    return CrashReport(
        ok=not witness.found,
        seed=seed,
        rounds=campaign.played,
        kills={name: dict(sorted(moments.items())) for name, moments in played.kills.items()},
        starts_killed=played.starts_killed,
        records=witness.size,
        unanswered=sum(issuer.unanswered for issuer in played.issuers),
        repeated=sum(issuer.repeated for issuer in played.issuers),
        signatures=witness.signatures,
        audited=audited,
        pruned=campaign.pruned,
        took_s=round(time.monotonic() - began_s, 1),
        findings=witness.findings,
        found=witness.found,
        data=str(place) if is_kept else None,
    )


def _origin(bank: KeyPair) -> Records:
    """Begin a ledger whose supply a bank has."""
    return genesis(
        bank,
        network=NETWORK,
        target=bank.public_key,
        amount=SUPPLY_MAX,
        issued_at=time.time_ns() // 1_000,
    )


class _Campaign:
    """Run the rounds, then judge what is stored."""

    def __init__(self, site: Site, bank: tuple[KeyPair, bytes], plan: Plan) -> None:
        self.played = 0
        self.pruned: dict[str, int] = {}
        self.witness = Witness(site.policy)
        self._site = site
        self._bank = bank
        self._plan = plan
        self.rounds: Rounds

    def run(self, rounds: int, *, chance: Random, tell: Progress) -> list[str]:
        """Play the rounds and judge the stores; return whose were found right."""
        tell(0, rounds, "starting a node and its validators")
        with self._site as site:
            self.rounds = Rounds(site, self._bank, witness=self.witness, chance=chance)
            asyncio.run(self._play(rounds, tell))
            site.stop()
        tell(self.played, rounds, "judging every store from its first record on")
        is_cut_off = self.played < rounds
        stores = [site.node, *site.validators]
        audited = [one.name for one in stores if self._is_right(one, is_cut_off=is_cut_off)]
        self.witness.check_roots()
        tell(rounds, rounds, "done")
        return audited

    async def _play(self, rounds: int, tell: Progress) -> None:
        async with self.rounds:
            for number in range(rounds):
                blow = self._plan.blow()
                what = f"{self.witness.size} records, killing {blow.victim} ({blow.moment})"
                tell(number, rounds, what)
                try:
                    await self.rounds.play(blow)
                except (NotReadyError, TanglewayError) as error:
                    self.witness.find(f"round {number}: {error}")
                if self.witness.found:
                    return
                self.played = number + 1

    def _is_right(self, one: SiteProcess, *, is_cut_off: bool) -> bool:
        """Judge a store, and compare it with all that was told.

        Where the campaign was cut off, validators may still have been on their way.
        """
        before = self.witness.found
        result = audit(one.data, policy=self._site.policy, engine=self._site.engine)
        if not result.ok:
            self.witness.find(f"the store of {one.name}: {result.reason}")
        with closing(LocalLog(one.data / "log.sqlite")) as log:
            self.pruned[one.name] = log.first
            if not is_cut_off or one is self._site.node:
                self.witness.check_size(log.size, source=f"the store of {one.name}")
            self.witness.read(log.entries(), source=f"the store of {one.name}")
        return self.witness.found == before
