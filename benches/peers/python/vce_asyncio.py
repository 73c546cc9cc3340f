"""libvce: one AsyncClient, and as many tasks as events may be in flight."""

import asyncio
import time

from protocol import BODY, EVENT_TYPE, MEMBER, Measurement, Settings

import vce


async def main() -> None:
    settings = Settings.from_environment()
    async with vce.AsyncClient(
        base_url=settings.url,
        ca_file=settings.ca_file,
        application_id=settings.application,
        private_key_path=settings.key_file,
        connections=settings.in_flight,
    ) as client:

        async def create(number: int) -> None:
            event = await client.create_event(
                settings.conversation(number), EVENT_TYPE, BODY, from_=MEMBER
            )
            if event.id is None:
                raise RuntimeError(f"no id: {event.json}")

        await create(0)
        measurement = Measurement(settings.events)
        numbers = iter(range(1, settings.events))

        async def create_next() -> None:
            for number in numbers:
                since = time.monotonic_ns()
                await create(number)
                measurement.created(since)

        await asyncio.gather(*(create_next() for _ in range(settings.in_flight)))
        measurement.report()


asyncio.run(main())
