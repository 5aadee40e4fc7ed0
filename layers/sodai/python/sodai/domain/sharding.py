"""Which shard a customer belongs to: a stable hash, the same on every machine and Python."""

from hashlib import blake2b
from typing import Final

SERVING_SHARDS: Final = 256


def _hash(customer_id: int) -> int:
    return int.from_bytes(blake2b(str(customer_id).encode(), digest_size=8).digest(), "big")


def shard_of(customer_id: int, shards: int) -> int:
    """Return the pipeline shard of a customer, in ``[0, shards)``."""
    return _hash(customer_id) % shards


def serving_shard(customer_id: int) -> str:
    """Return the name of the customer's serving shard, ``"00"`` to ``"ff"``."""
    return f"{_hash(customer_id) % SERVING_SHARDS:02x}"
