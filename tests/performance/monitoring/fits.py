"""One model per week and seed, the product's recipe made cheap; kept between calls."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sodai.domain import events, features, history, level, sampling, threshold, training
from sodai.domain.calendar import DAYS_PER_WEEK, Window, training_windows
from sodai.domain.evaluation import ScoredPairs, evaluate
from sodai.domain.events import eventful
from sodai.domain.features import FeatureTable, LabelledTable, whole_table
from sodai.domain.history import History, labels
from sodai.domain.level import MOST, level_offset, levelled
from sodai.domain.sampling import bounded
from sodai.domain.threshold import best_threshold, plug_in_threshold
from sodai.domain.training import Model, Recipe, Vocabulary, fit
from sodai.fingerprints import fingerprint

WINDOWS: Final = 8  # trained on; the product takes all of the past
MOST_ROWS: Final = 70_000  # of training; a quarter of the customers stands for all
NAIVE: Final = "pair_share_8w"
GRID: Final = tuple(np.linspace(-MOST, MOST, 9).round(3).tolist())  # levels F1 is known at
TABLES_IN_MEMORY: Final = 10

Figures = dict[str, Any]


def cheap(seed: int) -> Recipe:
    """Return the product's recipe with fewer rounds and fewer pairs never bought."""
    return replace(Recipe(), rounds=60, learning_rate=0.12, sample_share=0.1, seed=seed)


@dataclass(frozen=True, eq=False)
class Fits:
    """Feature tables, models, and what each model scored in each week; on disk once made.

    Parameters
    ----------
    past : History
        The whole clean data; a table sees the days before its week alone.
    data : str
        Fingerprint of the tables.
    build : Path
        Where everything is kept, by fingerprint of data, code and recipe.
    threads : int
        Threads to train with.
    """

    past: History
    data: str
    build: Path
    threads: int = 2
    _figures: dict[tuple[date, int], dict[str, Figures]] = field(default_factory=dict)
    _tables: dict[date, FeatureTable] = field(default_factory=dict)
    _model: dict[tuple[date, int], Model] = field(default_factory=dict)  # the last one asked for

    @cached_property
    def folder(self) -> Path:
        """Folder of these data, this code and this recipe."""
        code = (events, features, history, level, sampling, threshold, training)
        recipe = (cheap(0).to_dict(), WINDOWS, MOST_ROWS)
        found = self.build / fingerprint(self.data, *code, *recipe)
        found.mkdir(parents=True, exist_ok=True)
        return found

    def table(self, week: date) -> FeatureTable:
        """Return all candidates of a week with their features."""
        if week in self._tables:
            return self._tables[week]
        path = self.folder / f"{week}.parquet"
        if not path.exists():
            _write(path, whole_table(self.past, Window(week, DAYS_PER_WEEK)).to_parquet())
        if len(self._tables) >= TABLES_IN_MEMORY:
            del self._tables[next(iter(self._tables))]
        self._tables[week] = FeatureTable.from_parquet(path.read_bytes())
        return self._tables[week]

    def labelled(self, week: date) -> LabelledTable:
        """Return a week's table with what was bought."""
        table = self.table(week)
        return LabelledTable(table, labels(self.past, table.window))

    def model(self, week: date, seed: int) -> Model:
        """Return the model trained on the windows before a week."""
        if (week, seed) not in self._model:
            self._model.clear()
            self._model[week, seed] = self._read_or_train(week, seed)
        return self._model[week, seed]

    def _read_or_train(self, week: date, seed: int) -> Model:
        path = self.folder / f"{week}-seed{seed}.json"
        if path.exists():
            texts, vocabulary = json.loads(path.read_text())
            return Model.from_texts(texts, Vocabulary.from_json(vocabulary), self.threads)
        print(f"  model of {week}, seed {seed}", file=sys.stderr, flush=True)
        recipe = cheap(seed)
        rows = bounded(self._training(week, recipe), MOST_ROWS)
        vocabulary = Vocabulary.of(one.table for one in rows)
        model = fit(rows, recipe, vocabulary, self.threads)
        _write(path, json.dumps([model.to_texts(), vocabulary.to_json()]).encode())
        return model

    def _training(self, week: date, recipe: Recipe) -> Iterator[LabelledTable]:
        target, newest = Window(week, DAYS_PER_WEEK), week - timedelta(days=1)
        past = training_windows(self.past.first_day, newest, target)
        unusual = eventful({one: labels(self.past, one).count for one in past})
        for window in [one for one in past if one not in unusual][-WINDOWS:]:
            whole = self.labelled(window.week)
            yield LabelledTable(whole.table.sampled(recipe.sample_share), whole.bought)

    def figures(self, trained: date, week: date, seed: int) -> Figures:
        """Return what a model scored in a week: AP, calibration, level, F1 by applied level."""
        kept = self._kept(trained, seed)
        if str(week) not in kept:
            whole = self.labelled(week)
            scores = self.model(trained, seed).predict(whole.table)
            kept[str(week)] = {
                **self.judge(whole, scores),
                "f1_at": [self.f1(whole, levelled(scores, offset)) for offset in GRID],
                "offset": level_offset(scores, int(whole.labels.sum())),
            }
            self._keep(trained, seed)
        return kept[str(week)]

    def naive(self, week: date) -> Figures:
        """Return what ranking by the last 8 weeks scored, F1 at the best threshold in hindsight."""
        kept = self._kept(week, 0)
        if str(week) not in kept:
            whole = self.labelled(week)
            scores = whole.table.column(NAIVE).astype(np.float64)
            _, best = best_threshold(scores, whole.labels, whole.bought.count)
            kept[str(week)] = {**self.judge(whole, scores), "f1": best}
            self._keep(week, 0)
        return kept[str(week)]

    def judge(self, whole: LabelledTable, scores: NDArray[np.float64]) -> Figures:
        """Return AP and calibration of scores."""
        sold = self.past.sold_before(whole.table.window.cutoff)
        metrics = evaluate(
            ScoredPairs.of(whole.table, scores), whole.bought, self.past.customer_ids, sold, 0.5
        )
        return {key: float(metrics[key] or 0.0) for key in ("average_precision", "ece_05", "level")}

    @staticmethod
    def f1(whole: LabelledTable, scores: NDArray[np.float64]) -> float:
        """Return F1 at the threshold that the scores themselves ask for."""
        selected = scores >= plug_in_threshold(scores)
        hits = int(whole.labels[selected].sum())
        return 2 * hits / (int(selected.sum()) + whole.bought.count)

    def _kept(self, trained: date, seed: int) -> dict[str, Figures]:
        if (trained, seed) not in self._figures:
            path = self._path_of_figures(trained, seed)
            self._figures[trained, seed] = json.loads(path.read_text()) if path.exists() else {}
        return self._figures[trained, seed]

    def _keep(self, trained: date, seed: int) -> None:
        text = json.dumps(self._figures[trained, seed])
        _write(self._path_of_figures(trained, seed), text.encode())

    def _path_of_figures(self, trained: date, seed: int) -> Path:
        return self.folder / f"{trained}-seed{seed}-figures.json"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a call broken off leaves nothing torn."""
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.rename(path)
