"""Model versions in S3: text, never pickle; sealed by hashes; one pointer to the champion."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sodai.domain.baselines import FittedBaseline, fitted_baseline_from_json
from sodai.domain.errors import ModelMissing
from sodai.domain.features import FeatureTable
from sodai.domain.threshold import plug_in_threshold
from sodai.domain.training import MEMBERS, Model, Vocabulary
from sodai.store.artifacts import Artifacts
from sodai.store.folders import Folder, FolderWriter
from sodai.store.keys import MODEL_MEMBERS


class Scorer(Protocol):
    """Anything that gives every row of a feature table a score."""

    def predict(self, table: FeatureTable) -> NDArray[np.float64]:
        """Return one score per row."""


@dataclass(frozen=True, slots=True)
class BaselineScorer:
    """A baseline in the place of the model."""

    baseline: FittedBaseline

    def predict(self, table: FeatureTable) -> NDArray[np.float64]:
        """Return the baseline's score per row."""
        return self.baseline.score(table)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model as it was sealed."""

    version: str
    scorer: Scorer
    metadata: dict[str, Any]

    def threshold(self, scores: NDArray[np.float64]) -> float:
        """Return the score from which a pair is predicted, by the model's own rule."""
        if isinstance(self.scorer, BaselineScorer):
            return self.scorer.baseline.threshold(scores)
        return plug_in_threshold(scores)


def write_model(
    artifacts: Artifacts,
    prefix: str,
    model: Model | FittedBaseline,
    metadata: Mapping[str, Any],
    decision: Mapping[str, Any],
) -> dict[str, Any]:
    """Write a model and seal it; return its metadata."""
    folder = FolderWriter(artifacts, prefix)
    if isinstance(model, Model):
        for name, text in zip(MODEL_MEMBERS, model.to_texts().values(), strict=True):
            folder.write(name, text.encode(), "text/plain")
        folder.write("vocabulary.json", model.vocabulary.to_json().encode(), "application/json")
    else:
        folder.write("baseline.json", model.to_json().encode(), "application/json")
    folder.write("decision.json", json.dumps(decision).encode(), "application/json")
    folder.write("metadata.json", json.dumps(metadata).encode(), "application/json")
    return folder.seal(dict(metadata))


def read_model(artifacts: Artifacts, prefix: str, threads: int) -> StoredModel:
    """Read a sealed model.

    Raises
    ------
    ModelMissing
        If there is none.
    ArtifactDamaged
        If a file is not the one that was sealed.
    """
    folder = Folder.open(artifacts, prefix)
    if folder is None:
        raise ModelMissing(f"no sealed model under {prefix}")
    metadata = folder.facts
    if metadata["kind"] == "baseline":
        fitted = fitted_baseline_from_json(folder.read("baseline.json").decode())
        return StoredModel(metadata["version"], BaselineScorer(fitted), metadata)
    vocabulary = Vocabulary.from_json(folder.read("vocabulary.json").decode())
    bodies = [folder.read(name).decode() for name in MODEL_MEMBERS]
    texts = dict(zip(MEMBERS, bodies, strict=True))
    model = Model.from_texts(texts, vocabulary, threads)
    return StoredModel(metadata["version"], model, metadata)
