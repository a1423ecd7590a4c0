"""A ticket that arrives for somebody who has just gone is given back."""

import asyncio
import json
from pathlib import Path

import pytest

from harness import clock
from harness.plan.provider import Provider
from mock_provider.house import House
from mock_provider.remote import Coordinator, RemoteLink
from tests.mock_provider.test_house import STEADY, arrival


@pytest.mark.parametrize("when", ["while the house is asked", "as the answer comes in"])
def test_a_ticket_for_somebody_who_has_gone_comes_back(tmp_path: Path, when: str) -> None:
    async def scene() -> None:
        house = House(Provider(models={"m": STEADY}), clock.now())
        server = await Coordinator(house, tmp_path / "house").start()
        link = RemoteLink("mock-0", tmp_path / "house", on_lost=lambda: None)
        await link.connect()
        asking = asyncio.create_task(link.enter(arrival(worker="mock-0")))
        await asyncio.sleep(0)
        hear = link._heard
        if when == "while the house is asked":
            asking.cancel()
        else:
            link._heard = lambda said: (hear(said), asking.cancel())  # type: ignore[assignment]
        with pytest.raises(asyncio.CancelledError):
            await asking
        link._heard = hear  # type: ignore[method-assign]
        for _ in range(2):  # the house answers in the order in which it was told
            state = json.loads(await link.command("state", b""))
        assert (house._next_ticket, state["open"]) == (1, 0)
        link.close()
        server.close()

    asyncio.run(scene())
