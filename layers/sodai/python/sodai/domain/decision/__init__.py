"""The week's decisions: retrain or keep, and which model forecasts; each with its reasons."""

from sodai.domain.decision.promotion import Metrics, Promotion, choose_first, promote
from sodai.domain.decision.retraining import Champion, Decision, DecisionFacts, decide

__all__ = [
    "Champion",
    "Decision",
    "DecisionFacts",
    "Metrics",
    "Promotion",
    "choose_first",
    "decide",
    "promote",
]
