"""What agents keep of each finished session: its receipt, sooner or later, and never in the way."""

import msgspec
import pytest

from agent_runtime import Deal, Finality, LedgerSettings, ReceiptNote, ReceiptState
from agent_runtime.journal import RECEIPT_NOTE
from agent_runtime.proofs import FINAL_S
from ledger_core import Kind
from negotiation import (
    Needs,
    Service,
    State,
    VerifiedSession,
    verify_session_receipt,
)
from tests.market.shopper import CHARGE, Shopper, shopper
from tests.market.shops import TOLL, charger, gate, open_shop
from tests.market.town import LEDGER, Town
from tests.unit.agent_runtime.memory_ledger import POLICY

FINAL: LedgerSettings = msgspec.structs.replace(LEDGER, final_from=1)
"""Every settlement counts only when it is final."""


@pytest.fixture
async def town() -> Town:
    """Return a town in which a buyer and a seller of each kind have accounts."""
    town = Town()
    for name in ("anna", "mill", "gate"):
        await town.grant(name)
    return town


async def kept(town: Town, name: str) -> VerifiedSession:
    """Wait, within a story, until an agent has its only receipt, and return what it proves."""
    while not town.receipts[name].kept:
        await town.clock.sleep(0.1)
    ((file, content),) = town.receipts[name].kept.items()
    found = verify_session_receipt(content, POLICY)
    assert file == f"{found.terms.dialogue.hex()}.json"
    return found


async def note(town: Town, name: str) -> ReceiptNote:
    """Return what an agent's journal says about its only receipt."""
    ((_, value),) = (await town.journals[name].notes(RECEIPT_NOTE)).items()
    return msgspec.json.decode(value, type=ReceiptNote)


async def noted(town: Town, name: str, state: ReceiptState) -> ReceiptNote:
    """Wait, within a story, until an agent's only receipt has come to a state."""
    while (found := await note(town, name)).state is not state:
        await town.clock.sleep(0.1)
    return found


async def charged(anna: Shopper) -> Deal:
    """Return a deal under which a whole charge was delivered and paid."""
    deal = await anna.agree(Service.CHARGE, CHARGE)
    assert await deal.begin(22_000)
    await deal.result()
    return deal


async def test_both_sides_keep_the_receipt_of_a_charge(town: Town) -> None:
    """It proves terms, bill and payment, and is the same on both sides."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await charged(anna)
            found = await kept(town, "anna")
            assert found.terms == deal.terms
            assert found.bill == deal.memory.bill
            assert int(found.ledger.record["amount"]) == deal.memory.paid > 0
            twin = await kept(town, "mill")
            assert (twin.terms, twin.bill) == (found.terms, found.bill)
            done = ReceiptNote(state=ReceiptState.KEPT, finality=Finality.FINAL)
            assert await noted(town, "mill", ReceiptState.KEPT) == done
            assert await noted(town, "anna", ReceiptState.KEPT) == done

    await town.play(story())
    await town.check_books("anna", "mill")


async def test_a_toll_leaves_its_receipt(town: Town) -> None:
    """Its terms are its bill."""

    async def story() -> None:
        async with open_shop(town, gate()), shopper(town) as anna:
            deal = await anna.agree(Service.TOLL, Needs())
            await deal.pay()
            for name in ("anna", "gate"):
                found = await kept(town, name)
                assert found.ledger.record["kind"] == Kind.TRANSFER
                assert int(found.ledger.record["amount"]) == TOLL

    await town.play(story())


async def test_a_hold_that_was_given_back_leaves_its_receipt(town: Town) -> None:
    """The payer can show that the payee has released it."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal._set_aside()
            await deal.withdraw("the plans have changed")
            assert (await deal.result()).state is State.RELEASED
            for name in ("anna", "mill"):
                assert (await kept(town, name)).ledger.record["kind"] == Kind.RELEASE

    await town.play(story())


async def test_a_hold_that_was_taken_back_leaves_its_receipt(town: Town) -> None:
    """The payer has reclaimed it; the seller has vanished."""

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, charger()):
                deal = await anna.agree(Service.CHARGE, CHARGE)
                assert await deal._set_aside()
            assert (await deal.result()).state is State.RECLAIMED
            assert (await kept(town, "anna")).ledger.record["kind"] == Kind.RECLAIM

    await town.play(story(), limit_s=20_000)


