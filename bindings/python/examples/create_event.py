"""Create one custom event.

The environment names the application (VONAGE_APPLICATION_ID), its key
(VONAGE_APPLICATION_PRIVATE_KEY_PATH or VONAGE_PRIVATE_KEY), the conversation
(CONVERSATION_ID) and, if the token has a subject, the member (MEMBER_ID).
"""

import os
import sys

import vce


def main() -> int:
    try:
        with vce.Client.from_env() as client:
            event = client.create_event(
                os.environ["CONVERSATION_ID"],
                "custom:hello_from_python",
                {"language": "Python"},
                from_=os.environ.get("MEMBER_ID"),
            )
    except vce.VceError as error:
        print(f"{error} (the event: {error.outcome.name})", file=sys.stderr)
        return 1
    print(f"Python created event {event.id} at {event.timestamp}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
