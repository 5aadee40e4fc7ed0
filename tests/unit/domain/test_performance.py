"""The performance chart alarms on a lost lead, and only where it may."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sodai.domain.performance import PerformancePoint, chart, judge

LEADS = [0.08, 0.07, 0.09, 0.08, 0.075, 0.085, 0.08, 0.07, 0.09, 0.08, 0.08, 0.08, 0.08, 0.08]


def point(number: int, lead: float) -> PerformancePoint:
    return PerformancePoint(date(2024, 6, 3) + timedelta(weeks=number), 7, 0.5 + lead, 0.5)


POINTS = [point(number, lead) for number, lead in enumerate(LEADS)]
LOST = point(14, 0.02)


def test_a_lost_lead_alarms_and_an_ordinary_one_does_not() -> None:
    assert judge(LOST, POINTS).alarm
    assert not judge(point(14, 0.06), POINTS).alarm


def test_the_limit_is_three_robust_sigmas_below_the_median_with_a_floor() -> None:
    report = judge(LOST, [point(number, 0.08) for number in range(14)])
    assert report.sigma == 0.008
    assert report.limit == pytest.approx(0.08 - 3 * 0.008)


def test_only_the_last_twelve_unflagged_weeks_count() -> None:
    older = [point(0, -0.5), point(1, -0.5)]
    flagged = [replace(point(2, 0.9), flagged=True)]
    report = judge(LOST, [*older, *flagged, *(point(n, 0.08) for n in range(3, 14))])
    newest = judge(LOST, [point(n, 0.08) for n in range(2, 14)])
    assert report.centre == newest.centre == pytest.approx(0.08)


@pytest.mark.parametrize("change", [{"horizon_days": 5}, {"first_publication": False}])
def test_short_and_superseded_forecasts_are_apart(change: dict[str, int]) -> None:
    apart = replace(LOST, **change)  # type: ignore[arg-type]
    report = judge(apart, POINTS)
    assert report.reason == "NOT_CHARTED"
    assert not report.alarm
    odd = [replace(one, **change) for one in POINTS]  # type: ignore[arg-type]
    assert judge(LOST, odd).reason == "TOO_FEW_POINTS"


def test_f1_and_calibration_have_limits_of_their_own_and_no_alarm() -> None:
    told = [replace(p, f1=0.55, f1_naive=0.5, ece=0.02) for p in POINTS]
    report = judge(replace(point(14, 0.08), f1=0.4, f1_naive=0.5, ece=0.2), told)
    assert report.f1_limit == pytest.approx(0.05 - 3 * 0.008)
    assert report.ece_limit == pytest.approx(0.02 + 3 * 0.005)
    assert not report.alarm
    assert judge(LOST, POINTS).ece_limit is None


def test_fewer_than_eight_points_do_not_judge() -> None:
    assert judge(LOST, POINTS[:7]).reason == "TOO_FEW_POINTS"
    assert judge(LOST, POINTS[:8]).evaluated


def test_seeded_points_draw_a_limit_but_do_not_alarm() -> None:
    seeded = [replace(one, seeded=True) for one in POINTS[:10]]
    report = judge(LOST, [*seeded, *POINTS[10:]])
    assert report.limit is not None
    assert report.point.gap < report.limit
    assert (report.reason, report.alarm) == ("SEEDED", False)


def test_seeded_points_leave_once_there_are_eight_published_ones() -> None:
    seeded = [replace(one, seeded=True, ap=5.0) for one in POINTS[:6]]
    report = judge(LOST, [*seeded, *POINTS[6:]])
    assert report.alarm
    assert report.centre == pytest.approx(0.08)


def test_every_point_is_judged_on_those_before_it() -> None:
    reports = chart([LOST, *reversed(POINTS)])
    assert [report.point.week for report in reports] == sorted(p.week for p in [*POINTS, LOST])
    assert [report.alarm for report in reports] == [False] * 14 + [True]


def test_points_survive_json() -> None:
    full = replace(LOST, f1=0.55, f1_naive=0.5)
    assert PerformancePoint.from_dict(json.loads(json.dumps(full.to_dict()))) == full
    told = judge(full, POINTS).to_dict()
    assert told["f1_gap"] == pytest.approx(0.05)
    json.dumps(told, allow_nan=False)
