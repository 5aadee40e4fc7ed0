"""Predictions and recommendations."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import Field, Strict
from sodai.domain.errors import UnknownId
from sodai.serving import (
    Contribution,
    Described,
    ExplainedScore,
    Offer,
    Product,
    Recommendation,
    Said,
    Score,
    UnknownCustomer,
    confidence,
    sentences,
)

from sodai_api.models.fields import (
    WHOLE,
    Answer,
    AskedWeek,
    Brand,
    Category,
    ConfidenceWord,
    CustomerId,
    Number,
    Package,
    ProbabilityScore,
    ProductId,
    Request,
    Segment,
    Size,
    Timestamp,
    Week,
    about,
)

MOST_PAIRS: Final = 1_000
MOST_RECOMMENDATIONS: Final = 100


class Pair(Request):
    """A shop and a product."""

    customer_id: CustomerId
    product_id: ProductId


class PredictionRequest(Pair):
    """Asks how probably a shop orders a product."""

    week: AskedWeek = None


class Pairs(Request):
    """Many shops and products at once."""

    customer_product_pairs: Annotated[
        list[Pair],
        about(
            "Pairs to score; answered in this order",
            unit="1 to 1,000 pairs",
            min_length=1,
            max_length=MOST_PAIRS,
        ),
    ]
    week: AskedWeek = None


class RecommendationRequest(Request):
    """Asks for the products that a shop will most probably order."""

    customer_id: CustomerId
    top_k: Annotated[
        int,
        Strict(),
        about(
            "How many products at most",
            10,
            unit="products, 1 to 100",
            ge=1,
            le=MOST_RECOMMENDATIONS,
        ),
        WHOLE,
    ] = 10
    week: AskedWeek = None


ReasonCode = Annotated[
    str | None,
    about(
        "Null where the model scored the pair; NOT_IN_ACTIVE_RANGE where the product is none of "
        "the shop's candidates and the rate measured outside them is given",
        "NOT_IN_ACTIVE_RANGE",
    ),
]


class InWords(Answer):
    """A text in both languages."""

    es: Annotated[str, about("In Spanish", "Lo pidió en 7 de las últimas 8 semanas.")]
    en: Annotated[str, about("In English", "It was ordered in 7 of the last 8 weeks.")]


class ReasonInWords(InWords):
    """One reason for a probability."""

    code: Annotated[str, about("Key of the reason", "BOUGHT_WEEKS")]
    effect: Annotated[str, about("raises or lowers the probability", "raises")]

    @classmethod
    def of(cls, said: Said) -> "ReasonInWords":
        """Return a reason in words."""
        effect = "raises" if said.raises else "lowers"
        return cls(code=said.code, effect=effect, es=said.es, en=said.en)


class ContributionPart(Answer):
    """What one signal adds to the log-odds."""

    label: Annotated[InWords, about("What the signal says")]
    value: Annotated[
        float | None, about("Value of the signal; null: it has none", 0.81, unit="as it is named")
    ]
    contribution: Annotated[
        float, about("What it adds; negative: it lowers the chance", 0.74, unit="log-odds")
    ]

    @classmethod
    def of(cls, part: Contribution) -> "ContributionPart":
        """Return a part with its label."""
        label = InWords(es=part.es, en=part.en)
        return cls(label=label, value=part.value, contribution=part.contribution)


class Explained(Answer):
    """What every explained probability tells beside itself."""

    why: Annotated[InWords, about("Why, in one sentence")]
    reasons: Annotated[list[ReasonInWords], about("The same, reason by reason, weightiest first")]
    contributions: Annotated[
        list[ContributionPart] | None,
        about(
            "Parts that sum to the logit of the score; null for a pair that is neither predicted "
            "nor among the shop's first three"
        ),
    ]


def explained(said: Sequence[Said], parts: Sequence[Contribution] | None) -> dict[str, Any]:
    """Return the fields of an explained answer."""
    es, en = sentences(said)
    return {
        "why": InWords(es=es, en=en),
        "reasons": [ReasonInWords.of(one) for one in said],
        "contributions": None if parts is None else [ContributionPart.of(one) for one in parts],
    }


class Prediction(Explained):
    """How probably a shop orders a product, and why."""

    customer_id: CustomerId
    product_id: ProductId
    prediction_score: ProbabilityScore
    recommendation_confidence: ConfidenceWord
    reason: ReasonCode
    week: Week
    timestamp: Timestamp

    @classmethod
    def of(cls, found: ExplainedScore, week: str, moment: str) -> "Prediction":
        """Return the answer for a score."""
        score = found.score
        return cls(
            **explained(found.why, found.contributions),
            customer_id=score.customer_id,
            product_id=score.product_id,
            prediction_score=score.probability,
            recommendation_confidence=confidence(score.probability),
            reason=score.reason,
            week=week,
            timestamp=moment,
        )


class BatchPrediction(Answer):
    """One pair of a batch: its prediction, or why there is none."""

    customer_id: CustomerId
    product_id: ProductId
    prediction_score: Annotated[
        float | None,
        about("As in /predict; null with an error", 0.8312, unit="probability, 0 to 1"),
    ]
    recommendation_confidence: Annotated[
        str | None, about("As in /predict; null with an error", "high")
    ]
    reason: ReasonCode
    week: Week
    timestamp: Timestamp
    error: Annotated[
        str | None,
        about("UNKNOWN_CUSTOMER or UNKNOWN_PRODUCT; null with a score", "UNKNOWN_CUSTOMER"),
    ]
    message: Annotated[
        str | None, about("The error in words; null without one", "There is no customer 7.")
    ]

    @classmethod
    def of(cls, pair: Pair, found: Score | UnknownId, week: str, moment: str) -> "BatchPrediction":
        """Return one line of a batch."""
        score = found if isinstance(found, Score) else None
        error = found if isinstance(found, UnknownId) else None
        return cls(
            customer_id=pair.customer_id,
            product_id=pair.product_id,
            prediction_score=score and score.probability,
            recommendation_confidence=score and confidence(score.probability),
            reason=score and score.reason,
            week=week,
            timestamp=moment,
            error=error and _code(error),
            message=error and error.user_message,
        )


class Batch(Answer):
    """Scores of many pairs."""

    predictions: Annotated[list[BatchPrediction], about("One per pair, in the order asked")]
    total_predictions: Annotated[int, about("How many pairs were asked", 1, unit="pairs")]
    processing_time_ms: Annotated[float, about("Time it took", 12.5, unit="milliseconds")]


class ProductFields(Answer):
    """A product with its score."""

    product_id: ProductId
    prediction_score: ProbabilityScore
    recommendation_confidence: ConfidenceWord
    product_brand: Brand
    product_category: Category
    product_segment: Segment
    product_package: Package
    product_size: Size


def scored(product: Product, probability: float) -> dict[str, Any]:
    """Return the fields of a product with its score."""
    return {
        "product_id": product.product_id,
        "prediction_score": probability,
        "recommendation_confidence": confidence(probability),
        "product_brand": product.brand,
        "product_category": product.category,
        "product_segment": product.segment,
        "product_package": product.package,
        "product_size": product.size,
    }


class RecommendedProduct(ProductFields, Explained):
    """A product that the shop may order, and why."""

    expected_items: Annotated[
        float,
        about("Items expected of it within the forecast's days", 3.4, unit="items"),
    ]
    weeks_bought_of_8: Annotated[
        int, about("In how many of the last 8 weeks the shop bought it", 7, unit="weeks, 0 to 8")
    ]
    days_since_last: Annotated[
        int | None,
        about("From its last purchase to the forecast's first day; null: never", 6, unit="days"),
    ]
    selected: Annotated[
        bool, about("Whether the decision rule predicts that the shop will order it", True)
    ]

    @classmethod
    def of(cls, item: Recommendation) -> "RecommendedProduct":
        """Return one line of a ranking."""
        return cls(
            **explained(item.why, item.contributions),
            **scored(item.product, item.probability),
            expected_items=item.expected_items,
            weeks_bought_of_8=item.weeks_bought_of_8,
            days_since_last=item.days_since_last,
            selected=item.selected,
        )


class Recommendations(Answer):
    """A shop's most probable products, most probable first."""

    customer_id: CustomerId
    recommendations: Annotated[list[RecommendedProduct], about("Most probable first")]
    total_recommendations: Annotated[int, about("How many are listed", 10, unit="products")]
    week: Week
    cold_start: Annotated[
        bool, about("Whether the shop has no history, so that shops like it speak for it", False)
    ]
    case: Annotated[
        str,
        about(
            "known: by its history; without_history: by shops like it, known by type and place",
            "known",
        ),
    ]
    timestamp: Timestamp


