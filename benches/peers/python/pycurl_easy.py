"""pycurl: one easy handle, one event after the other."""

import io
import json

import pycurl
from protocol import CREATED, REQUEST, Settings, one_after_the_other


def main() -> None:
    settings = Settings.from_environment()
    handle = pycurl.Curl()
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.CAINFO, settings.ca_file)
    handle.setopt(pycurl.HTTPHEADER, [f"{k}: {v}" for k, v in settings.headers().items()])
    handle.setopt(pycurl.POSTFIELDS, REQUEST)
    handle.setopt(pycurl.TIMEOUT, 30)

    def create(number: int) -> None:
        answer = io.BytesIO()
        handle.setopt(pycurl.URL, settings.events_url(number))
        handle.setopt(pycurl.WRITEFUNCTION, answer.write)
        handle.perform()
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        if status != CREATED or "id" not in json.loads(answer.getvalue()):
            raise RuntimeError(f"answered {status}: {answer.getvalue()!r}")

    one_after_the_other(settings, create)
    handle.close()


main()
