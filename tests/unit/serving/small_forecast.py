"""A small invented distributor: three shops, four products, a forecast of any week."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sodai.serving import serving_files

CORNER, CANTEEN, NEWCOMER = 11, 12, 900  # shops; the last one has no history
COLA, WATER, NECTAR, TONIC = 501, 502, 503, 504  # nobody ever bought tonic
RATE_OUTSIDE = 0.0009
RATES = {
    "products": [COLA, WATER, NECTAR],
    "everyone": [0.2, 0.3, 0.1],
    "types": {"ABARROTES": [1.0, 1.0, 1.0], "CANAL FRÍO": [0.5, 1.0, 4.0]},
    "deliveries": {"3": [1.0, 1.0, 1.0]},
    "anchors": [
        {"x": -107.9, "y": 46.6, "rates": [0.5, 0.3, 0.1]},
        {"x": -10.0, "y": 4.0, "rates": [0.1, 0.2, 0.3]},
    ],
}
LABELS = [
    ["punto de partida", "where every pair starts"],
    ["las demás señales", "other signals"],
    ["con qué frecuencia lo pidió", "how often it was ordered"],
]


def product(brand: str, package: str, size: float | None, *, sold: bool = True) -> dict[str, Any]:
    return {
        "brand": brand,
        "category": "BEBIDAS",
        "sub_category": "NÉCTAR" if brand == "Huerto" else "GASEOSAS",
        "segment": "PREMIUM",
        "package": package,
        "size": size,
        "sold": sold,
    }


PRODUCTS = {
    str(COLA): product("Cumbre", "LATA", 0.35),
    str(WATER): product("Lago", "BOTELLA", 1.5),
    str(NECTAR): product("Huerto", "CAJA", 1.0),
    str(TONIC): product("Cumbre", "BOTELLA", None, sold=False),
}


def shop(customer_id: int, ranking: list[list[Any]], **changed: Any) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "region_id": 80,
        "zone_id": 5148,
        "place": 17,
        "customer_type": "ABARROTES",
        "location_x": -107.9,
        "location_y": 46.6,
        "deliveries_per_week": 3,
        "cold": False,
        "order_probability": 0.9,
        "expected_units": 14.5,
        "ranking": ranking,
        "contributions": {},
        "reasons": {},
        "history": [["2024-12-30", 12.0, 2], ["2024-12-16", 8.0, 1]],
        "bought": [[WATER, 1, 8.0, "2024-12-16"], [COLA, 2, 12.0, "2024-12-30"]],
        **changed,
    }


def shops(shift: float = 0.0) -> list[dict[str, Any]]:
    """Three shops; ``shift`` moves every probability, so that weeks differ."""
    return [
        shop(
            CORNER,
            [
                [WATER, 0.41 + shift, 0, 1.5, 3, 20],
                [COLA, 0.83 + shift, 1, 6.25, 7, 6],
                [NECTAR, 0.12 + shift, 0, 0.4, 0, None],
            ],
            contributions={str(COLA): [[0, None, -3.1], [2, 0.8, 5.4], [1, None, -0.714373]]},
            reasons={
                str(COLA): [["BOUGHT_WEEKS", 1, 7], ["USUAL_WEEKDAY", 1, 0], ["RISING_CELL", 1]]
            },
        ),
        shop(
            CANTEEN,
            [[NECTAR, 0.72 + shift, 1, 9.0, 8, 2]],
            customer_type="CANAL FRÍO",
            expected_units=30.0,
            place=3,
            location_x=None,
            location_y=None,
        ),
        shop(
            NEWCOMER,
            [[COLA, 0.30 + shift, 0, 1.0, 0, None], [WATER, 0.2 + shift, 0, 0.5, 0, None]],
            cold=True,
            order_probability=None,
            expected_units=1.5,
            history=[],
            bought=[],
        ),
    ]


def catalogue(week: str, run: str) -> dict[str, Any]:
    return {
        "week": week,
        "from": week,
        "to": str(date.fromisoformat(week) + timedelta(days=6)),
        "horizon_days": 7,
        "run": run,
        "model_version": f"{run}-lightgbm",
        "threshold": 0.35,
        "rate_outside": RATE_OUTSIDE,
        "labels": LABELS,
        "products": PRODUCTS,
    }


def pointer(week: str = "2025-01-06", run: str = "r1") -> dict[str, Any]:
    return {
        "schema": 1,
        "week": week,
        "run": run,
        "prefix": f"predictions/week={week}/{run}/",
        "model_version": f"{run}-lightgbm",
        "published_at": f"{week}T05:10:00+00:00",
    }


def objects(
    week: str = "2025-01-06",
    run: str = "r1",
    customers: list[dict[str, Any]] | None = None,
    shift: float = 0.0,
) -> Mapping[str, bytes]:
    """Every object of a forecast, by key."""
    prefix = f"{pointer(week, run)['prefix']}serving/"
    made = serving_files(customers or shops(shift), catalogue(week, run), RATES)
    pairs = f"{CORNER},{COLA}\n{CANTEEN},{NECTAR}\n".encode()
    return {
        **{prefix + name: body for name, body in made},
        f"{pointer(week, run)['prefix']}positives.csv": pairs,
    }
