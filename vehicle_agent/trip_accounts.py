"""A fresh account for each trip, so that sellers who compare notes can not follow a car.

The main account holds the money. Before a trip's first agreement it pays what that may cost to a
fresh account, tops it up before each further one, and all that is left comes back after the trip.
Nothing about the keys is kept: account number n of a car derives from the car's own key.

The journal is told before anything is done: the number before the account is used, the signed
payment before it is submitted. So a car that crashes anywhere finds every account that may hold
money, and empties it when its dialogues have ended.
"""

import contextlib
from hashlib import sha512

import msgspec

from agent_runtime import Runtime, Wallet
from ledger_core import (
    ZERO,
    KeyPair,
    Records,
    UnavailableError,
    format_amount,
    parse_records,
)
from negotiation import Memory, Role
from wallet import Purse, Seed

NEXT_NOTE = "trip_account_next"
"""Name of the note with the number that no trip has used yet."""

NOTE = "trip_account/"
"""Beginning of the names of the notes on accounts that may hold money; the number follows."""

FUNDING_VALID_S = 60
"""How long a payment to a trip's account can be applied. [s]"""

ANSWER_S = 30.0
"""How long the ledger may take to judge a payment, a node restart included. [real s]"""

TRY_AGAIN_S = 1.0
"""Between two tries to empty the accounts at the end of a life. [real s]"""

TRIES_MAX = 60
"""Tries at the end; what is left then is emptied at the next start."""

US_PER_S = 1_000_000


def trip_purse(key_pair: KeyPair) -> Purse:
    """Return the accounts for the trips of the car that has this key; its main one is not used.

    Args:
        key_pair: The car's own.
    """
    return Purse(Seed(sha512(b"tangleway trip accounts 1\n" + key_pair.seed).digest()))


class _Account(msgspec.Struct):
    """A trip's account that may hold money."""

    number: int
    """Its number."""
    wallet: Wallet
    """The account with its key."""
    funding: bytes = b""
    """The latest payment to it, whose fate may be unknown; 256 bytes or nothing."""


class TripAccounts:
    """The accounts of one car's trips.

    Args:
        runtime: The ports of the agent; its wallet is the main account.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._main = runtime.wallet
        self._purse = trip_purse(runtime.key_pair)
        self._accounts: dict[bytes, _Account] = {}
        self._current: _Account | None = None

    @property
    def wallets(self) -> dict[bytes, Wallet]:
        """The accounts that may hold money, by public key."""
        return {key: account.wallet for key, account in self._accounts.items()}

    @property
    def has_trip(self) -> bool:
        """Whether a trip was begun that has an account of its own."""
        return self._current is not None

    async def load(self) -> None:
        """Take up what the journal knows of accounts that may hold money."""
        for name, funding in (await self._runtime.journal.notes(NOTE)).items():
            self._add(int(name.removeprefix(NOTE)), funding)

    async def begin(self) -> Wallet:
        """Begin a trip: empty what is left of earlier ones, and return a fresh account.

        Raises:
            UnavailableError: The node is away; nothing was begun.
        """
        self._current = None
        with contextlib.suppress(UnavailableError):
            await self._empty_all()
        notes = await self._runtime.journal.notes(NEXT_NOTE)
        number = int(notes.get(NEXT_NOTE, b"1"))
        while await self._wallet(number).exists():  # The journal was lost, the ledger was not.
            number += 1
        await self._runtime.journal.note(NEXT_NOTE, str(number + 1).encode())
        await self._runtime.journal.note(f"{NOTE}{number}", b"")
        self._current = self._add(number)
        return self._current.wallet

    async def balance(self) -> int:
        """Return what the main account and the present trip's have together. [base units]

        Raises:
            UnavailableError: The node is away.
        """
        assert self._current is not None, "a trip was begun"
        return await self._main.balance() + await self._current.wallet.balance()

    async def fund(self, wanted: int) -> int:
        """Top the present trip's account up to `wanted`; return what it has then. [base units]

        Raises:
            UnavailableError: The node is away; whether it was paid is found out later.
        """
        account = self._current
        assert account is not None, "a trip was begun"
        missing = wanted - await account.wallet.balance()
        missing = min(missing, await self._main.balance())
        if missing > 0:
            async with self._main.turn():
                record = await self._main.sign_transfer(
                    target=account.wallet.public_key,
                    amount=missing,
                    digest=ZERO,
                    valid_for_s=FUNDING_VALID_S,
                )
                account.funding = record.tobytes()
                await self._note(account)
                await self._submit(record)
        return await account.wallet.balance()

    async def close(self) -> None:
        """Empty all accounts, once every dialogue has ended; a node that is away is waited for."""
        self._current = None
        for _ in range(TRIES_MAX):
            with contextlib.suppress(UnavailableError):
                await self._empty_all()
            if not self._accounts:
                return
            await self._runtime.clock.sleep(TRY_AGAIN_S)
        self._runtime.log.warning(
            "accounts of trips are not empty yet; the next start empties them",
            numbers=[account.number for account in self._accounts.values()],
        )

    def _add(self, number: int, funding: bytes = b"") -> _Account:
        account = _Account(number, self._wallet(number), funding)
        self._accounts[account.wallet.public_key] = account
        return account

    def _wallet(self, number: int) -> Wallet:
        return self._main.of(self._purse.fresh_account(number))

    async def _empty_all(self) -> None:
        """Bring back what the accounts hold, and forget those that can get no more."""
        entries = await self._runtime.journal.open_dialogues()
        memories = [Memory.decode(entry.snapshot) for entry in entries]
        busy = {
            memory.terms.buyer
            for memory in memories
            if memory.role is Role.BUYER and memory.terms is not None
        }
        for key, account in list(self._accounts.items()):
            await self._empty(account)
            if key not in busy and not await account.wallet.balance():
                await self._runtime.journal.note(f"{NOTE}{account.number}", None)
                del self._accounts[key]

    async def _empty(self, account: _Account) -> None:
        """Let the fate of the last payment to an account be known, then bring back what it has."""
        if account.funding:
            (record,) = parse_records(account.funding)
            await self._submit(record)
        balance = await account.wallet.balance()
        if not balance:
            return
        answer = await account.wallet.pay(
            self._main.public_key, balance, digest=ZERO, deadline_us=self._answer_by_us()
        )
        self._runtime.log.info(
            "a trip's account is emptied",
            number=account.number,
            amount=format_amount(balance),
            verdict=answer.verdict.name,
        )

    async def _submit(self, record: Records) -> None:
        await self._main.submit(record, deadline_us=self._answer_by_us())

    async def _note(self, account: _Account) -> None:
        await self._runtime.journal.note(f"{NOTE}{account.number}", account.funding)

    def _answer_by_us(self) -> int:
        return self._runtime.clock.now_us() + int(ANSWER_S * US_PER_S)