class NewShopRequest(Request):
    """Describes a shop that is in no table."""

    customer_type: Annotated[
        str, about("Kind of shop, as in the customers table", "ABARROTES", max_length=100)
    ]
    location_x: Annotated[
        Number | None,
        about(
            "Position, X of the customers table; null: unknown",
            -107.9,
            unit="degrees",
            ge=-180,
            le=180,
            allow_inf_nan=False,
        ),
    ] = None
    location_y: Annotated[
        Number | None,
        about(
            "Position, Y of the customers table; null: unknown",
            -46.5,
            unit="degrees",
            ge=-180,
            le=180,
            allow_inf_nan=False,
        ),
    ] = None
    deliveries_per_week: Annotated[
        Annotated[int, Strict(), Field(ge=0, le=7), WHOLE] | None,
        about("Deliveries agreed; null: unknown", 3, unit="deliveries a week"),
    ] = None
    top_k: Annotated[
        int,
        Strict(),
        about(
            "How many products at most",
            5,
            unit="products, 1 to 100",
            ge=1,
            le=MOST_RECOMMENDATIONS,
        ),
        WHOLE,
    ] = 5
    week: AskedWeek = None

    @property
    def place(self) -> tuple[float, float] | None:
        """Position, where both parts are known."""
        if self.location_x is None or self.location_y is None:
            return None
        return self.location_x, self.location_y


