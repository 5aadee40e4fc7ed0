"""Search hyper-parameters, fit the challenger, and refit the winner on everything."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from sodai.domain import events, sampling, search, training
from sodai.domain.baselines import BASELINES
from sodai.domain.events import eventful
from sodai.domain.features import LabelledTable
from sodai.domain.history import History, labels
from sodai.domain.sampling import bounded, joined
from sodai.domain.training import Recipe, Vocabulary
from sodai.fingerprints import code_fingerprint, fingerprint, package_versions
from sodai.step import (
    Context,
    Event,
    Facts,
    Week,
    artifacts,
    logger,
    now,
    settings,
    step,
    window_facts,
)
from sodai.store.clean import load_tables, read_manifest
from sodai.store.feature_sets import (
    TRAINING_SAMPLE,
    FeaturePlan,
    FeatureSet,
    has_seen,
    plan_features,
    read_table,
)
from sodai.store.folders import Folder
from sodai.store.journal import S3Journal
from sodai.store.keys import CHALLENGER, CHAMPION_AGAIN
from sodai.store.models import write_model
from sodai.store.versions import open_version, read_champion

MIN_WINDOWS = 4  # 14 weeks of data, ten of which only warm the features up
PACKAGES = ("lightgbm", "numpy", "optuna", "pandas", "pyarrow", "scikit-learn", "scipy")
RULE = {"rule": "plug_in_expected_f1"}
OWN_RULE = {"rule": "baseline"}
STOP_BEFORE_MS = 60_000  # end a chunk of trials this long before the platform would


def handler(event: Event, context: Context) -> Facts:
    """Do the part of the work that the event names."""
    facts: Facts = PARTS[event["part"]](event, context)
    return facts


@step("train", closes=False)
def run_search(week: Week, event: Event, context: Context) -> Facts:
    """Run trials until all are done or the time of this call is nearly over."""
    wanted, trials = plan(week), int(event["plan"]["trials"])
    if len(wanted.past) < MIN_WINDOWS:
        return {"done": True, "version": None, "skipped": "TOO_LITTLE_HISTORY"}
    champion = None if week.as_of else champion_recipe(week)
    made_of = (
        [one.fingerprint for one in wanted.past],
        week.clean,
        trials,
        champion.to_dict() if champion else None,
        package_versions(*PACKAGES),
    )
    study = fingerprint(*made_of, training, search, sampling, events, sys.modules[__name__])
    facts = {"study": study, "version": f"{week.target.week}-{study[:8]}"}
    if sealed := Folder.open(artifacts(), week.keys.model(facts["version"]) + CHALLENGER):
        return {**sealed.facts["training"], "done": True}
    if trials == 0:
        return {**facts, "done": True, "recipe": Recipe().to_dict(), "trials_done": 0, "trials": 0}
    tables = ordinary(training_tables(week, wanted.training))
    known, _ = search.validation_split([one.table.window for one in tables])
    began = now()
    state = search.search(
        tables[: len(known)],
        tables[len(known) :],
        S3Journal(artifacts(), week.keys.journal(study)),
        trials,
        champion=champion,
        deadline=lambda: context.get_remaining_time_in_millis() < STOP_BEFORE_MS,
        on_trial=lambda done, of: week.progress("train", done, of),
        threads=settings().threads,
    )
    told = state.to_dict()
    seconds = round((now() - began).total_seconds(), 1)
    logger.info("searched", **{k: told[k] for k in ("trials_done", "best_value", "default_value")})
    return {**facts, **told, "recipe": told["best_recipe"], "search_seconds": seconds}


def champion_recipe(week: Week) -> Recipe | None:
    """Return what the champion before this run was trained with, if it is a model."""
    pointer = read_champion(artifacts(), week.keys) or {}
    own = pointer.get("promoted_by") == week.run  # this run broke off after it had promoted
    version = pointer.get("previous" if own else "version")
    sealed = version and open_version(artifacts(), week.keys, version)
    try:
        return Recipe.from_dict(sealed.facts["recipe"]) if sealed else None
    except (KeyError, TypeError):  # a baseline, or a recipe of another release
        return None


@step("train", opens=False)
def fit_challenger(week: Week, event: Event, context: Context) -> Facts:
    """Fit the challenger without the windows it will be judged on."""
    told = {k: v for k, v in event["train"].items() if k not in {"done", "best_recipe"}}
    if told["version"] is None:
        return told
    prefix = week.keys.model(told["version"]) + CHALLENGER
    if sealed := Folder.open(artifacts(), prefix):
        training_facts: Facts = sealed.facts["training"]
        return training_facts
    began, wanted = now(), plan(week)
    tables = ordinary(training_tables(week, wanted.training))
    recipe = Recipe.from_dict(told["recipe"])
    vocabulary = Vocabulary.of(one.table for one in tables)
    metadata = describe(week, told, recipe, tables)
    model = training.fit(drained(tables), recipe, vocabulary, settings().threads)
    seconds = round((now() - began).total_seconds(), 1)
    made_of = {key: metadata[key] for key in ("clean", "code", "packages")}
    facts = {**told, "rows": metadata["rows"], "fit_seconds": seconds, "made_of": made_of}
    fit_champion_again(week, told)
    write_model(artifacts(), prefix, model, {**metadata, "training": facts}, RULE)
    return facts


def fit_champion_again(week: Week, told: Facts) -> None:
    """Fit the champion's recipe as the challenger was, if the champion saw the weeks that judge.

    Its own fit without them serves as well where it was made for the same target; an equal
    recipe would only give the challenger again.
    """
    pointer = None if week.as_of else read_champion(artifacts(), week.keys)
    sealed = pointer and open_version(artifacts(), week.keys, pointer["version"])
    if not sealed or sealed.facts["kind"] == "baseline":
        return
    same_target = sealed.facts["window"] == window_facts(week.target)
    if same_target or sealed.facts["recipe"] == told["recipe"]:
        return
    recipe = champion_recipe(week)
    if recipe is None or not has_seen(sealed.facts, week.target):
        return
    tables = ordinary(training_tables(week, plan(week).training))
    vocabulary = Vocabulary.of(one.table for one in tables)
    metadata = describe(week, {**told, "version": sealed.facts["version"]}, recipe, tables)
    model = training.fit(drained(tables), recipe, vocabulary, settings().threads)
    write_model(
        artifacts(), week.keys.model(told["version"]) + CHAMPION_AGAIN, model, metadata, RULE
    )


@step("refit")
def refit_winner(week: Week, event: Event, context: Context) -> Facts:
    """Refit what won on everything known: the challenger's recipe, or a baseline."""
    verdict, told, began = event["evaluate"], event["train"], now()
    version = verdict["version"]
    prefix = week.keys.model(version)
    if Folder.open(artifacts(), prefix):
        return {"version": version}
    wanted = plan(week)
    tables = training_tables(week, wanted.past)
    if verdict["winner"] == "challenger":
        tables = ordinary(tables)
        recipe = Recipe.from_dict(told["recipe"])
        vocabulary = Vocabulary.of(one.table for one in tables)
        metadata = describe(week, {**told, "version": version}, recipe, tables)
        model = training.fit(drained(tables), recipe, vocabulary, settings().threads)
        write_model(artifacts(), prefix, model, {**metadata, **judged(verdict)}, RULE)
    else:
        winner = next(one for one in BASELINES if one.name == verdict["winner"])
        metadata = {**common(week, version, tables), "kind": "baseline", "baseline": winner.name}
        write_model(
            artifacts(), prefix, winner.fit(tables), {**metadata, **judged(verdict)}, OWN_RULE
        )
    seconds = round((now() - began).total_seconds(), 1)
    return {"version": version, "rows": metadata["rows"], "fit_seconds": seconds}


