"""Score every known customer's candidates, choose the pairs, and lay them out for serving."""

import io
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sodai.domain.aggregates import pairs_of, sales_of
from sodai.domain.cold_start.learning import learn_rates
from sodai.domain.explanation import local_contributions, shown
from sodai.domain.features import FeatureTable
from sodai.domain.history import History
from sodai.domain.layout import catalogue_of, customers_of
from sodai.domain.level import levelled
from sodai.domain.pairs import Pairs, positions_of
from sodai.domain.ranking import positives, rank
from sodai.domain.reasons import explain_pairs, facts_of
from sodai.domain.sanity import check
from sodai.domain.training import Model
from sodai.serving.asking import PAIRS, SALES, book
from sodai.serving.shards import SERVING, serving_files
from sodai.step import Context, Event, Facts, Week, artifacts, settings, step, window_facts
from sodai.store.clean import Tables, load_tables, read_manifest
from sodai.store.feature_sets import plan_features, read_table
from sodai.store.folders import Folder, FolderWriter
from sodai.store.keys import table_part
from sodai.store.models import Scorer, read_model

ALTERNATIVE = "alternative-"


def handler(event: Event, context: Context) -> Facts:
    """Do the part of the work that the event names."""
    facts: Facts = PARTS[event["part"]](event, context)
    return facts


@step("predict", closes=False)
def score_shard(week: Week, event: Event, context: Context) -> Facts:
    """Score one customer shard's candidates."""
    shard, version = event["item"]["shard"], event["evaluate"]["version"]
    key = scores_folder(week) + table_part(shard)
    if artifacts().exists(key):
        return {}
    stored = read_model(artifacts(), week.keys.model(version), settings().threads)
    manifest, _ = read_manifest(artifacts())
    wanted = plan_features(manifest or {}, week.target, week.as_of, settings().shards)
    table = read_table(artifacts(), week.keys, wanted.target, shard)
    offset = event["observe"]["level_offset"]
    if prefix := event["evaluate"]["alternative"].get("prefix"):
        other = read_model(artifacts(), prefix, settings().threads)
        scores = {"probability": probabilities(other.scorer, table, offset)}
        ids = {"customer_id": table.customer_ids, "product_id": table.product_ids}
        artifacts().write_once(
            scores_folder(week) + ALTERNATIVE + table_part(shard),
            to_parquet(pd.DataFrame({**ids, **scores})),
        )
    orders = stored.scorer.order_chances(table) if isinstance(stored.scorer, Model) else None
    probability = probabilities(stored.scorer, table, offset)
    ranking = rank(table, probability, threshold=np.inf, orders=orders)
    artifacts().write_once(key, to_parquet(ranking))
    return {}


def probabilities(scorer: Scorer, table: FeatureTable, offset: float) -> NDArray[np.float64]:
    """Return a model's probabilities, levelled; a baseline's scores stay as they are."""
    scores = scorer.predict(table)
    return levelled(scores, offset) if isinstance(scorer, Model) else scores


