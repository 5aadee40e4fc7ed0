"""What people are told of a run, in plain words and in both languages."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

SILENT_DAYS: Final = 8  # since the last publication: one week was missed


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing worth a message.

    Parameters
    ----------
    code : str
        CONTRACT_FAILURE, SANITY_STOP, PROMOTION, PERFORMANCE_ALARM, MODEL_DAMAGED,
        FORECAST_DAMAGED or NO_PUBLICATION.
    es, en : str
        The same in Spanish and in English.
    """

    code: str
    es: str
    en: str

    def to_dict(self) -> dict[str, str]:
        """Return plain values for JSON."""
        return asdict(self)

    def message(self, about: str) -> str:
        """Return the text of a message: Spanish first."""
        return f"{self.es}\n\n{self.en}\n\n{about}"


def notices(record: Mapping[str, Any]) -> list[Notice]:
    """Return what a run that has ended is worth telling.

    Parameters
    ----------
    record : mapping
        Its record, closed.
    """
    failures = list(_of_failure(record))
    if record.get("as_of"):  # it looks at the past and serves nobody, but takes deliveries
        return [one for one in failures if one.code == "CONTRACT_FAILURE"]
    return [*failures, *_of_monitors(record), *_of_promotion(record)]


def silence(days: int | None) -> list[Notice]:
    """Return what so many days without a new forecast are worth telling; None: never any."""
    if days is None or days < SILENT_DAYS:
        return []
    return [
        Notice(
            "NO_PUBLICATION",
            f"Hace {days} días que no se publica una predicción nueva: se sigue mostrando la "
            "anterior. Revise si llegaron los datos y si la última ejecución falló.",
            f"No new forecast has been published for {days} days: the earlier one is still "
            "shown. See whether the data have come and whether the last run failed.",
        )
    ]


def _of_failure(record: Mapping[str, Any]) -> Iterator[Notice]:
    error = record.get("error") or {}
    if error.get("name") == "DataContractError":
        words = error["user_message"]
        yield Notice(
            "CONTRACT_FAILURE",
            "Una entrega no fue aceptada; la predicción publicada sigue vigente. Los motivos "
            f"están en la consola de ejecuciones, y con: sodai quarantine {record['run']}",
            f"A delivery was not accepted; the published forecast stands. {words}",
        )
    if error.get("name") == "ForecastRefused":
        failures = record["predictions"]["sanity"]["failures"]
        spanish, english = (
            " ".join(one[f"sentence_{language}"] for one in failures) for language in ("es", "en")
        )
        yield Notice(
            "SANITY_STOP",
            f"La predicción nueva no se publicó; sigue vigente la anterior. {spanish}",
            f"The new forecast was not published; the earlier one stands. {english}",
        )


def _of_monitors(record: Mapping[str, Any]) -> Iterator[Notice]:
    states = record["states"]
    seen = (states.get("observe") or {}).get("facts") or {}
    if seen.get("alarm"):
        yield Notice(
            "PERFORMANCE_ALARM",
            f"En la semana {seen['week']} el modelo superó al método simple menos que lo habitual "
            f"(ventaja {seen['gap']:.3f}, límite {seen['limit']:.3f}): se entrena de nuevo.",
            f"In the week of {seen['week']} the model's lead over the naive ranking was below its "
            f"limit (lead {seen['gap']:.3f}, limit {seen['limit']:.3f}): a new one is trained.",
        )
    for damaged in seen.get("damaged", ()):
        yield Notice(
            "FORECAST_DAMAGED",
            f"La predicción publicada para la semana {damaged['week']} está dañada y no se pudo "
            "comparar con lo que pasó: esa semana queda sin medición.",
            f"The forecast published for the week of {damaged['week']} is damaged and could not "
            "be compared with what happened: that week stays unmeasured.",
        )
    loaded = (states.get("load_model") or {}).get("facts") or record.get("evaluation") or {}
    served = record["outcome"] == "published"
    for refused in loaded.get("refused", ()):
        yield Notice(
            "MODEL_DAMAGED",
            f"El modelo {refused['version']} está dañado y no se usó"
            + (f"; en su lugar predice {loaded['version']}." if served else "."),
            f"The model {refused['version']} is damaged and was not used"
            + (f"; {loaded['version']} forecasts in its place." if served else "."),
        )


def _of_promotion(record: Mapping[str, Any]) -> Iterator[Notice]:
    decision = record.get("decision") or {}
    if record["outcome"] != "published" or not decision.get("promoted"):
        return
    told = record["evaluation"]["sentences"]
    yield Notice(
        "PROMOTION",
        f"Desde la semana {record['target']['week']} predice el modelo {decision['version']}. "
        + " ".join(told["es"]),
        f"From the week of {record['target']['week']} on the model {decision['version']} "
        "forecasts. " + " ".join(told["en"]),
    )
