"""aiohttp: one ClientSession, and as many tasks as requests may be in flight."""

import asyncio
import ssl

import aiohttp
from protocol import CREATED, REQUEST, Settings, many_at_a_time


async def main() -> None:
    settings = Settings.from_environment()
    connector = aiohttp.TCPConnector(
        limit=settings.in_flight,
        ssl=ssl.create_default_context(cafile=settings.ca_file),
    )
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(
        connector=connector, headers=settings.headers(), timeout=timeout
    ) as session:

        async def create(number: int) -> None:
            async with session.post(settings.events_url(number), data=REQUEST) as answer:
                if answer.status != CREATED or "id" not in await answer.json():
                    raise RuntimeError(f"answered {answer.status}: {await answer.text()}")

        await many_at_a_time(settings, create)


asyncio.run(main())