class OfferedProduct(ProductFields):
    """A product that shops like the described one order, and why."""

    why: Annotated[InWords, about("Why, in one sentence")]
    reasons: Annotated[list[ReasonInWords], about("The same, reason by reason, weightiest first")]

    @classmethod
    def of(cls, offer: Offer) -> "OfferedProduct":
        """Return one line of a ranking."""
        es, en = sentences(offer.why)
        return cls(
            **scored(offer.product, offer.probability),
            why=InWords(es=es, en=en),
            reasons=[ReasonInWords.of(one) for one in offer.why],
        )


class DescriptionUsed(Answer):
    """Which parts of the description say something: an unknown one moves nothing."""

    customer_type: Annotated[bool, about("Whether there are shops of this type", True)]
    location: Annotated[bool, about("Whether shops nearby speak for it", True)]
    deliveries_per_week: Annotated[
        bool, about("Whether there are shops with as many deliveries", False)
    ]


class NewShopRecommendations(Answer):
    """What shops like a described one order, most probable first."""

    recommendations: Annotated[list[OfferedProduct], about("Most probable first")]
    total_recommendations: Annotated[int, about("How many are listed", 5, unit="products")]
    case: Annotated[str, about("Always described: by shops like it, in no table", "described")]
    used: Annotated[DescriptionUsed, about("What of the description was used")]
    week: Week
    timestamp: Timestamp

    @classmethod
    def of(cls, found: Described, week: str, moment: str) -> "NewShopRecommendations":
        """Return the answer for a described shop."""
        return cls(
            recommendations=[OfferedProduct.of(offer) for offer in found.offers],
            total_recommendations=len(found.offers),
            case="described",
            used=DescriptionUsed(
                customer_type=found.knows_type,
                location=found.knows_place,
                deliveries_per_week=found.knows_deliveries,
            ),
            week=week,
            timestamp=moment,
        )


def _code(error: UnknownId) -> str:
    return "UNKNOWN_CUSTOMER" if isinstance(error, UnknownCustomer) else "UNKNOWN_PRODUCT"
