"""`make bench-monitoring`: faults injected into the real year, layer by layer; then the policies.

Two tables say what share of the weeks each layer caught, one of faults in the tables and one of
broken scores; a third what retraining is worth. Limits were chosen on the weeks before 12 August:
the weeks after are printed apart. Models are the product's recipe made cheap (see `fits`), one per
week and seed, and kept in the folder of the build.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when LightGBM is loaded

import numpy as np
from sodai.domain.history import History
from sodai.fingerprints import fingerprint

from tests.performance.monitoring.faults import FAULTS
from tests.performance.monitoring.fits import MOST_ROWS, WINDOWS, Fits, cheap
from tests.performance.monitoring.layers import Caught, inject
from tests.performance.monitoring.policies import (
    FOUR,
    PHASES,
    POLICIES,
    RULE,
    WEEKLY,
    Course,
    Worth,
    course,
    worth,
)
from tests.performance.monitoring.scores import SCORE_FAULTS, SEED, Noticed, notice
from tests.performance.monitoring.year import CHOSEN_BEFORE, EVENTS, Year, parts

REPLAYED: int = 30  # weeks of the policies
GOAL_AP, GOAL_F1, GOAL_TRAININGS = 0.003, 0.002, 8


def main() -> None:
    """Print the three tables."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--build", type=Path, default=Path("build/monitoring"))
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--every", type=int, default=1, help="inject into every n-th week")
    arguments.add_argument("--weeks", type=int, default=REPLAYED, help="of the policies")
    arguments.add_argument("--only", choices=["tables", "scores", "policies"])
    arguments.add_argument("--chosen-before", type=date.fromisoformat, default=CHOSEN_BEFORE)
    asked = arguments.parse_args()
    year = Year.read(asked.data)
    if asked.only in {None, "tables"}:
        report_tables(year, asked.every, asked.chosen_before)
    weeks = year.weeks[-asked.weeks :]
    fits = fits_of(year, asked.data, asked.build)
    if asked.only in {None, "scores"}:
        report_scores(year, fits, weeks, asked.every, asked.chosen_before)
    if asked.only in {None, "policies"}:
        report_policies(year, fits, weeks, range(SEED, SEED + asked.seeds))


def fits_of(year: Year, data: Path, build: Path) -> Fits:
    """Return the models of these tables, made when asked for."""
    state = year.state
    past = History.from_tables(state.customers, state.products, state.transactions)
    contents = [sha256(file.read_bytes()).hexdigest() for file in sorted(data.glob("*.parquet"))]
    return Fits(past, fingerprint(*contents), build, os.cpu_count() or 1)


def report_tables(year: Year, every: int, chosen_before: date) -> None:
    """Print the table of faults x layers, after what the healthy weeks raised."""
    print_false_alarms(year)
    weeks = year.stable[::every]
    print(f"\nFaults in the tables, % of {len(weeks)} stable weeks caught, before | after")
    print(f"{'fault':42}{'contract':>12}{'volume':>12}{'drift':>12}  must catch")
    for fault in FAULTS:
        found = list(inject(year, fault, weeks))
        cells = "".join(
            f"{two(found, layer, chosen_before):>12}" for layer in ("contract", "volume", "drift")
        )
        goal = f"{fault.layer} >= {fault.goal:.0%}" if fault.layer else ""
        print(f"{fault.name:42}{cells}  {goal}  {', '.join(reasons_of(found))}", flush=True)


def print_false_alarms(year: Year) -> None:
    """Print the alarms of the healthy weeks."""
    tell("contract on the raw weeks")
    healthy = FAULTS[0]
    contract = list(inject(year, healthy, year.contract_weeks))
    refused = [str(one.week) for one in contract if one.contract]
    print(f"contract alarms on raw weeks, events included: {len(refused)} of {len(contract)}")
    drifted = [week for week in year.stable if year.drift(year.sketches[week]).alarm]
    print(f"drift alarms on stable weeks: {len(drifted)} of {len(year.stable)}")
    calm = [week for week in year.judged if week not in EVENTS]
    any_layer = {week for week in calm if week in year.flagged or week in drifted}
    any_layer |= {one.week for one in contract if one.contract and one.week in calm}
    share = len(any_layer) / max(len(calm), 1)
    print(
        f"contract, volume or drift on non-event weeks: {len(any_layer)} of {len(calm)} "
        f"({share:.1%}, goal <= 5%)"
    )


