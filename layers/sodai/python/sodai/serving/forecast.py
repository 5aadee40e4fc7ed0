"""One published forecast, read part by part as questions come."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sodai.domain.cold_start.likeness import rank_alike
from sodai.domain.errors import ArtifactDamaged, UnknownId
from sodai.serving.cache import Part, PartCache
from sodai.serving.catalogue import Catalogue
from sodai.serving.records import (
    Contribution,
    Customer,
    Described,
    ExplainedScore,
    Offer,
    Product,
    Reason,
    Recommendation,
    Score,
)
from sodai.serving.shards import (
    CATALOGUE,
    POSITIVES,
    RATES,
    SERVING,
    damaged,
    shard_file,
    unpack,
)
from sodai.serving.wording import OUTSIDE, Said, of_facts, say

if TYPE_CHECKING:
    from sodai.serving.asking import Answering

READERS: Final = 16  # shards of a batch read side by side

Fetch = Callable[[str], bytes]


class UnknownCustomer(UnknownId):
    """No shop of this id in the tables the forecast was made from."""

    def __init__(self, customer_id: int) -> None:
        super().__init__(
            f"unknown customer {customer_id}",
            f"There is no customer {customer_id}. GET /customers lists the known ones.",
        )


class UnknownProduct(UnknownId):
    """No product of this id in the tables the forecast was made from."""

    def __init__(self, product_id: int) -> None:
        super().__init__(
            f"unknown product {product_id}",
            f"There is no product {product_id}. GET /products lists the known ones.",
        )


class Forecast:
    """A forecast as it was published. It never changes, so neither do its answers.

    Parameters
    ----------
    pointer : mapping
        ``week``, ``run``, ``prefix`` and ``published_at``, as in ``predictions/latest.json``.
    fetch : callable
        Returns an object's bytes by key; raises `KeyError` when there is none.
    cache : PartCache, optional
        Shared between forecasts; its keys carry the forecast's prefix.
    """

    def __init__(
        self, pointer: Mapping[str, Any], fetch: Fetch, cache: PartCache | None = None
    ) -> None:
        self.week: str = pointer["week"]
        self.run: str = pointer["run"]
        self.prefix: str = pointer["prefix"]
        self.published_at: str = pointer["published_at"]
        self.pointer = pointer
        self._fetch = fetch
        self._cache = cache or PartCache()

    @property
    def weeks(self) -> dict[str, dict[str, Any]]:
        """Every week a forecast was published for, by its Monday, as the pointer tells."""
        own = {name: self.pointer[name] for name in ("run", "prefix", "published_at")}
        return {self.week: own, **self.pointer.get("weeks", {})}

    @cached_property
    def catalogue(self) -> Catalogue:
        """Products, work list and the facts of the forecast."""
        content, _ = self._read(CATALOGUE)
        with self._trusting(CATALOGUE):
            catalogue = Catalogue(content)
        if catalogue.run != self.run:
            raise damaged(self._key(CATALOGUE), f"belongs to run {catalogue.run}")
        return catalogue

    @cached_property
    def asking(self) -> "Answering":
        """What answers questions about this forecast and the sales it was made from."""
        # Few ask, and the rest need not wait for this to load.
        from sodai.serving.asking import PAIRS, SALES, Answering, Books  # noqa: PLC0415

        folder = self.pointer.get("aggregates")
        if not folder:
            raise ArtifactDamaged(
                f"{self.prefix}: no aggregates",
                "The published forecast was made before questions could be asked of it. "
                "Make it again with: sodai run --force-retrain",
            )
        bodies = (self._body(folder + SALES), self._body(self._key(PAIRS)))
        catalogue = self.catalogue
        first_day = date.fromisoformat(catalogue.first_day)
        return Answering(Books(*bodies), first_day, catalogue.rate_outside)

    def customer(self, customer_id: int) -> Customer:
        """Return a shop; raise `UnknownCustomer` if the tables lack it."""
        record = self._record(customer_id)
        with self._trusting(shard_file(customer_id)):
            return Customer.of(customer_id, record)

    def product(self, product_id: int) -> Product:
        """Return a product; raise `UnknownProduct` if the tables lack it."""
        try:
            return self.catalogue.products[product_id]
        except KeyError:
            raise UnknownProduct(product_id) from None

    def recommend(self, customer_id: int, top_k: int) -> list[Recommendation]:
        """Return a shop's ``top_k`` most probable products, most probable first."""
        record = self._record(customer_id)
        with self._trusting(shard_file(customer_id)):
            return [self._recommendation(record, row) for row in record["ranking"][:top_k]]

    def describe(
        self,
        customer_type: str,
        place: tuple[float, float] | None,
        deliveries_per_week: int | None,
        top_k: int,
    ) -> Described:
        """Return what shops like a described one will most probably order."""
        with self._trusting(RATES):
            rates = self._cache.get(self._key(RATES), lambda: self._read(RATES))
            ranked = rank_alike(rates, customer_type, place, deliveries_per_week)[:top_k]
            products = self.catalogue.products
            return Described(
                [Offer(products[a.product_id], a.chance, tuple(say(a.reasons()))) for a in ranked],
                knows_type=customer_type in rates["types"],
                knows_place=bool(place and rates["anchors"]),
                knows_deliveries=str(deliveries_per_week) in rates["deliveries"],
            )

    def _recommendation(self, record: Part, row: Sequence[Any]) -> Recommendation:
        product_id, probability, selected, expected_items, weeks, days = row
        return Recommendation(
            product=self.catalogue.products[product_id],
            probability=probability,
            selected=bool(selected),
            expected_items=expected_items,
            weeks_bought_of_8=weeks,
            days_since_last=days,
            why=self._why(record, row),
            contributions=self._contributions(record, product_id),
        )

    def score(self, customer_id: int, product_id: int) -> Score:
        """Return the probability that a shop orders a product.

        A known pair outside the candidates has the rate measured outside them, and says so.

        Raises
        ------
        UnknownCustomer, UnknownProduct
            If the tables lack the one or the other.
        """
        return self._score(self._record(customer_id), customer_id, product_id)

    def explain(self, customer_id: int, product_id: int) -> ExplainedScore:
        """Return a pair's score with the reasons for it; raises as `score` does."""
        record = self._record(customer_id)
        score = self._score(record, customer_id, product_id)
        with self._trusting(shard_file(customer_id)):
            row = next((row for row in record["ranking"] if row[0] == product_id), None)
            why = self._why(record, row) if row else tuple(say([[OUTSIDE, -1]]))
            return ExplainedScore(score, why, self._contributions(record, product_id))

    def _why(self, record: Part, row: Sequence[Any]) -> tuple[Said, ...]:
        told = say(record["reasons"].get(str(row[0]), []))
        return tuple(told or of_facts(row[4], row[5], is_cold=record["cold"]))

    def _contributions(self, record: Part, product_id: int) -> tuple[Contribution, ...] | None:
        parts = record["contributions"].get(str(product_id))
        if parts is None:
            return None
        labels = self.catalogue.labels
        return tuple(Contribution(*labels[label], *told) for label, *told in parts)

    def scores(self, pairs: Sequence[tuple[int, int]]) -> list[Score | UnknownId]:
        """Return each pair's score, or why it has none, in the order of the pairs."""
        shards = self._shards({shard_file(customer_id) for customer_id, _ in pairs})
        return [self._score_or_error(shards[shard_file(one)], one, two) for one, two in pairs]

    def positives(self) -> bytes:
        """Return the predicted pairs as CSV without a header: customer, product."""
        key = f"{self.prefix}{POSITIVES}"
        try:
            return self._fetch(key)
        except KeyError as error:
            raise damaged(key, "is missing") from error

    def _score_or_error(self, shard: Part, customer_id: int, product_id: int) -> Score | UnknownId:
        try:
            record = self._of(shard, customer_id)
            return self._score(record, customer_id, product_id)
        except UnknownId as error:
            return error

    def _score(self, record: Part, customer_id: int, product_id: int) -> Score:
        self.product(product_id)
        with self._trusting(shard_file(customer_id)):
            for row in record["ranking"]:
                if row[0] == product_id:
                    return Score(customer_id, product_id, row[1])
        rate = self.catalogue.rate_outside
        return Score(customer_id, product_id, rate, Reason.NOT_IN_ACTIVE_RANGE)

    def _record(self, customer_id: int) -> Part:
        return self._of(self._shard(shard_file(customer_id)), customer_id)

    @staticmethod
    def _of(shard: Part, customer_id: int) -> Part:
        try:
            record: Part = shard[str(customer_id)]
        except KeyError:
            raise UnknownCustomer(customer_id) from None
        return record

    def _shards(self, names: Iterable[str]) -> dict[str, Part]:
        missing = [name for name in names if self._key(name) not in self._cache]
        read: dict[str, Part] = {}
        if missing:
            with ThreadPoolExecutor(min(READERS, len(missing))) as pool:
                read = dict(zip(missing, pool.map(self._shard, missing), strict=True))
        return {name: read[name] if name in read else self._shard(name) for name in names}

    def _shard(self, name: str) -> Part:
        return self._cache.get(self._key(name), lambda: self._load_shard(name))

    def _load_shard(self, name: str) -> tuple[Part, int]:
        content, size = self._read(name)
        with self._trusting(name):
            customers: Part = content["customers"]
            for record in customers.values():
                # Python's collector walks every list it keeps (80 ms here), but no such tuples.
                record["ranking"] = tuple(map(tuple, record["ranking"]))
        return customers, size

    def _read(self, name: str) -> tuple[Part, int]:
        key = self._key(name)
        return unpack(key, self._body(key))

    def _body(self, key: str) -> bytes:
        try:
            return self._fetch(key)
        except KeyError as error:
            raise damaged(key, "is missing") from error

    @contextmanager
    def _trusting(self, name: str) -> Iterator[None]:
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise damaged(self._key(name), repr(error)) from error

    def _key(self, name: str) -> str:
        return f"{self.prefix}{SERVING}{name}"
