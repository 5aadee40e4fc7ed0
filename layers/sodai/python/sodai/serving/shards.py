"""The files of a published forecast: gzipped JSON, one per customer hash, and a catalogue.

The same shops and catalogue give the same bytes, in whatever order they come.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sodai.domain.errors import ArtifactDamaged
from sodai.domain.sharding import SERVING_SHARDS, serving_shard

CATALOGUE: Final = "catalogue.json.gz"
RATES: Final = "rates.json.gz"
SERVING: Final = "serving/"  # below the prefix of a forecast
POSITIVES: Final = "positives.csv"  # beside it

_CUSTOMER_FIELDS: Final = (
    "region_id",
    "zone_id",
    "place",
    "customer_type",
    "location_x",
    "location_y",
    "deliveries_per_week",
    "cold",
    "order_probability",
    "expected_units",
)
_CATALOGUE_FIELDS: Final = (
    "week",
    "from",
    "to",
    "horizon_days",
    "run",
    "model_version",
    "threshold",
    "rate_outside",
    "labels",
)
_PRODUCT_FIELDS: Final = ("brand", "category", "sub_category", "segment", "package", "size", "sold")


def serving_files(
    customers: Iterable[Mapping[str, Any]],
    catalogue: Mapping[str, Any],
    rates: Mapping[str, Any],
) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a forecast: 256 shards of shops, rates of shops alike, the catalogue.

    Parameters
    ----------
    customers : iterable of mapping
        Each known shop once: ``customer_id``, its attributes, ``cold``, ``order_probability``
        (0 to 1, or None), ``expected_units`` (items), ``ranking`` as rows ``[product_id,
        probability, selected, expected_items, weeks_bought_of_8, days_since_last]``,
        ``history`` as rows ``[monday, items, products]``, ``bought`` as rows ``[product_id,
        weeks_bought, items, last_week]``, and by product, for those that are explained,
        ``contributions`` as rows ``[label, value, log-odds]`` and ``reasons`` as rows ``[code,
        sign, number]`` (see `wording`).
    catalogue : mapping
        ``week``, ``from``, ``to``, ``horizon_days``, ``run``, ``model_version``, ``threshold``,
        ``rate_outside``, ``labels`` of contributions as rows ``[Spanish, English]``, and
        ``products`` (id to attributes). The work list (``calls``) and the number of shops are
        made here from the shops.
    rates : mapping
        What shops buy by place, type and deliveries, for shops that are only described.

    Yields
    ------
    tuple of str and bytes
        Name below ``serving/`` and gzipped JSON.

    Raises
    ------
    ValueError
        If a shop comes twice, a ranking names a product that the catalogue lacks, or a number is
        not finite.
    """
    products = {int(key): product for key, product in catalogue["products"].items()}
    shards: dict[str, dict[str, Any]] = {f"{n:02x}": {} for n in range(SERVING_SHARDS)}
    calls = []
    for customer in sorted(customers, key=lambda one: int(one["customer_id"])):
        key, record = str(int(customer["customer_id"])), _record(customer)
        shard = shards[serving_shard(int(key))]
        if key in shard:
            raise ValueError(f"customer {key} comes twice")
        if strangers := {row[0] for row in record["ranking"]} - products.keys():
            raise ValueError(f"customer {key} is offered unknown products: {sorted(strangers)}")
        shard[key] = record
        calls.append(_call(int(key), record))
    for name, shard in shards.items():
        yield f"{name}.json.gz", pack({"customers": shard})
    yield RATES, pack(rates)
    yield CATALOGUE, pack(_catalogue(catalogue, products, calls))


def pack(value: Mapping[str, Any]) -> bytes:
    """Return deterministic gzipped JSON; NaN and infinities are refused."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def unpack(name: str, body: bytes) -> tuple[dict[str, Any], int]:
    """Return the JSON object of a gzipped file, and the length of its text in bytes.

    Raises
    ------
    ArtifactDamaged
        If the bytes are not a gzipped JSON object.
    """
    try:
        text = gzip.decompress(body)
        value = json.loads(text)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise damaged(name, str(error)) from error
    if not isinstance(value, dict):
        raise damaged(name, "not a JSON object")
    return value, len(text)


def damaged(name: str, what: str) -> ArtifactDamaged:
    """Return the error for a file of a forecast that cannot be read as what it should be."""
    return ArtifactDamaged(
        f"{name}: {what}",
        "A part of the published forecast is damaged, so it cannot answer this. "
        "Make the forecast again with: sodai run --force-retrain",
    )


def shard_file(customer_id: int) -> str:
    """Return the name of the file that holds a shop."""
    return f"{serving_shard(customer_id)}.json.gz"


def _record(customer: Mapping[str, Any]) -> dict[str, Any]:
    rows = sorted(customer["ranking"], key=lambda row: (-row[1], row[0]))
    return {
        **{field: customer[field] for field in _CUSTOMER_FIELDS},
        "ranking": [[row[0], row[1], int(row[2]), *row[3:]] for row in rows],
        "contributions": customer["contributions"],
        "reasons": customer["reasons"],
        "history": sorted(list(week) for week in customer["history"]),
        "bought": sorted((list(row) for row in customer["bought"]), key=_often_first),
    }


def _often_first(row: list[Any]) -> tuple[Any, ...]:
    product_id, weeks, items, _ = row
    return -weeks, -items, product_id


def _call(customer_id: int, record: Mapping[str, Any]) -> list[Any]:
    ranking = record["ranking"]
    top = ranking[0][:2] if ranking else [None, None]
    selected = sum(row[2] for row in ranking)
    shop = (record["customer_type"], record["zone_id"], record["expected_units"])
    return [customer_id, *shop, selected, *top, record["place"], record["order_probability"]]


def _catalogue(
    catalogue: Mapping[str, Any], products: Mapping[int, Mapping[str, Any]], calls: list[list[Any]]
) -> dict[str, Any]:
    return {
        **{field: catalogue[field] for field in _CATALOGUE_FIELDS},
        "products": {
            str(key): {field: products[key][field] for field in _PRODUCT_FIELDS}
            for key in sorted(products)
        },
        "calls": sorted(calls, key=lambda call: (-call[3], call[0])),
        "customers": len(calls),
    }
