"""The functions that multiprocessing's children run. Spawned children import this module."""

from __future__ import annotations

import asyncio
from typing import Any

import vce

left_open: list[object] = []


def enqueue_and_leave(options: dict[str, Any], conversation_id: str) -> None:
    """Enqueue events, and neither wait nor close."""
    client = vce.Client(**options)
    for n in range(3):
        client.enqueue_event(conversation_id, "custom:a", {"n": n})
    left_open.append(client)


def enqueue_async_and_leave(options: dict[str, Any], conversation_id: str) -> None:
    """Enqueue events, neither wait nor close, and drop the client and its loop."""

    async def main() -> None:
        client = vce.AsyncClient(**options)
        for n in range(3):
            await client.enqueue_event(conversation_id, "custom:a", {"n": n})

    asyncio.run(main())