@step("predict", opens=False)
def merge_shards(week: Week, event: Event, context: Context) -> Facts:
    """Choose the pairs over all shards and write the forecast."""
    prefix = forecast_folder(week)
    if sealed := Folder.open(artifacts(), prefix):
        return sealed.facts
    shards = range(settings().shards)
    parts = [read_parquet(artifacts().read(scores_folder(week) + table_part(i))) for i in shards]
    ranking = pd.concat(parts, ignore_index=True).sort_values(
        ["customer_id", "probability", "product_id"],
        ascending=[True, False, True],
        ignore_index=True,
    )
    version = event["evaluate"]["version"]
    stored = read_model(artifacts(), week.keys.model(version), settings().threads)
    learned = isinstance(stored.scorer, Model)
    threshold = stored.threshold(ranking["probability"].to_numpy())
    ranking["selected"] = ranking["probability"] >= threshold
    chosen = positives(ranking)
    clean = load_tables(artifacts(), str(week.clean), until=week.as_of)
    sane = check(ranking, clean.transactions, clean.customers, week.target, week.target)
    folder = FolderWriter(artifacts(), prefix)
    folder.write("ranking.parquet", to_parquet(ranking))
    folder.write("positives.csv", chosen.to_csv(index=False, header=False).encode(), "text/csv")
    told = {
        **window_facts(week.target),
        "run": week.run,
        "model_version": version,
        "threshold": threshold,
        "level_offset": event["observe"]["level_offset"] if learned else None,
    }
    history = History.from_tables(clean.customers, clean.products, clean.transactions)
    why = None
    if isinstance(stored.scorer, Model):
        explained = shown(ranking)
        contributions, facts = explain(week, stored.scorer, explained)
        folder.write("explanations.parquet", to_parquet(contributions))
        why = explain_pairs(contributions, facts, explained)
    rates = learn_rates(history, week.target)
    known = customers_of(
        ranking, clean.customers, clean.transactions, week.target, history, rates, why
    )
    outside = {"rate_outside": event["evaluate"]["rate_outside"]}
    catalogue = catalogue_of(clean.products, history, {**told, **outside}, why)
    files = ((f"serving/{name}", body) for name, body in serving_files(known, catalogue, rates))
    alternative = write_alternative(week, event, folder)
    folder.write_all(files, "application/gzip")
    folder.write(SERVING + PAIRS, book(PAIRS, pairs_of(ranking)), "application/gzip")
    return folder.seal(
        {
            **told,
            "prefix": prefix,
            "aggregates": aggregate(week, clean),
            "customers": len(clean.customers),
            "scored_pairs": len(ranking),
            "predicted_pairs": len(chosen),
            "sanity": sane.to_dict(),
            "alternative": alternative,
        }
    )


def aggregate(week: Week, clean: Tables) -> str:
    """Sum up the sales for questions, once for the same clean data; return the folder."""
    folder = week.keys.aggregates(str(week.clean))
    if not artifacts().exists(folder + SALES):
        sales = sales_of(clean.customers, clean.products, clean.transactions)
        artifacts().write_once(folder + SALES, book(SALES, sales), "application/gzip")
    return folder


def write_alternative(week: Week, event: Event, folder: FolderWriter) -> Facts:
    """Keep what the model that was not chosen says: the ledger needs no model then."""
    alternative: Facts = dict(event["evaluate"]["alternative"])
    prefix = alternative.pop("prefix", None)
    if prefix is None:
        return alternative
    names = (ALTERNATIVE + table_part(shard) for shard in range(settings().shards))
    parts = [read_parquet(artifacts().read(scores_folder(week) + name)) for name in names]
    scores = pd.concat(parts, ignore_index=True)
    folder.write("alternative.parquet", to_parquet(scores))
    other = read_model(artifacts(), prefix, settings().threads)
    return {**alternative, "threshold": other.threshold(scores["probability"].to_numpy())}


def explain(week: Week, model: Model, ranking: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say what raised or lowered the probability of the pairs of a ranking, and their facts."""
    parts, facts = zip(*explain_shards(week, model, ranking), strict=True)
    return pd.concat(parts, ignore_index=True), pd.concat(facts, ignore_index=True)


def explain_shards(
    week: Week, model: Model, ranking: pd.DataFrame
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Explain pairs shard by shard."""
    pairs = Pairs.of(ranking["customer_id"].to_numpy(), ranking["product_id"].to_numpy())
    published = ranking.sort_values(["customer_id", "product_id"])["probability"].to_numpy()
    manifest, _ = read_manifest(artifacts())
    wanted = plan_features(manifest or {}, week.target, week.as_of, settings().shards)
    for shard in range(settings().shards):
        table = read_table(artifacts(), week.keys, wanted.target, shard)
        position = positions_of(pairs, table.customer_ids, table.product_ids)
        rows = np.flatnonzero(position >= 0)
        parts = model.contributions(table.take(rows))
        yield (
            local_contributions(model, table, rows, published[position[rows]], parts=parts),
            facts_of(table, rows, model.feature_names, parts),
        )


def forecast_folder(week: Week) -> str:
    """Return where this run's forecast lies."""
    return week.keys.forecast(week.target.week, week.run)


def scores_folder(week: Week) -> str:
    """Return where the shards' scores lie until they are merged."""
    return f"{forecast_folder(week)}scores/"


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Return a frame as parquet."""
    out = io.BytesIO()
    frame.to_parquet(out, index=False, compression="zstd")
    return out.getvalue()


def read_parquet(body: bytes) -> pd.DataFrame:
    """Read what `to_parquet` wrote."""
    return pd.read_parquet(io.BytesIO(body))


PARTS = {"scores": score_shard, "merge": merge_shards}
