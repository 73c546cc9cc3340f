"""libvce: one event after the other."""

from protocol import BODY, EVENT_TYPE, MEMBER, Settings, one_after_the_other

import vce


def main() -> None:
    settings = Settings.from_environment()
    with vce.Client(
        base_url=settings.url,
        ca_file=settings.ca_file,
        application_id=settings.application,
        private_key_path=settings.key_file,
    ) as client:

        def create(number: int) -> None:
            event = client.create_event(
                settings.conversation(number), EVENT_TYPE, BODY, from_=MEMBER
            )
            if event.id is None:
                raise RuntimeError(f"no id: {event.json}")

        one_after_the_other(settings, create)


main()
