"""Every S3 key. No other file spells one."""

from dataclasses import dataclass
from datetime import date

INCOMING = "incoming/"
CLEAN_MANIFEST = "clean/manifest.json"
LATEST_FORECAST = "predictions/latest.json"
CLAIM = "claims/pipeline.json"
RUNS = "runs/"
BINS = "monitoring/bins.json"
PERFORMANCE = "monitoring/performance.json"
LEDGER = "monitoring/ledger.json"


def incoming(name: str, sha256: str = "") -> str:
    """Where a delivery is dropped; its hash keeps files of one name apart."""
    return f"{INCOMING}{sha256[:12]}/{name}" if sha256 else f"{INCOMING}{name}"


def delivered_name(key: str) -> str:
    """Return the name its sender gave a delivery."""
    return key.rsplit("/", 1)[-1]


def raw(sha256: str) -> str:
    """An accepted delivery, byte for byte."""
    return f"raw/{sha256}.parquet"


def clean_part(sha256: str, extension: str = "parquet") -> str:
    """A content-addressed piece of clean data."""
    return f"clean/parts/{sha256}.{extension}"


def quarantine(run: str, table: str) -> str:
    """Rejected rows of a run, with their reasons."""
    return f"quarantine/{run}/{table}.parquet"


def refused(run: str, name: str) -> str:
    """A file that was refused whole, byte for byte."""
    return f"quarantine/{run}/files/{name}"


def run_record(run: str) -> str:
    """The record of a run."""
    return f"{RUNS}{run}.json"


def sketch(week: date) -> str:
    """The sketch of a complete week."""
    return f"monitoring/sketches/{week}.json"


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of what a run makes.

    Parameters
    ----------
    root : str
        Empty for the weekly run; ``experiments/<run>/`` for a run with ``as_of``, which nobody
        else reads.
    models : str
        Prefix of the models (setting ``SODAI_MODELS_PATH``).
    """

    root: str = ""
    models: str = "models/"

    @classmethod
    def of(cls, run: str, as_of: str | None, models: str = "models/") -> "Keys":
        """Return the keys of a run: its own corner when it looks at the past."""
        return cls(f"experiments/{run}/" if as_of else "", models)

    def features(self, fingerprint: str) -> str:
        """Folder of one window's features."""
        return f"{self.root}features/{fingerprint}/"

    def items(self, state: str, fingerprint: str) -> str:
        """What a distributed Map goes through."""
        return f"{self.root}features/items/{state}-{fingerprint}.json"

    def drift(self, run: str) -> str:
        """Drift report of a run."""
        return f"{self.root}drift/{run}.json"

    def journal(self, study: str) -> str:
        """Folder of a study's journal."""
        return f"{self.root}studies/{study}/journal/"

    def model(self, version: str) -> str:
        """Folder of a model version."""
        return f"{self.root}{self.models}{version}/"

    @property
    def champion(self) -> str:
        """Pointer to the champion."""
        return f"{self.root}{self.models}champion.json"

    def evaluation(self, run: str) -> str:
        """Folder of a run's evaluation (tables of metrics, curves, plots)."""
        return f"{self.root}evaluations/{run}/"

    def forecast(self, week: date, run: str) -> str:
        """Folder of a run's forecast."""
        return f"{self.root}predictions/week={week}/{run}/"

    def aggregates(self, fingerprint: str) -> str:
        """Folder of what questions are asked of, by the fingerprint of the clean data."""
        return f"{self.root}aggregates/{fingerprint}/"

    def history(self, fingerprint: str) -> str:
        """Folder of what the API shows of the past."""
        return f"{self.root}history/{fingerprint}/"


def statistics_part(shard: int) -> str:
    """Partial statistics of one customer shard, inside a features folder."""
    return f"part={shard:04d}.npz"


CHALLENGER = "challenger/"  # inside a model: the fit that has not seen the held-out windows
CHAMPION_AGAIN = "champion/"  # beside it: the recipe of the champion, fitted on the same windows
MODEL_MEMBERS = ("pair.txt", "basket.txt", "order.txt")
MERGED_STATISTICS = "merged.npz"


def table_part(shard: int) -> str:
    """Feature table (or scores) of one customer shard."""
    return f"shard={shard:04d}.parquet"
