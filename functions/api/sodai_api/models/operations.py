"""Health and runs."""

from typing import Annotated, Any

from pydantic import ConfigDict

from sodai_api.models.fields import Answer, Timestamp, about


class Artifact(Answer):
    """An artifact as it was written; it may hold more than is described."""

    model_config = ConfigDict(extra="allow")


class Health(Answer):
    """Whether the API can answer, and from which forecast."""

    status: Annotated[
        str,
        about(
            "ok; waiting: nothing was published yet; degraded: what was published cannot be read",
            "ok",
        ),
    ]
    model_loaded: Annotated[bool, about("Whether a model's forecast is served", True)]
    data_available: Annotated[bool, about("Whether the forecast can be read", True)]
    timestamp: Timestamp
    model_version: Annotated[str | None, about("Model of the forecast", "2025-01-06-958507ba")]
    target_week: Annotated[
        str | None, about("Week of the forecast, named by its Monday", "2025-01-06", unit="date")
    ]
    published_at: Annotated[
        str | None,
        about("When it was published", "2025-01-06T05:10:00+00:00", unit="ISO 8601, UTC"),
    ]
    message: Annotated[
        str | None,
        about(
            "What is missing and what to do; null: nothing", "No forecast has been published yet."
        ),
    ]


class RunDecision(Answer):
    """Whether the run trained a model, why, and what came of it."""

    retrain: Annotated[bool | None, about("Whether a challenger was trained", True)]
    reasons: Annotated[list[str] | None, about("Every reason, by its code", ["CHAMPION_AGE"])]
    sentences: Annotated[
        dict[str, list[str]] | None,
        about("The reasons in words, by language", {"en": ["The model is 4 weeks old."]}),
    ]
    promoted: Annotated[
        bool | None, about("Whether the challenger became the champion; null: not decided", True)
    ]
    version: Annotated[
        str | None, about("Model that forecasts; null: not decided", "2025-01-06-958507ba")
    ]


class RunEntry(Answer):
    """A run in the list."""

    run: Annotated[str, about("Id of the run; it begins with its moment", "20250106T050001-1a2b")]
    status: Annotated[str, about("running, succeeded or failed", "succeeded")]
    outcome: Annotated[str | None, about("What came of it; null while it runs", "published")]
    week: Annotated[str | None, about("Week it forecast", "2025-01-06", unit="date")]
    decision: Annotated[
        RunDecision | None, about("Retrain or keep, with reasons; null: not reached")
    ]
    created_at: Annotated[
        str, about("When it began", "2025-01-06T05:00:01+00:00", unit="ISO 8601, UTC")
    ]
    seconds: Annotated[
        float | None, about("Work of its states, waiting left out", 81.4, unit="seconds")
    ]


class RunList(Answer):
    """The newest runs, newest first."""

    items: Annotated[list[RunEntry], about("Newest first")]


class RunState(Artifact):
    """What a state of the week did."""

    status: Annotated[str, about("running, succeeded, failed or skipped", "succeeded")]
    started_at: Annotated[
        str | None, about("When it began", "2025-01-06T05:00:01+00:00", unit="ISO 8601, UTC")
    ] = None
    ended_at: Annotated[
        str | None, about("When it ended", "2025-01-06T05:00:05+00:00", unit="ISO 8601, UTC")
    ] = None
    seconds: Annotated[float | None, about("How long it took", 4.2, unit="seconds")] = None
    reused: Annotated[bool, about("Whether a finished result was found", False)] = False
    facts: Annotated[dict[str, Any] | None, about("What it found", {"rows": 250000})] = None
    error: Annotated[
        dict[str, Any] | None,
        about("Name and words of what stopped it", {"name": "DataContractError"}),
    ] = None


class RunRecord(Artifact):
    """All that is known of a run."""

    run: Annotated[str, about("Id of the run", "20250106T050001-1a2b")]
    status: Annotated[str, about("running, succeeded or failed", "succeeded")]
    outcome: Annotated[str | None, about("What came of it; null while it runs", "published")]
    created_at: Annotated[
        str, about("When it began", "2025-01-06T05:00:01+00:00", unit="ISO 8601, UTC")
    ]
    updated_at: Annotated[
        str, about("When it last changed", "2025-01-06T05:02:01+00:00", unit="ISO 8601, UTC")
    ]
    states: Annotated[dict[str, RunState], about("What each state did, by name")]
    progress: Annotated[
        dict[str, Any] | None,
        about("How far a long state has come", {"state": "train", "done": 12, "of": 40}),
    ]


class LogLine(Artifact):
    """One line of a state's log."""

    timestamp: Annotated[
        str, about("When it was written", "2025-01-06T05:00:02.150+00:00", unit="ISO 8601, UTC")
    ]
    level: Annotated[str | None, about("INFO, WARNING, ERROR; null: of the platform", "INFO")]
    message: Annotated[str, about("What it says", "started")]
    state: Annotated[str, about("State that wrote it", "train")]


class LogLines(Answer):
    """Lines of a run's logs, oldest first."""

    lines: Annotated[list[LogLine], about("Oldest first")]
