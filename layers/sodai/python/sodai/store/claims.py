"""The pipeline's one claim: a conditional write with a lease, so two triggers give one run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sodai.domain.errors import AlreadyRunning
from sodai.store import keys
from sodai.store.artifacts import Artifacts

LEASE: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds the pipeline, and until when at the latest."""

    run: str
    execution: str
    until: str
    released: bool = False


def take_claim(
    artifacts: Artifacts,
    execution: str,
    now: datetime,
    choose_run: Callable[[str | None], str],
    is_running: Callable[[str], bool],
) -> Claim:
    """Take the claim for an execution, or raise `AlreadyRunning`.

    Parameters
    ----------
    artifacts : Artifacts
        The bucket.
    execution : str
        ARN of the execution that wants to run.
    now : datetime
        The present moment, with a time zone.
    choose_run : callable
        Gets the newest run's id (None at first) and returns the run to go on with or to start.
    is_running : callable
        Tells whether an execution is still running; unknown ones are not.
    """

    def change(before: dict[str, Any] | None) -> dict[str, Any]:
        if before and not before["released"] and before["execution"] != execution:
            leased = datetime.fromisoformat(before["until"]) > now
            if leased and is_running(before["execution"]):
                raise AlreadyRunning(
                    f"{before['execution']} holds the claim",
                    f"Run {before['run']} is already under way; wait for it to end.",
                )
        if before and not before["released"] and before["execution"] == execution:
            return before
        run = choose_run(before["run"] if before else None)
        return {
            "run": run,
            "execution": execution,
            "until": (now + LEASE).isoformat(),
            "released": False,
        }

    return Claim(**artifacts.update_json(keys.CLAIM, change))


def release_claim(artifacts: Artifacts, execution: str) -> None:
    """Give the claim back, if this execution still holds it."""

    def change(before: dict[str, Any] | None) -> dict[str, Any] | None:
        if before and before["execution"] == execution:
            return {**before, "released": True}
        return before

    artifacts.update_json(keys.CLAIM, change)
