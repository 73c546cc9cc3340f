"""Create events from many tasks of one loop, without a thread.

It reads the same environment as create_event.py.
"""

import asyncio
import os
import sys

import vce

CONVERSATION = os.environ["CONVERSATION_ID"]
MEMBER = os.environ.get("MEMBER_ID")


async def main() -> int:
    async with vce.AsyncClient.from_env() as client:
        # Wait for one event.
        event = await client.create_event(CONVERSATION, "custom:first", {}, from_=MEMBER)
        print("created event", event.id)

        # Go on at once, and look at the reports later.  This waits only if the queue is full.
        reports = [
            await client.enqueue_event(CONVERSATION, "custom:tick", {"n": n}, from_=MEMBER)
            for n in range(10)
        ]
        lost = 0
        for result in await asyncio.gather(*reports, return_exceptions=True):
            if isinstance(result, vce.VceError):
                lost += 1
                print(f"{result.outcome.name}: {result}", file=sys.stderr)
            elif isinstance(result, BaseException):
                raise result
            else:
                print("created event", result.id)
    return 1 if lost else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except vce.VceError as error:
        print(f"{error} (the event: {error.outcome.name})", file=sys.stderr)
        sys.exit(1)
