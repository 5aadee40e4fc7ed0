"""Say at the end of a run what came of it: in words, or as JSON."""

from typing import Any, Final

import typer

from sodai_local.cloud import Cloud
from sodai_local.console import print_json, say
from sodai_local.following import Ended

SHOWN: Final = (("f1", "F1"), ("average_precision", "AP"), ("recall", "recall"))
NOTHING: Final = {
    "nothing_to_do": "Nothing new: the published forecast already says all that is known.",
    "already_running": "A run is already under way; see it with: sodai runs",
    "superseded": "Another run promoted its model first; this one changed nothing.",
    "already_published": "Nothing new in these files: this very forecast is published already.",
}


def report_end(cloud: Cloud, ended: Ended, *, as_json: bool) -> None:
    """Print the end of a run; exit with 1 unless the API answers from a published forecast."""
    if as_json:
        print_json(summary(cloud, ended))
    elif ended.execution.status == "RUNNING":
        say("Started; follow it with: sodai runs")
    elif not ended.is_good:
        report_failure(ended)
    elif ended.outcome in NOTHING:
        say(NOTHING[ended.outcome])
        report_addresses(cloud, None)
    elif ended.record:
        report_result(ended.record)
        report_addresses(cloud, ended.record["run"])
    if not ended.is_good:
        raise typer.Exit(1)
    if ended.outcome in {"published", *NOTHING} - {"already_running"}:
        require_answer(cloud)


def summary(cloud: Cloud, ended: Ended) -> dict[str, Any]:
    """Return the end of a run as JSON."""
    return {
        "status": ended.execution.status.lower(),
        "outcome": ended.outcome,
        "run": ended.record["run"] if ended.record else None,
        "record": ended.record,
        "site_url": cloud.site_url,
        "api_url": cloud.api_url,
    }


def report_failure(ended: Ended) -> None:
    """Say which state failed, why, and what to do."""
    error = (ended.record or {}).get("error") or {}
    words = (
        " ".join(told_of(ended.record))
        or error.get("user_message")
        or ended.execution.cause
        or ended.execution.error
    )
    say(f"The run failed in state {error.get('state') or 'plan'}: {words}")
    run = ended.record["run"] if ended.record else ""
    say(f"  what it wrote:  sodai logs {run} {error.get('state') or ''}".rstrip())
    say("  to go on:       mend the cause, then: sodai run — finished states return at once")


def report_result(record: dict[str, Any]) -> None:
    """Say what was forecast, how it was decided, and how good it is."""
    target, decision, forecast = record["target"], record["decision"], record["predictions"]
    verb = "retrain" if decision["retrain"] else "keep the model"
    say("")
    say(f"Target week  {target['week']}  ({target['from']} to {target['to']})")
    say(f"Decision     {verb}: {', '.join(decision['reasons'])}")
    for sentence in (decision.get("sentences") or {}).get("en", []):
        say(f"             {sentence}")
    say(f"Model        {decision['version']} ({decision['winner']})")
    say(f"{'':13}{'on held-out weeks':<22}" + "".join(f"{title:>8}" for _, title in SHOWN))
    for method, metrics in record["evaluation"]["mean"].items():
        values = (metrics.get(key) for key, _ in SHOWN)
        cells = "".join(f"{'–':>8}" if v is None else f"{v:>8.3f}" for v in values)
        say(f"{'':13}{method:<22}{cells}")
    behind = record["evaluation"].get("behind") or []
    for row in behind:
        of = f"{row['group']} ({row['customers']} customers)"
        say(f"{'':13}the model judged is behind frequency_8w for {of}")
    say(
        f"Forecast     {forecast['predicted_pairs']:,} pairs of {forecast['scored_pairs']:,} "
        f"scored, threshold {forecast['threshold']:.3f}"
    )
    say(f"Artifacts    {forecast['prefix']}")
    for sentence in told_of(record):
        say(f"Notice       {sentence}")


def told_of(record: dict[str, Any] | None) -> list[str]:
    """Return the sentences that people are told of a run by mail."""
    return [notice["en"] for notice in (record or {}).get("notices") or []]


def report_addresses(cloud: Cloud, run: str | None) -> None:
    """Say where to look."""
    say(f"Site         {cloud.site_url}/")
    say(f"API          {cloud.api_url}/docs")
    say(f"Runs         {cloud.site_url}/runs" + (f"#/{run}" if run else ""))


def require_answer(cloud: Cloud) -> None:
    """Ask the API for its health, as a reader would; exit with 1 if it does not answer."""
    import httpx

    try:
        answer = httpx.get(f"{cloud.api_url}/health", timeout=30)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            say("The API answers those who sign in.")
            return
        health = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        say(f"The forecast is published, but the API does not answer: {error}")
        say("  what to do:  sodai down, then sodai up")
        raise typer.Exit(1) from error
    if not health["data_available"]:
        say("The API answers, but it does not see a published forecast; see sodai status.")
        raise typer.Exit(1)