async def test_sessions_without_a_payment_leave_none(town: Town) -> None:
    """A rejected offer proves nothing."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            (deal,) = (await anna.offers(Service.CHARGE, CHARGE)).values()
            await deal.reject("too dear")
            await town.clock.sleep(5)

    await town.play(story())
    assert await town.journals["anna"].notes(RECEIPT_NOTE) == {}
    assert town.receipts["anna"].kept == town.receipts["mill"].kept == {}


async def test_a_receipt_that_is_not_final_yet_is_asked_for_again(town: Town) -> None:
    """The customer waits for nothing; the receipt comes when the quorum has signed."""
    town.ledger.final_size = 1

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await charged(anna)
            assert deal.memory.state is State.SETTLED
            await town.clock.sleep(60)
            assert (await note(town, "anna")).state is ReceiptState.DUE
            town.ledger.final_size = None
            assert (await kept(town, "anna")).terms == deal.terms

    await town.play(story())


async def test_a_restart_forgets_no_receipt(town: Town) -> None:
    """Both sides go away without it, and get it when they come back."""
    town.ledger.final_size = 1

    async def first() -> None:
        async with open_shop(town, charger()) as shop, shopper(town) as anna:
            await charged(anna)
            await town.until_idle(shop.desk)

    async def second() -> None:
        async with open_shop(town, charger()), shopper(town):
            assert (await kept(town, "anna")).bill == (await kept(town, "mill")).bill

    await town.play(first())
    assert town.receipts["anna"].kept == town.receipts["mill"].kept == {}
    town.ledger.final_size = None
    await town.play(second())


async def test_a_node_that_has_pruned_it_says_so(town: Town) -> None:
    """Then nobody asks again, and the journal knows why there is no receipt."""
    town.ledger.final_size = 1

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await charged(anna)
            town.ledger.pruned = set(deal.memory.transactions)
            gone = await noted(town, "anna", ReceiptState.GONE)
            assert gone.reason == "the node has pruned this transaction"

    await town.play(story())


async def test_a_session_whose_words_are_lost_has_no_receipt(town: Town) -> None:
    """The journal says so, instead of asking for ever."""

    async def story() -> None:
        async with open_shop(town, charger()), shopper(town) as anna:
            deal = await charged(anna)
            town.journals["anna"]._messages[deal.memory.dialogue.hex()].clear()
            gone = await noted(town, "anna", ReceiptState.GONE)
            assert gone.reason == "The propose of this session was not kept: no receipt of it."

    await town.play(story())


async def test_old_dialogues_go_and_receipts_stay(town: Town) -> None:
    """The journal is bounded; what proves a session is in its folder."""

    async def story(kept_max: int) -> None:
        settings = charger(dialogues_kept=kept_max)
        async with open_shop(town, settings), shopper(town) as anna:
            for _ in range(2):
                await charged(anna)
                await town.clock.sleep(3)

    await town.play(story(1))
    assert len(await town.entries("mill")) == 2
    await town.play(story(1))
    assert len(await town.entries("mill")) == 3
    assert len(town.receipts["mill"].kept) == 4
    assert len(await town.journals["mill"].notes(RECEIPT_NOTE)) == 3


async def test_a_large_settlement_is_done_when_it_is_final(town: Town) -> None:
    """Both sides wait for the quorum; what is smaller than the limit does not wait."""
    town.ledger.final_size = 1

    async def story() -> None:
        async with (
            open_shop(town, charger(ledger=FINAL)) as shop,
            shopper(town, ledger=FINAL) as anna,
        ):
            deal = await anna.agree(Service.CHARGE, CHARGE)
            assert await deal.begin(22_000)
            while Kind.SETTLE not in town.ledger.kinds():
                await town.clock.sleep(0.1)
            await town.clock.sleep(FINAL_S / 3)
            (session,) = shop.desk._open.values()
            assert (session.memory.state, deal.memory.ended) == (State.CLOSING, False)
            assert session.books.news(session.memory)["final"] is False
            town.ledger.final_size = None
            assert (await deal.result()).state is State.SETTLED
            await town.until_idle(shop.desk)
            assert session.books.news(session.memory)["final"] is True

    await town.play(story())
    assert (await note(town, "mill")).finality is Finality.FINAL
    await town.check_books("anna", "mill")


async def test_a_settlement_below_the_limit_does_not_wait(town: Town) -> None:
    """It is durable, and that is enough."""
    town.ledger.final_size = 1
    some = msgspec.structs.replace(LEDGER, final_from=1_000_000)

    async def story() -> None:
        async with open_shop(town, charger(ledger=some)), shopper(town, ledger=some) as anna:
            deal = await charged(anna)
            assert deal.memory.state is State.SETTLED

    await town.play(story())
    assert (await note(town, "anna")).finality is Finality.DURABLE


async def test_nobody_waits_for_finality_for_ever(town: Town) -> None:
    """After its time a settlement counts as it is; why it is not final is kept, and looked at."""
    town.ledger.final_size = 1

    async def first() -> None:
        async with open_shop(town, charger(ledger=FINAL)) as shop, shopper(town) as anna:
            deal = await charged(anna)
            assert deal.memory.state is State.SETTLED
            await town.until_idle(shop.desk)

    await town.play(first())
    late = await note(town, "mill")
    assert (late.state, late.finality) == (ReceiptState.DUE, Finality.DURABLE)
    assert late.reason == "no quorum stands over it yet"
    town.ledger.final_size = None

    async def later() -> None:
        async with open_shop(town, charger(ledger=FINAL)):
            found = await noted(town, "mill", ReceiptState.KEPT)
            assert (found.finality, found.reason) == (Finality.FINAL, "")

    await town.play(later())
    await town.check_books("anna", "mill")


async def test_a_crash_while_it_waits_loses_nothing(town: Town) -> None:
    """A seller that dies while its settlement is not final yet ends it when it is back."""
    town.ledger.final_size = 1

    async def story() -> None:
        async with shopper(town) as anna:
            async with open_shop(town, charger(ledger=FINAL)):
                deal = await anna.agree(Service.CHARGE, CHARGE)
                assert await deal.begin(22_000)
                while Kind.SETTLE not in town.ledger.kinds():
                    await town.clock.sleep(0.1)
            town.ledger.final_size = None
            async with open_shop(town, charger(ledger=FINAL)) as shop:
                await town.until_idle(shop.desk)
                assert (await deal.result()).state is State.SETTLED

    await town.play(story())
    assert town.ledger.kinds() == [Kind.HOLD, Kind.SETTLE]
    assert (await note(town, "mill")).finality is Finality.FINAL
    await town.check_books("anna", "mill")


async def test_a_toll_never_waits(town: Town) -> None:
    """The gate opens when the payment is durable, however large it is."""
    town.ledger.final_size = 1

    async def story() -> None:
        async with open_shop(town, gate(ledger=FINAL)), shopper(town, ledger=FINAL) as anna:
            deal = await anna.agree(Service.TOLL, Needs())
            await deal.pay()
            began_us = town.clock.now_us()
            assert (await deal.result()).state is State.SETTLED
            assert town.clock.now_us() - began_us < 1_000_000

    await town.play(story())
