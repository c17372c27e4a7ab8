"""How fast a warm worker claims: median of POST accepted to attempt started, against one Redis round trip.

Run `satnet up` first; `SATNET_URL` says where it is.
"""

import statistics
import time
from datetime import datetime

from satnet import presets
from satnet.client import Client

RUNS = 15


def main() -> None:
    """Submit one short experiment at a time; print the medians and their ratio."""
    spec = presets.load("healthy-digits") | {"training": {"epochs": 1, "batch_size": 256}}
    claims, trips = [], []
    with Client() as client:
        for _ in range(RUNS):
            began = time.perf_counter()
            client.request("GET", "/v1/queue")
            trips.append(1000 * (time.perf_counter() - began))
            ended = client.experiments.create(spec).wait(timeout=60)
            times = [datetime.fromisoformat(ended[key]) for key in ("created_at", "started_at")]
            claims.append(1000 * (times[1] - times[0]).total_seconds())
    claim, trip = statistics.median(claims), statistics.median(trips)
    print(f"claimed after {claim:.0f} ms (median of {RUNS}); GET /v1/queue took {trip:.1f} ms")
    print(f"ratio {claim / trip:.1f}")


if __name__ == "__main__":
    main()
