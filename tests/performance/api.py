"""`make bench-api`: the function as Lambda calls it, its cold start, and the front door.

The function answers one request at a time, as one Lambda environment does; several clients are
several environments, so their numbers are measured at the front door of a deployed stack. What
the function answers from is an invented distributor of 1,500 shops in memory: only our own code
counts there. The front door serves a week that was really made.
"""

import argparse
import gc
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from asyncio import new_event_loop, set_event_loop
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import httpx
from mangum import Mangum
from sodai.serving import serving_files
from sodai.store.artifacts import NotFound, as_json
from sodai_api.application import TEXT, create_app
from sodai_api.reading import Reading
from sodai_api.settings import Settings

from tests.functional.api.conftest import Api
from tests.stack import ROOT, deployed
from tests.unit.serving import small_forecast as small

SHOPS, PRODUCTS, PARTS = 1_500, 110, 11
BATCH: Final = 1_000
GOALS: Final = {"/recommendations": 5.0, f"batch of {BATCH:,}": 100.0}  # ms at p95, our own code
IMPORT_SECONDS, IMPORT_MEGABYTES = 0.6, 160
COLD_STARTS: Final = 5
IMPORT: Final = """
import time
began = time.perf_counter()
import app
seconds = time.perf_counter() - began
status = open("/proc/self/status").read()  # the other count includes the parent's memory
print(seconds, time.process_time(), int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""

Calls = Mapping[str, Callable[[int], Any]]


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--url", help="a front door that serves a forecast; else one is made")
    arguments.add_argument("--requests", type=int, default=400)
    arguments.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    asked = arguments.parse_args()
    report_cold_start()
    report_function(asked.requests)
    with front_door(asked.url) as url:
        for clients in asked.clients:
            report_front_door(f"{url}/api", clients, asked.requests)


def report_cold_start() -> None:
    """Print what importing the function takes in a fresh interpreter."""
    found = [cold_start() for _ in range(COLD_STARTS)]
    seconds, busy, megabytes = (median(column) for column in zip(*found, strict=True))
    print(
        f"cold import        {seconds:6.3f} s (processor {busy:.3f} s, goal {IMPORT_SECONDS} s)   "
        f"{megabytes:.0f} MB (goal {IMPORT_MEGABYTES} MB)"
    )


def cold_start() -> tuple[float, ...]:
    """Return seconds, processor seconds with the interpreter's own, and megabytes."""
    layer = str(ROOT / "layers" / "sodai" / "python")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": layer, "ARTIFACTS_BUCKET": "bench"}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT],
        cwd=ROOT / "functions" / "api",
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(float(word) for word in done.stdout.split())


def report_function(requests: int) -> None:
    """Print the function's processor time, called with gateway events one by one."""
    set_event_loop(new_event_loop())  # Mangum works on it, as on Lambda's
    logging.getLogger("sodai-api").setLevel("ERROR")  # figures only
    reading = Reading(Settings(artifacts_bucket="bench"), lambda: 0.0, lambda _: Memory())  # type: ignore[arg-type,return-value]
    reading.forecast().scores([(shop, 0) for shop in range(SHOPS)])
    app = create_app(reading._settings, reading)
    gc.freeze()  # as app.py does
    api = Api(Mangum(app, lifespan="off", text_mime_types=TEXT))
    for name, call in calls(api.post, [*range(SHOPS)], [*range(PRODUCTS)]).items():
        times = []
        for i in range(requests):
            began = time.process_time()  # what else runs here is not our own code
            assert call(i).status == 200
            times.append(1000 * (time.process_time() - began))
        goal = f"   goal {GOALS[name]:.0f} ms at p95" if name in GOALS else ""
        print(f"function           {line(name, times, sum(times) / 1000)}{goal}")


