"""A relay in a process of its own, for tests that kill it: says "active" when it has the right to relay."""

import sys
import time

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.publisher import Publisher
from adapters.events.relay import Relay
from adapters.storage.database import connect


def main(database_url: str, nats_url: str) -> None:
    with NatsLine(nats_url, "relay") as line:
        relay = Relay(connect(database_url), Publisher(line))
        relay.start()
        while not relay.active:
            time.sleep(0.01)
        print("active", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
