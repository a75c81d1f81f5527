"""A case is confirmed by real processes, and its customer goes on by the link; once, with two replicas."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from storage.db import Database
from tests.support import postgres
from tests.support.sandbox import until
from tests.support.stack import Visitor, company, without_roles

PROCESSES = """processes:
  - key: delivery
    name: Delivery
    examples: ["Where is my parcel?", The tracking has not changed.]
    steps:
      - {name: Ask Bob again, time: 4h, shown: {en: We look for the parcel}}
"""


async def link(customer: Visitor) -> str:
    """The address of the page, as the customer's screen shows it."""

    async def shown() -> str | None:
        found = re.search(r"http://\S+/c/\S+", "\n".join(text for _, text in await customer.texts()))
        return found[0] if found else None

    address: str = await until(shown, 40)
    return address


async def test_a_customer_is_told_at_once_and_goes_on_by_the_link(postgres_url: str, tmp_path: Path) -> None:
    config = Path(without_roles(tmp_path))
    sites = config.joinpath("sites.yml").read_text()
    config.joinpath("sites.yml").write_text(f"{sites.rstrip()}\n    receipts: true\n")
    config.joinpath("processes.yml").write_text(PROCESSES)
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path, url, replicas=2, CX_CONFIG_DIR=str(config)) as shop:
            customer = await shop.visit()
            reference = (await customer.write("Where is my parcel?"))["reference"]
            db = Database(url, pool_size=2)
            await db.open()
            await db.fetch("UPDATE cases SET process_type = 'delivery'")
            await db.close()
            address = await link(customer)
            root = (await shop.card(reference))["ts"]
            async with shop.session.get(address) as answer:
                page = unescape(await answer.text())
            assert "We look for the parcel" in page
            assert "We expect to be done with it by" in page
            assert "Bob" not in page
            form = re.search(r'name="form" value="([^"]+)"', page)
            assert form is not None
            for _ in range(2):
                fields = {"form": form[1], "text": "It came!"}
                async with shop.session.post(address, data=fields) as answer:
                    assert "Thank you, we have your message." in await answer.text()
            told = (await customer.texts())[1][1].partition("\nHow it stands")[0]
            who = "Maria Kowalska"
            await shop.thread_shows(root, f"{who}: Where is my parcel?", f"app: {told}", f"{who}: It came!")
            assert [text for author, text in await customer.texts() if author == "customer"] == [
                "Where is my parcel?",
                "It came!",
            ]