def report_front_door(url: str, clients: int, requests: int) -> None:
    """Print latencies and rate of so many clients at once."""
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        shops = [one["customer_id"] for one in client.get("/calls").json()["items"]]
        products = [one["product_id"] for one in client.get("/products").json()["items"]]

    def work(number: int) -> list[tuple[str, float, int]]:
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            mine = calls(lambda path, body: client.post(path, json=body), shops, products)
            found = []
            for name, call in mine.items():
                for i in range(max(1, requests // clients)):
                    began = time.perf_counter()
                    status = call(number + i * clients).status_code
                    found.append((name, time.perf_counter() - began, status))
            return found

    with ThreadPoolExecutor(clients) as pool:
        done = [one for found in pool.map(work, range(clients)) for one in found]
    for name in calls(lambda *_: None, shops, products):
        mine = [(seconds, status) for one, seconds, status in done if one == name]
        times = [1000 * seconds for seconds, _ in mine]
        refused = {s: n for s, n in Counter(status for _, status in mine).items() if s != 200}
        print(
            f"front door, {clients:>2} at a time {line(name, times, sum(times) / 1000 / clients)}"
            f"{f'   refused {refused}' if refused else ''}"
        )


def calls(post: Callable[[str, Any], Any], shops: Sequence[int], products: Sequence[int]) -> Calls:
    """Return the requests that are timed, by name; each gets the number of its turn."""
    chance = random.Random(8)
    pairs = [
        {"customer_id": chance.choice(shops), "product_id": chance.choice(products)}
        for _ in range(BATCH)
    ]
    return {
        "/predict": lambda i: post("/predict", pairs[i % BATCH]),
        "/recommendations": lambda i: post(
            "/recommendations", {"customer_id": shops[i % len(shops)], "top_k": 10}
        ),
        f"batch of {BATCH:,}": lambda _: post("/predict/batch", {"customer_product_pairs": pairs}),
    }


def line(name: str, times: Sequence[float], seconds: float) -> str:
    """Return one line of figures; times are milliseconds."""
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else [times[0]] * 99
    shown = "   ".join(f"p{at} {cuts[at - 1]:7.2f} ms" for at in (50, 95, 99))
    return f"{name:<17} {shown}   {len(times) / seconds:7.1f}/s"


class Memory:
    """A published forecast of 1,500 shops, in the place of the bucket."""

    def __init__(self) -> None:
        pointer = small.pointer()
        files = serving_files(shops(), catalogue(), small.RATES)
        self._objects = {f"{pointer['prefix']}serving/{name}": body for name, body in files}
        self._pointer = as_json(pointer)

    def read(self, key: str) -> bytes:
        """Return an object's bytes."""
        if key not in self._objects:
            raise NotFound(key)
        return self._objects[key]

    def read_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | None:
        """Return the pointer once."""
        return None if etag else (self._pointer, "1")


def catalogue() -> dict[str, Any]:
    """Return a catalogue of 110 products."""
    products = {str(n): small.product(f"Brand {n % 9}", "LATA", 0.35) for n in range(PRODUCTS)}
    return {**small.catalogue("2025-01-06", "r1"), "products": products}


def shops() -> Iterator[dict[str, Any]]:
    """Yield shops with every product ranked, the first ten of each explained."""
    chance = random.Random(7)
    for shop in range(SHOPS):
        ranking = [
            [n, chance.random(), chance.randrange(2), chance.random() * 9, chance.randrange(9), n]
            for n in range(PRODUCTS)
        ]
        first = sorted(ranking, key=lambda row: -row[1])[:10]
        parts = [[n % len(small.LABELS), 0.5, chance.random()] for n in range(PARTS)]
        reasons = [["BOUGHT_WEEKS", 1, 7], ["USUAL_WEEKDAY", 1, 0], ["RISING_CELL", 1]]
        yield small.shop(
            shop,
            ranking,
            contributions={str(row[0]): parts for row in first},
            reasons={str(row[0]): reasons for row in first},
        )


@contextmanager
def front_door(url: str | None) -> Iterator[str]:
    """Return a front door that serves: the one named, or one made for the purpose."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder, deployed(Path(folder)) as stack:
        ended = stack.sodai("ingest", str(stack.tables), "--run")
        if ended.returncode:
            raise SystemExit(ended.stdout + ended.stderr)
        yield stack.url


if __name__ == "__main__":
    main()
