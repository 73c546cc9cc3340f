"""Create events in the background, and print the result of each.

It reads the same environment as create_event.py.  An argument is the number of events:
python background.py 100
"""

import os
import sys
from concurrent.futures import as_completed

import vce


def main(count: int) -> int:
    conversation_id, member_id = os.environ["CONVERSATION_ID"], os.environ.get("MEMBER_ID")
    lost = 0
    try:
        # Leaving the block waits until all events are finished.
        with vce.Client.from_env() as client:
            futures = {
                client.enqueue_event(conversation_id, "custom:tick", {"n": n}, from_=member_id): n
                for n in range(count)
            }
            for future in as_completed(futures):
                try:
                    print(f"{futures[future]}: created event {future.result().id}")
                except vce.VceError as error:
                    lost += 1
                    print(f"{futures[future]}: {error.outcome.name}: {error}", file=sys.stderr)
            stats = client.stats()
            print(f"{stats.created} of {stats.accepted} created, {stats.retries} retries")
    except vce.VceError as error:
        # Refused at once: a rule is broken, or the queue is full.
        print(error, file=sys.stderr)
        return 1
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
