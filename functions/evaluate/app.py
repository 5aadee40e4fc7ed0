"""Compare challenger, champion and baselines on windows none has seen; decide on promotion."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sodai.domain.baselines import BASELINES
from sodai.domain.decision import choose_first, promote
from sodai.domain.evaluation import (
    METRIC_KEYS,
    Difference,
    Method,
    ScoredPairs,
    behind,
    calibration_bins,
    compare_groups,
    confusion_matrix,
    customer_groups,
    evaluate,
    mean_of_groups,
    paired_differences,
    precision_recall_curve,
)
from sodai.domain.features import LabelledTable
from sodai.domain.history import History, labels
from sodai.domain.plots import draw_precision_recall
from sodai.domain.threshold import best_threshold, plug_in_threshold
from sodai.domain.training import Model
from sodai.step import (
    Context,
    Event,
    Facts,
    Week,
    artifacts,
    logger,
    settings,
    step,
    window_facts,
    window_of,
)
from sodai.store.artifacts import as_json
from sodai.store.clean import load_tables, read_manifest
from sodai.store.feature_sets import FeatureSet, has_seen, plan_features, read_table
from sodai.store.folders import Folder, FolderWriter
from sodai.store.keys import CHALLENGER, CHAMPION_AGAIN
from sodai.store.models import Scorer, StoredModel, read_model
from sodai.store.versions import newest_intact, read_champion

BASELINE_WINDOWS = 16
LEADING, NAIVE = "model", "frequency_8w"
MOST_BEHIND = 10  # groups named in the run's record; all are in groups.json
SHOWN = ("f1", "average_precision", "precision", "recall", "roc_auc", "ndcg_at_10", "ece_05")


Metrics = dict[str, Any]


@step("evaluate")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Judge every method on the newest complete windows."""
    prefix = week.keys.evaluation(week.run)
    if sealed := Folder.open(artifacts(), prefix):
        return sealed.facts
    clean = load_tables(artifacts(), str(week.clean), until=week.as_of)
    history = History.from_tables(clean.customers, clean.products, clean.transactions)
    past, held_out = read_windows(week, history)
    pointer = None if week.as_of else read_champion(artifacts(), week.keys)
    champion, refused = read_fitting_champion(week, pointer)
    models = contenders(week, event, champion)
    fitted = {one.name: one.fit(past) for one in BASELINES}
    windows, curves, groups = [], {}, []
    rivals: dict[str, list[Method]] = {"challenger": [], "champion": []}
    for one in held_out:
        methods: dict[str, Metrics] = {}
        compared: dict[str, Method] = {}
        for name, scorer in models.items():
            scores = scorer.predict(one.table)
            orders = scorer.order_chances(one.table) if isinstance(scorer, Model) else None
            methods[name] = measure(history, one, scores, plug_in_threshold(scores), orders=orders)
            rivals[name].append(
                Method(ScoredPairs.of(one.table, scores), plug_in_threshold(scores))
            )
            if name == next(iter(models)):
                curves[str(one.table.window.cutoff)] = curve(history, one, scores)
                threshold = plug_in_threshold(scores)
                compared[LEADING] = Method(ScoredPairs.of(one.table, scores), threshold)
        for name, baseline in fitted.items():
            scores = baseline.score(one.table)
            threshold = baseline.threshold(scores)
            methods[name] = measure(history, one, scores, threshold, calibrated=baseline.calibrated)
            if champion and name == champion.metadata.get("baseline"):
                methods["champion"] = methods[name]
                rivals["champion"].append(Method(ScoredPairs.of(one.table, scores), threshold))
            if compared and name == NAIVE:
                compared[NAIVE] = Method(ScoredPairs.of(one.table, scores), threshold)
        windows.append({**window_facts(one.table.window), "methods": methods})
        groups.append(by_group(history, one, compared))
    mean = mean_metrics([window["methods"] for window in windows])
    days = (clean.newest_day - clean.first_day).days + 1
    paired = None
    if all(rivals.values()):
        bought = [one.bought for one in held_out]
        paired = paired_differences(rivals["challenger"], rivals["champion"], bought)
    judged = judge(week, event, mean, days // 7, champion, paired)
    verdict = {
        **judged,
        "alternative": not_chosen(week, event, judged, champion),
        "champion": champion.version if champion else None,
        "refused": refused,
        "pointer": pointer["version"] if pointer else None,
        "rate_outside": rate_outside(held_out, len(clean.customers), len(clean.products)),
    }
    return write(prefix, windows, curves, mean_of_groups(groups), mean, verdict)


def read_windows(
    week: Week, history: History
) -> tuple[Sequence[LabelledTable], Sequence[LabelledTable]]:
    """Read the windows that baselines learn from and the ones that judge."""
    manifest, _ = read_manifest(artifacts())
    wanted = plan_features(manifest or {}, week.target, week.as_of, settings().shards)

    def labelled(one: FeatureSet) -> LabelledTable:
        table = read_table(artifacts(), week.keys, one)
        return LabelledTable(table, labels(history, one.window))

    past = [labelled(one) for one in wanted.training[-BASELINE_WINDOWS:]]
    return past, [labelled(one) for one in wanted.held_out]


def read_fitting_champion(
    week: Week, pointer: Facts | None
) -> tuple[StoredModel | None, list[dict[str, str]]]:
    """Return the champion for windows of the target's shape, and what was refused in its place.

    It is the newest intact version; None where there is none to compare with.
    """
    if pointer is None or not fits(pointer, week):
        return None, []
    metadata, refused = newest_intact(artifacts(), week.keys, week.target)
    for one in refused:
        logger.error("a model is not intact", refused=one)
    if metadata is None:
        return None, refused
    prefix = week.keys.model(metadata["version"])
    return read_model(artifacts(), prefix, settings().threads), refused


def contenders(week: Week, event: Event, champion: StoredModel | None) -> dict[str, Scorer]:
    """Return challenger and champion, each as fitted without the windows that judge.

    A baseline that is champion is judged by the fit made here: its own has seen these windows.
    """
    models: dict[str, Scorer] = {}
    told = event.get("train", {})
    trained = told.get("version")

    def fitted(prefix: str) -> Scorer:
        return read_model(artifacts(), prefix, settings().threads).scorer

    if trained:
        models["challenger"] = fitted(week.keys.model(trained) + CHALLENGER)
    if champion and champion.metadata["kind"] != "baseline":
        again = Folder.open(artifacts(), week.keys.model(trained or "") + CHAMPION_AGAIN)
        if not has_seen(champion.metadata, week.target):
            models["champion"] = champion.scorer
        elif again and again.facts["version"] == champion.version:
            models["champion"] = fitted(again.prefix)
        elif trained and told["recipe"] == champion.metadata["recipe"]:
            models["champion"] = models["challenger"]  # the same recipe to the same cutoff
        else:
            models["champion"] = fitted(week.keys.model(champion.version) + CHALLENGER)
    return models


def fits(champion: Facts, week: Week) -> bool:
    """Tell whether the champion was made for the target's weekdays."""
    shape = window_of(champion["window"])
    weekdays = (shape.cutoff.weekday(), week.target.cutoff.weekday())
    return shape.horizon_days == week.target.horizon_days and len(set(weekdays)) == 1


def measure(
    history: History,
    one: LabelledTable,
    scores: NDArray[np.float64],
    threshold: float,
    *,
    calibrated: bool = True,
    orders: Mapping[int, float] | None = None,
) -> Metrics:
    """Return all metrics of one method on one window."""
    return evaluate(
        ScoredPairs.of(one.table, scores),
        one.bought,
        history.customer_ids,
        history.sold_before(one.table.window.cutoff),
        threshold,
        calibrated=calibrated,
        order_probability=orders,
    )


def by_group(history: History, one: LabelledTable, methods: Mapping[str, Method]) -> list[Facts]:
    """Judge the leading model and the naive baseline within groups of customers."""
    cutoff = one.table.window.cutoff
    groups = customer_groups(history, cutoff) if methods else {}
    sold = history.sold_before(cutoff)
    return compare_groups(groups, history.customer_ids, methods, one.bought, sold)


def curve(history: History, one: LabelledTable, scores: NDArray[np.float64]) -> Facts:
    """Return the leading model's curve, confusion matrix and best threshold on one window."""
    scored, threshold = ScoredPairs.of(one.table, scores), plug_in_threshold(scores)
    sold = history.sold_before(one.table.window.cutoff)
    return {
        "threshold": threshold,
        "best_threshold": best_threshold(scores, one.labels, one.bought.count)[0],
        "precision_recall": precision_recall_curve(scored, one.bought),
        "confusion_matrix": confusion_matrix(
            scored, one.bought, history.customer_ids, sold, threshold
        ),
        "calibration": calibration_bins(scored, one.bought),
    }


def rate_outside(held_out: Sequence[LabelledTable], customers: int, products: int) -> float:
    """Return the share of the pairs outside the candidates that were bought all the same."""
    missed = sum(one.bought.count - int(one.labels.sum()) for one in held_out)
    pairs = sum(customers * products - len(one.table) for one in held_out)
    return round(missed / pairs, 8) if pairs else 0.0


def mean_metrics(windows: Sequence[Mapping[str, Metrics]]) -> dict[str, Metrics]:
    """Return each method's mean over the windows; unknown stays None."""
    means: dict[str, Metrics] = {}
    for name in windows[0] if windows else ():
        rows = [window[name] for window in windows]
        means[name] = {
            key: None
            if any(row[key] is None for row in rows)
            else sum(row[key] for row in rows) / len(rows)
            for key in METRIC_KEYS
        }
    return means


def judge(
    week: Week,
    event: Event,
    mean: dict[str, Metrics],
    weeks_of_data: int,
    champion: StoredModel | None,
    paired: Mapping[str, Difference] | None,
) -> Facts:
    """Decide what forecasts from now on."""
    baselines: dict[str, Metrics] = {one.name: mean[one.name] for one in BASELINES if mean}
    baselines = baselines or {NAIVE: {}}  # too few weeks to hold any back
    trained = event.get("train")
    if trained is None:
        return {"winner": "champion", "promoted": False, "version": event["load_model"]["version"]}
    if "champion" in mean and "challenger" in mean:
        promotion = promote(mean["challenger"], mean["champion"], baselines, weeks_of_data, paired)
    else:
        promotion = choose_first(mean.get("challenger", {}), baselines, weeks_of_data)
    told = promotion.to_dict()
    versions = {"challenger": trained["version"]}
    if promotion.winner == "champion" and champion:
        versions["champion"] = champion.version
    else:
        told["promoted"] = True
    baseline = f"baseline-{promotion.winner}-{week.target.week}"
    return {**told, "version": versions.get(promotion.winner, baseline)}


def not_chosen(week: Week, event: Event, verdict: Facts, champion: StoredModel | None) -> Facts:
    """Name the model that was not chosen: the ledger tells later what it would have earned."""
    if "train" not in event:
        return {"reason": "NO_CHALLENGER"}
    if verdict["winner"] == "champion":
        version = event["train"]["version"]
        if version is None:
            return {"reason": "TOO_LITTLE_HISTORY"}
        prefix = week.keys.model(version) + CHALLENGER
        return {"role": "challenger", "version": version, "prefix": prefix}
    if champion is None:
        return {"reason": "NO_FORMER_CHAMPION"}
    if champion.version == verdict["version"]:
        return {"reason": "SAME_MODEL"}
    prefix = week.keys.model(champion.version)
    return {"role": "former_champion", "version": champion.version, "prefix": prefix}


def write(
    prefix: str,
    windows: Sequence[Facts],
    curves: Mapping[str, Facts],
    groups: Sequence[Facts],
    mean: Mapping[str, Metrics],
    verdict: Facts,
) -> Facts:
    """Write the evaluation and seal it; return its short form."""
    folder = FolderWriter(artifacts(), prefix)
    folder.write("windows.json", as_json(windows), "application/json")
    folder.write("curves.json", as_json(curves), "application/json")
    folder.write("groups.json", as_json(groups), "application/json")
    if curves:
        folder.write("precision_recall.png", draw_precision_recall(curves), "image/png")
    shown = {
        name: {key: None if m[key] is None else round(m[key], 4) for key in SHOWN}
        for name, m in mean.items()
    }
    newest = list(curves.values())[-1]["confusion_matrix"] if curves else None
    return folder.seal(
        {
            **verdict,
            "windows": [{key: one[key] for key in ("week", "from", "to")} for one in windows],
            "mean": shown,
            "confusion_matrix": newest,
            "groups": len(groups),
            "behind": behind(groups, LEADING, NAIVE)[:MOST_BEHIND],
            "folder": prefix,
        }
    )