def plan(week: Week) -> FeaturePlan:
    """Name the feature sets of this run."""
    manifest, _ = read_manifest(artifacts())
    return plan_features(manifest or {}, week.target, week.as_of, settings().shards)


def training_tables(week: Week, sets: Sequence[FeatureSet]) -> list[LabelledTable]:
    """Read windows to train on; with too many rows, those of some of the customers."""
    return joined(bounded(tables_by_shard(week, sets)))


def ordinary(tables: Sequence[LabelledTable]) -> list[LabelledTable]:
    """Leave out the windows of unusual volume: only baselines learn from these."""
    unusual = eventful({one.table.window: one.bought.count for one in tables})
    return [one for one in tables if one.table.window not in unusual]


def tables_by_shard(week: Week, sets: Sequence[FeatureSet]) -> Iterator[LabelledTable]:
    """Read shard by shard; windows that hold every candidate are thinned like the others."""
    for shard in range(settings().shards):
        history = purchases(str(week.clean), week.as_of, shard)
        for one in sets:
            table = read_table(artifacts(), week.keys, one, shard)
            if one.sample is None:
                table = table.sampled(TRAINING_SAMPLE)
            yield LabelledTable(table, labels(history, one.window))


def drained(tables: list[LabelledTable]) -> Iterator[LabelledTable]:
    """Hand the tables over one by one: the fit keeps its own copy of their rows."""
    tables.reverse()
    while tables:
        yield tables.pop()


@lru_cache(maxsize=1)
def purchases(clean: str, until: date | None, shard: int) -> History:
    """Load one customer shard's purchases; those of a single shard once per call."""
    shards = settings().shards
    tables = load_tables(artifacts(), clean, until=until, shard=shard, shards=shards)
    return History.from_tables(
        tables.customers,
        tables.products,
        tables.transactions,
        first_sold=tables.first_sold,
        shard=shard,
        shards=shards,
    )


def common(week: Week, version: str, tables: Sequence[LabelledTable]) -> Facts:
    """Return what the metadata of every kind of model holds."""
    return {
        "version": version,
        "run": week.run,
        "created_at": now().isoformat(),
        "clean": week.clean,
        "code": code_fingerprint(),
        "packages": package_versions(*PACKAGES),
        "window": window_facts(week.target),
        "trained_through": max((str(one.table.window.end) for one in tables), default=None),
        "windows": len(tables),
        "rows": sum(len(one.table) for one in tables),
    }


def describe(week: Week, told: Facts, recipe: Recipe, tables: Sequence[LabelledTable]) -> Facts:
    """Return a model's metadata: where it comes from and how it was made."""
    searched = ("trials", "trials_done", "trials_pruned", "best_value", "default_value", "improved")
    return {
        **common(week, told["version"], tables),
        "kind": "lightgbm",
        "recipe": recipe.to_dict(),
        "features": len(tables[0].table.names) + len(tables[0].table.categories),
        "study": told["study"],
        "search": {key: told[key] for key in searched if key in told},
    }


def judged(verdict: Facts) -> Facts:
    """Return how the recipe did on windows it had not seen, and which model it replaces."""
    shown = {key: verdict[key] for key in ("windows", "mean", "winner")}
    return {"evaluation": shown, "replaced": verdict["champion"]}


PARTS = {"search": run_search, "fit": fit_challenger, "refit": refit_winner}
