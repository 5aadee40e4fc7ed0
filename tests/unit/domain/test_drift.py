"""Drift and volume: quiet on ordinary weeks, loud on a changed mix, honest with little history."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, kstwobign
from sodai.domain.contract import CleanState, accept, read_delivery
from sodai.domain.deliveries import complete_weeks
from sodai.domain.drift import (
    BIN_WEEKS,
    REFERENCE_WEEKS,
    Bins,
    DriftReport,
    Sketch,
    compare,
    flagged_weeks,
    freeze_bins,
    merge,
    not_evaluated,
    prior_of,
    sketch,
    volume_chart,
)
from sodai.domain.drift.distances import (
    jensen_shannon,
    kolmogorov_smirnov,
    kolmogorov_smirnov_p,
    log_odds_difference,
    mean_shares,
    stability_index,
)
from sodai.domain.sharding import shard_of

from tests.unit.domain import small_distributor as shop

WEEKS = [shop.START + timedelta(weeks=week) for week in range(30)]


def sketches_of(state: CleanState, bins: Bins, weeks: Sequence[date]) -> list[Sketch]:
    lines = state.transactions
    tables = (lines, state.customers, state.products)
    return [sketch(week, *tables, bins, prior_of(lines, week)) for week in weeks]


@pytest.fixture(scope="module")
def state() -> CleanState:
    return shop.clean_state(shop.transactions(weeks=30))


@pytest.fixture(scope="module")
def bins(state: CleanState) -> Bins:
    return freeze_bins(state.transactions, state.customers, state.products, WEEKS[:BIN_WEEKS])


@pytest.fixture(scope="module")
def sketches(state: CleanState, bins: Bins) -> list[Sketch]:
    return sketches_of(state, bins, WEEKS)


def changed(state: CleanState, lines: pd.DataFrame) -> CleanState:
    return replace(state, transactions=lines)


class TestDistances:
    CURRENT = np.array([0.5, 0.3, 0.2, 0.0])
    REFERENCE = np.array([0.25, 0.25, 0.25, 0.25])

    def test_ks_is_the_two_sample_distance(self) -> None:
        rng = np.random.default_rng(0)
        one, two = rng.integers(0, 6, 300), rng.integers(1, 6, 500)
        shares = [np.bincount(sample, minlength=6) / len(sample) for sample in (one, two)]
        distance = kolmogorov_smirnov(*shares)
        assert distance == pytest.approx(ks_2samp(one, two).statistic)
        asymptote = kstwobign.sf(np.sqrt(300 * 500 / 800) * distance)
        assert kolmogorov_smirnov_p(distance, 300, 500) == pytest.approx(asymptote)

    def test_js_agrees_with_scipy(self) -> None:
        known = jensenshannon(self.CURRENT, self.REFERENCE, base=2)
        assert jensen_shannon(self.CURRENT, self.REFERENCE) == pytest.approx(known)
        assert jensen_shannon(self.CURRENT, self.CURRENT) == 0

    def test_log_odds_differ_by_the_logarithm_of_the_odds_ratio(self) -> None:
        assert log_odds_difference(np.array([0.5, 0.5]), np.array([0.2, 0.8])) == pytest.approx(
            np.log(4)
        )

    def test_stability_index_is_symmetric_and_finite_with_an_empty_bin(self) -> None:
        there = stability_index(self.CURRENT, self.REFERENCE)
        assert 0 < there < np.inf
        assert there == pytest.approx(stability_index(self.REFERENCE, self.CURRENT))

    def test_every_reference_week_has_equal_weight(self) -> None:
        assert mean_shares(np.array([[10, 0], [0, 1000]])).tolist() == [0.5, 0.5]


class TestSketch:
    def test_shards_add_up_to_the_whole(self, state: CleanState, bins: Bins) -> None:
        week, lines = WEEKS[20], state.transactions
        whole_prior = prior_of(lines, week)
        whole = sketch(week, lines, state.customers, state.products, bins, whole_prior)
        shard = lines["customer_id"].map(lambda customer: shard_of(customer, 4))
        parts = []
        for number in range(4):
            own = lines[shard == number]
            prior = prior_of(own, week, first_day=shop.START).with_products(whole_prior.products)
            parts.append(sketch(week, own, state.customers, state.products, bins, prior))
        assert merge(parts) == whole

    def test_sketches_of_different_weeks_do_not_merge(self, sketches: list[Sketch]) -> None:
        with pytest.raises(ValueError, match="one week"):
            merge(sketches[:2])

    def test_survives_json(self, sketches: list[Sketch], bins: Bins) -> None:
        stored = json.loads(json.dumps(sketches[20].to_json()))
        assert Sketch.from_json(stored) == sketches[20]
        assert Bins.from_json(json.loads(json.dumps(bins.to_json()))) == bins
        assert Bins.from_json(bins.to_json()).sha256 == bins.sha256

    def test_does_not_see_later_weeks(
        self, state: CleanState, bins: Bins, sketches: list[Sketch]
    ) -> None:
        known = state.transactions[state.transactions["purchase_date"] < str(WEEKS[21])]
        assert sketches_of(changed(state, known), bins, [WEEKS[20]]) == [sketches[20]]

    def test_counts_every_line_order_and_customer_once(
        self, state: CleanState, sketches: list[Sketch]
    ) -> None:
        days = state.transactions["purchase_date"]
        lines = state.transactions[(days >= str(WEEKS[20])) & (days < str(WEEKS[21]))]
        counts = sketches[20].counts
        assert sketches[20].lines == sum(counts["items"]) == sum(counts["brand"]) == len(lines)
        assert sum(counts["order_lines"]) == lines["order_id"].nunique()
        assert sum(counts["products_per_customer"]) == lines["customer_id"].nunique()
        returns = int(lines["is_return"].sum())
        assert sketches[20].shares["returns"] == (returns, len(lines))

    def test_nothing_is_called_new_before_eight_weeks_are_known(
        self, sketches: list[Sketch]
    ) -> None:
        assert sketches[7].shares["repeat_pairs"] == (0, 0)
        assert sketches[8].shares["repeat_pairs"][1] > 0

    def test_missing_values_and_unknown_levels_have_their_own_bin(
        self, state: CleanState, bins: Bins
    ) -> None:
        holes = replace(
            state,
            customers=state.customers.assign(X=np.nan),
            products=state.products.assign(brand="NEVER SEEN"),
        )
        (seen,) = sketches_of(holes, bins, [WEEKS[20]])
        assert seen.counts["X"][-1] == seen.lines
        assert seen.counts["brand"][-1] == seen.lines

    def test_bins_need_lines(self, state: CleanState) -> None:
        with pytest.raises(ValueError, match="no lines"):
            freeze_bins(state.transactions, state.customers, state.products, [date(2030, 1, 7)])


class TestCompare:
    def test_ordinary_weeks_raise_no_alarm(self, sketches: list[Sketch], bins: Bins) -> None:
        reports = [compare(sketches[n], sketches[:n], bins) for n in range(REFERENCE_WEEKS, 30)]
        assert all(report.evaluated for report in reports)
        assert sum(report.alarm for report in reports) <= 1
        assert not any(report.volume_flagged for report in reports)

    @pytest.mark.parametrize(
        ("fault", "features"),
        [
            ("a customer type is missing", {"customer_type"}),
            ("items in single units", {"items", "order_items", "non_integer_items", "big_lines"}),
            ("no returns", {"returns", "items"}),
            ("all on one day", {"weekday", "order_lines", "order_items"}),
        ],
    )
    def test_a_changed_mix_raises_the_alarm(
        self, state: CleanState, sketches: list[Sketch], bins: Bins, fault: str, features: set[str]
    ) -> None:
        lines = state.transactions.copy()
        now = lines["purchase_date"] >= str(WEEKS[29])
        if fault == "a customer type is missing":
            lines = lines[~(now & (lines["customer_id"] % 3 == 0))]
        elif fault == "items in single units":
            lines.loc[now, "items"] *= 12
        elif fault == "no returns":
            lines.loc[now, "items"] = lines.loc[now, "items"].abs() + 1 / 3
        else:
            lines.loc[now, "purchase_date"] = pd.Timestamp(WEEKS[29])
        (faulty,) = sketches_of(changed(state, lines), bins, [WEEKS[29]])
        report = compare(faulty, sketches[:29], bins)
        assert report.alarm
        assert report.worst is not None
        loud = {s.feature for s in report.statistics if s.z > report.limit}
        assert loud & features

    def test_twice_the_volume_of_the_same_mix_is_flagged_and_no_drift(
        self, sketches: list[Sketch], bins: Bins
    ) -> None:
        last = sketches[29]
        doubled = replace(
            last,
            lines=2 * last.lines,
            counts={name: tuple(2 * n for n in counts) for name, counts in last.counts.items()},
            shares={name: (2 * part, 2 * whole) for name, (part, whole) in last.shares.items()},
        )
        once, twice = (compare(one, sketches[:29], bins) for one in (last, doubled))
        assert twice.volume_flagged
        assert twice.alarm == once.alarm
        assert [s.value for s in twice.statistics if s.kind in {"ks", "js"}] == pytest.approx(
            [s.value for s in once.statistics if s.kind in {"ks", "js"}]
        )

    @pytest.mark.parametrize(("kept", "is_alarm"), [(0.0, True), (0.3, False)])
    def test_a_small_customer_type_that_vanishes_raises_the_alarm(
        self, sketches: list[Sketch], bins: Bins, kept: float, is_alarm: bool
    ) -> None:
        def with_small_type(one: Sketch, share: float) -> Sketch:
            *others, _, rest = one.counts["customer_type"]
            small = (*others, round(share * one.lines), rest)
            return replace(one, counts={**one.counts, "customer_type": small})

        past = [with_small_type(one, 0.2) for one in sketches[:29]]
        report = compare(with_small_type(sketches[29], 0.2 * kept), past, bins)
        lost = {s.feature: s for s in report.statistics}["customer_type_lost"]
        assert (lost.z > report.limit) is is_alarm

    def test_the_first_odd_row_after_weeks_all_alike_is_no_alarm(
        self, state: CleanState, bins: Bins
    ) -> None:
        lines = state.transactions.assign(items=1.0)
        even = sketches_of(changed(state, lines), bins, WEEKS)
        lines.loc[lines.index[-1], "items"] = -1.0
        odd = sketches_of(changed(state, lines), bins, [WEEKS[29]])[0]
        assert odd.shares["returns"][0] == 1
        report = compare(odd, even[:29], bins)
        calm = {s.feature: s.z for s in report.statistics}
        assert calm["returns"] <= 0
        assert calm["category"] <= 0

    def test_a_flagged_week_leaves_the_reference(self, sketches: list[Sketch], bins: Bins) -> None:
        past = [replace(s, lines=10 * s.lines) if s.week == WEEKS[25] else s for s in sketches]
        report = compare(past[29], past[:29], bins)
        assert WEEKS[25] not in report.reference
        assert report.excluded == {WEEKS[25]: "volume"}
        assert len(report.reference) == REFERENCE_WEEKS

    @pytest.mark.parametrize("known", [0, 1, 8, REFERENCE_WEEKS - 1])
    def test_too_few_weeks_are_said_and_never_alarm(
        self, sketches: list[Sketch], bins: Bins, known: int
    ) -> None:
        report = compare(sketches[known], sketches[:known], bins)
        told = report.to_dict("run")
        assert not report.alarm
        assert told["drift"]["evaluated"] is False
        assert told["drift"]["reason"] == "TOO_FEW_WEEKS"

    def test_before_there_are_bins_nothing_is_evaluated(self) -> None:
        told = not_evaluated(WEEKS[3]).to_dict("run")
        assert told["volume"] is None
        assert told["drift"] | {"limit": 3.5} == {
            "evaluated": False,
            "reason": "TOO_FEW_WEEKS",
            "max_z": None,
            "feature": None,
            "limit": 3.5,
            "alarm": False,
        }

    def test_a_week_without_lines_is_flagged_by_volume(
        self, state: CleanState, sketches: list[Sketch], bins: Bins
    ) -> None:
        closed = state.transactions[state.transactions["purchase_date"] < str(WEEKS[29])]
        (empty,) = sketches_of(changed(state, closed), bins, [WEEKS[29]])
        report = compare(empty, sketches[:29], bins)
        assert report.volume_flagged
        assert not report.alarm
        assert report.reason == "NO_LINES"

    def test_weeks_on_other_bins_are_refused(self, sketches: list[Sketch], bins: Bins) -> None:
        with pytest.raises(ValueError, match=str(WEEKS[3])):
            compare(sketches[29], [replace(sketches[3], bins_sha256="other")], bins)

    def test_the_report_is_json_with_psi_and_ks_per_feature(
        self, sketches: list[Sketch], bins: Bins
    ) -> None:
        told = json.loads(json.dumps(compare(sketches[29], sketches[:29], bins).to_dict("r1")))
        assert told["run"] == "r1"
        assert told["reference"]["bins_sha256"] == bins.sha256
        kinds = {"ks": 8, "js": 8, "log_odds": 6, "lost": 1}
        for kind, count in kinds.items():
            found = [one for one in told["statistics"] if one["kind"] == kind]
            assert len(found) == count
            assert all((one["psi"] is not None) == (kind in {"ks", "js"}) for one in found)
            assert all((one["ks_p"] is not None) == (kind == "ks") for one in found)


class TestVolumeChart:
    def test_needs_eight_weeks_and_flags_what_lies_far_from_them(self) -> None:
        lines = dict.fromkeys(WEEKS[:12], 1000) | {WEEKS[9]: 500, WEEKS[10]: 1380}
        chart = volume_chart(lines)
        assert [chart[week].sigmas is None for week in WEEKS[:9]] == [True] * 8 + [False]
        assert [week for week in chart if chart[week].flagged] == [WEEKS[9]]
        assert chart[WEEKS[9]].sigmas == pytest.approx(np.log(0.5) / 0.10)

    def test_the_flagged_weeks_of_lines_are_those_of_the_chart(self, state: CleanState) -> None:
        lines = state.transactions
        assert flagged_weeks(lines) == frozenset()
        week = lines["purchase_date"].between("2024-06-10", "2024-06-16")
        assert flagged_weeks(lines[~week | (lines.index % 5 == 0)]) == {date(2024, 6, 10)}
        unfinished = lines[lines["purchase_date"] <= pd.Timestamp(WEEKS[29])]
        assert flagged_weeks(unfinished) == frozenset()

    def test_a_flagged_week_does_not_move_the_median(self) -> None:
        lines = dict.fromkeys(WEEKS[:8], 1000) | dict.fromkeys(WEEKS[8:20], 100)
        assert all(point.flagged for week, point in volume_chart(lines).items() if week > WEEKS[7])


def test_the_real_year_is_quiet_on_stable_weeks_and_loud_in_event_weeks(real_tables: Path) -> None:
    names = ("clientes.parquet", "productos.parquet", "transacciones.parquet")
    files = [read_delivery((real_tables / name).read_bytes(), name) for name in names]
    state = accept(None, files).state
    weeks = complete_weeks(date(2024, 1, 1), date(2024, 12, 31))
    assert weeks[-1] == date(2024, 12, 23)
    bins = freeze_bins(state.transactions, state.customers, state.products, weeks[:BIN_WEEKS])
    sketches = sketches_of(state, bins, weeks)
    reports = [compare(one, sketches[:n], bins) for n, one in enumerate(sketches)]
    events = {
        date.fromisoformat(f"2024-{day}")
        for day in ("05-13", "05-20", "05-27", "07-01", "07-08", "12-16", "12-23")
    }
    excursions = {date(2024, 4, 15), date(2024, 9, 23)}
    assert flagged(reports) == (events - {date(2024, 7, 1)}) | excursions
    judged = [report for report in reports if report.evaluated]
    stable = [report for report in judged if report.week not in events | excursions]
    assert len(stable) == 27
    assert not [report.week for report in stable if report.alarm]
    dropped = {kind: [] for kind in bins.levels["customer_type"]}
    for report in stable:
        place = weeks.index(report.week)
        for position, kind in enumerate(bins.levels["customer_type"]):
            counts = list(sketches[place].counts["customer_type"])
            counts[position] = 0
            without = {**sketches[place].counts, "customer_type": tuple(counts)}
            again = compare(replace(sketches[place], counts=without), sketches[:place], bins)
            dropped[kind].append(again.alarm)
    assert len(dropped) == 7
    assert {kind: np.mean(alarms) for kind, alarms in dropped.items()} == dict.fromkeys(dropped, 1)
    assert sum(report.alarm for report in judged if report.week in events) >= 5


def flagged(reports: Sequence[DriftReport]) -> set[date]:
    return {report.week for report in reports if report.volume_flagged}
