"""Print a conversation's events, the newest first.

It reads the same environment as create_event.py.  An argument names the event type:
python list_events.py custom:order_paid
"""

import os
import sys
from typing import Optional

import vce


def main(type_: Optional[str]) -> int:
    try:
        with vce.Client.from_env() as client:
            events = client.list_events(os.environ["CONVERSATION_ID"], type=type_, order="desc")
            for event in events:
                print(event.id, event.timestamp, event.type, event.body_json)
    except vce.VceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
