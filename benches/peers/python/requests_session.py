"""requests: one Session, one event after the other."""

import requests
from protocol import CREATED, REQUEST, Settings, one_after_the_other


def main() -> None:
    settings = Settings.from_environment()
    with requests.Session() as session:
        session.headers.update(settings.headers())
        session.verify = settings.ca_file
        # Otherwise requests looks for proxies and a .netrc file before every request.
        session.trust_env = False

        def create(number: int) -> None:
            with session.post(settings.events_url(number), data=REQUEST, timeout=30) as answer:
                if answer.status_code != CREATED or "id" not in answer.json():
                    raise RuntimeError(f"answered {answer.status_code}: {answer.text}")

        one_after_the_other(settings, create)


main()
