"""libvce: one AsyncClient, and as many tasks as events may be in flight."""

import asyncio

from protocol import BODY, EVENT_TYPE, MEMBER, Settings, many_at_a_time

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

        await many_at_a_time(settings, create)


asyncio.run(main())