def two(found: Sequence[Caught], layer: str, chosen_before: date) -> str:
    """Return the percentages caught before and after the limits were chosen."""
    by_week = {one.week: getattr(one, layer) for one in found}
    told = [
        f"{100 * np.mean([by_week[week] for week in weeks]):.0f}" if weeks else "-"
        for weeks in parts(list(by_week), chosen_before).values()
    ]
    return " | ".join(told)


def reasons_of(found: Sequence[Caught]) -> list[str]:
    """Return the reasons given, the most frequent first."""
    every = [reason for one in found for reason in one.reasons]
    return sorted(set(every), key=lambda reason: -every.count(reason))


def report_scores(
    year: Year, fits: Fits, weeks: Sequence[date], every: int, chosen_before: date
) -> None:
    """Print the table of broken scores: sanity before publication, performance after."""
    stable = [week for week in weeks if week in year.stable]
    print(f"\nBroken scores, % of {len(stable[::every])} stable weeks caught, before | after")
    print(f"{'fault':42}{'F1 lost':>9}{'sanity':>12}{'AP gap':>12}{'F1 gap':>12}  must catch")
    for fault in SCORE_FAULTS:
        found = list(notice(year, fits, fault, weeks, stable[::every]))
        cells = "".join(
            f"{two_of(found, layer, chosen_before):>12}" for layer in ("sanity", "ap", "f1")
        )
        lost = np.mean([one.f1_lost for one in found])
        goal = f"{fault.layer} >= {fault.goal:.0%}" if fault.layer else ""
        codes = ", ".join(sorted({code for one in found for code in one.codes}))
        print(f"{fault.name:42}{lost:>9.3f}{cells}  {goal}  {codes}", flush=True)


def two_of(found: Sequence[Noticed], layer: str, chosen_before: date) -> str:
    """Return the percentages caught, of the weeks with enough points for the chart."""
    known = {one.week: getattr(one, layer) for one in found if layer == "sanity" or one.is_charted}
    told = [
        f"{100 * np.mean([known[week] for week in weeks]):.0f}" if weeks else "-"
        for weeks in parts(list(known), chosen_before).values()
    ]
    return " | ".join(told)


def report_policies(year: Year, fits: Fits, weeks: Sequence[date], seeds: Sequence[int]) -> None:
    """Print what each policy earned, beside weekly retraining and every 4 weeks."""
    recipe = cheap(SEED)
    print(
        f"\nPolicies over {len(weeks)} weeks from {weeks[0]}, {len(seeds)} seeds; the recipe made "
        f"cheap: {recipe.rounds} rounds, last {WINDOWS} ordinary windows, "
        f"{recipe.sample_share:.0%} of pairs never bought, at most {MOST_ROWS:,} rows"
    )
    print(
        f"{'policy':16}{'trainings':>10}{'AP':>8}{'F1':>8}{'regret AP':>11}{'regret F1':>11}"
        f"   loss beside {FOUR} (95 %): AP, F1"
    )
    courses: dict[str, list[list[Course]]] = {}
    for name, (retrain, starts) in POLICIES.items():
        asked = seeds if name in {WEEKLY, "every 2 weeks", FOUR, RULE} else seeds[:1]
        courses[name] = [
            [course(year, fits, retrain, weeks, seed, age) for age in range(min(starts, PHASES))]
            for seed in asked
        ]
    for name in POLICIES:
        print(row(worth(courses, name, np.random.default_rng(0))), flush=True)
    rule = worth(courses, RULE, np.random.default_rng(0))
    print(
        f"goal: upper bounds <= {GOAL_AP} AP and <= {GOAL_F1} F1 with at most {GOAL_TRAININGS} "
        f"trainings: {rule.beside_ap[2]:.4f}, {rule.beside_f1[2]:.4f}, {rule.trainings:.1f}"
    )


def row(found: Worth) -> str:
    """Return a policy's row."""
    beside = "   ".join(
        f"{mean:+.4f} ({low:+.4f} to {high:+.4f})"
        for mean, low, high in (found.beside_ap, found.beside_f1)
    )
    return (
        f"{found.policy:16}{found.trainings:>10.1f}{found.ap:>8.4f}{found.f1:>8.4f}"
        f"{found.regret_ap:>11.4f}{found.regret_f1:>11.4f}   {beside}"
    )


def tell(stage: str) -> None:
    """Show progress."""
    print(f"  {stage}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
