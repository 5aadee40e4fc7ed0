"""What an answer says, in Spanish and English."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sodai.serving.asking.reading import Filters, Reading, Refusal, Shape
from sodai.serving.asking.words import Sign

NOUNS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "es": {
        Sign.CUSTOMER: ("cliente", "clientes"),
        Sign.PRODUCT: ("producto", "productos"),
        Sign.ORDER: ("pedido", "pedidos"),
        Sign.TRANSACTION: ("transacción", "transacciones"),
        Sign.UNIT: ("unidad", "unidades"),
        Sign.RETURN: ("devolución", "devoluciones"),
        Sign.PAIR: ("par de cliente y producto", "pares de cliente y producto"),
        "customer_type": ("tipo de cliente", "tipos de cliente"),
        "brand": ("marca", "marcas"),
        "category": ("categoría", "categorías"),
        "sub_category": ("subcategoría", "subcategorías"),
        "segment": ("segmento", "segmentos"),
        "package": ("envase", "envases"),
        "month": ("mes", "meses"),
        "week": ("semana", "semanas"),
        "customer_id": ("cliente", "clientes"),
        "product_id": ("producto", "productos"),
    },
    "en": {
        Sign.CUSTOMER: ("customer", "customers"),
        Sign.PRODUCT: ("product", "products"),
        Sign.ORDER: ("order", "orders"),
        Sign.TRANSACTION: ("transaction", "transactions"),
        Sign.UNIT: ("unit", "units"),
        Sign.RETURN: ("return", "returns"),
        Sign.PAIR: ("pair of customer and product", "pairs of customer and product"),
        "customer_type": ("customer type", "customer types"),
        "brand": ("brand", "brands"),
        "category": ("category", "categories"),
        "sub_category": ("sub-category", "sub-categories"),
        "segment": ("segment", "segments"),
        "package": ("package", "packages"),
        "month": ("month", "months"),
        "week": ("week", "weeks"),
        "customer_id": ("customer", "customers"),
        "product_id": ("product", "products"),
    },
}
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "size": "tamaño (litros)",
        "last_day": "último pedido",
        "first_day_sold": "primer pedido",
        "day": "día",
        "days": "días",
        "weekday": "día de la semana",
        "probability": "probabilidad",
        "predicted": "pedido previsto",
        "units_per_order": "unidades por pedido",
        "pairs": "pares previstos",
    },
    "en": {
        "size": "size (litres)",
        "last_day": "last order",
        "first_day_sold": "first order",
        "day": "day",
        "days": "days",
        "weekday": "weekday",
        "probability": "probability",
        "predicted": "predicted to order",
        "units_per_order": "units per order",
        "pairs": "predicted pairs",
    },
}
WEEKDAYS: Final = {
    "es": ["domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"],
    "en": ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
}
MONTHS: Final = {
    "es": ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "sold": " con compras",
        "predicted": " previstos",
        "expected": " esperadas",
        "in_week": ", semana del {week}",
        "customer": " del cliente {id}",
        "product": " del producto {id}",
        "period": ", del {first} al {last}",
        "on": ", el {first}",
        "first": "primer",
        "last": "último",
        Shape.COUNT: "{n} {noun}{kind}{whose}{rest}",
        Shape.LIST: "{n} {noun}{kind}{whose}{rest}",
        Shape.TOP: "{n} {noun}{whose} con más {measure}{rest}",
        "top_one": "{noun}{whose} con más {measure}{rest}",
        Shape.GROUPS: "{noun}{kind}{whose} por {by}{rest}",
        Shape.DAY: "{edge} pedido{whose}: {day}",
        Shape.ORDER_LINES: "{n} productos en el {edge} pedido{whose}",
        Shape.GAP: "{n} días entre un pedido y el siguiente{whose}{rest}, en promedio",
        Shape.WEEKDAYS: "pedidos por día de la semana{whose}{rest}",
        Shape.MEAN_ORDER: "{n} unidades por pedido{whose}{rest}, en promedio",
        Shape.NEWCOMERS: "{n} {noun} con su primera compra en el período{rest}",
        Shape.ABSENT: "{n} {noun} sin compras{whose}{rest}",
        Shape.ATTRIBUTE: "{noun}{whose}: {value}",
        Shape.CHANCE: "{p} de probabilidad de que el cliente {customer} pida el producto "
        "{product} en la semana del {week}",
        "outside": "El cliente {customer} casi seguro no pide el producto {product} en la semana "
        "del {week}: no está entre los que se venden ahora a clientes como este "
        "(frecuencia medida en esos casos: {p})",
        "nothing": "no hay pedidos suficientes{whose}{rest} para decirlo",
        "cut": "Se muestran las primeras {n} filas.",
        "note_returns": "Cuenta las líneas de la tabla, también las devoluciones.",
        "note_purchases": "Las devoluciones no se descuentan.",
        "note_until": "Hay datos del {first} al {last}.",
        "note_expected": "Cantidad habitual por probabilidad, sumada en todos los productos de "
        "cada cliente.",
        "note_catalogue": "Cuenta la tabla de productos entera; muchos no se han vendido nunca.",
        "dont_know": "No sé. ",
        Refusal.UNKNOWN_WORDS: "No entiendo: {words}.",
        Refusal.AMBIGUOUS_NAME: "Puede ser más de una cosa: {words}. Diga, por ejemplo, "
        "«marca …» o «envase …».",
        Refusal.NOT_ONE_MEANING: "Entiendo las palabras, pero no con certeza qué se pregunta; "
        "pregunte una cosa a la vez, sobre clientes, productos, ventas o el pronóstico.",
        Refusal.UNKNOWN_CUSTOMER: "No hay ningún cliente {words}.",
        Refusal.UNKNOWN_PRODUCT: "No hay ningún producto {words}.",
        Refusal.OUTSIDE_THE_DATA: "No hay datos de esas fechas; los hay del {first} al {last}.",
        Refusal.ONLY_THE_COMING_WEEK: "El pronóstico es solo de la semana del {week}.",
        Refusal.TOOK_TOO_LONG: "La consulta tomó demasiado tiempo; pregunte algo más acotado.",
    },
    "en": {
        "sold": " with purchases",
        "predicted": " predicted",
        "expected": " expected",
        "in_week": ", week of {week}",
        "customer": " of customer {id}",
        "product": " of product {id}",
        "period": ", {first} to {last}",
        "on": ", on {first}",
        "first": "first",
        "last": "last",
        Shape.COUNT: "{n} {noun}{kind}{whose}{rest}",
        Shape.LIST: "{n} {noun}{kind}{whose}{rest}",
        Shape.TOP: "{n} {noun}{whose} with the most {measure}{rest}",
        "top_one": "{noun}{whose} with the most {measure}{rest}",
        Shape.GROUPS: "{noun}{kind}{whose} by {by}{rest}",
        Shape.DAY: "{edge} order{whose}: {day}",
        Shape.ORDER_LINES: "{n} products in the {edge} order{whose}",
        Shape.GAP: "{n} days from one order to the next{whose}{rest}, on average",
        Shape.WEEKDAYS: "orders by day of the week{whose}{rest}",
        Shape.MEAN_ORDER: "{n} units per order{whose}{rest}, on average",
        Shape.NEWCOMERS: "{n} {noun} whose first purchase is in the period{rest}",
        Shape.ABSENT: "{n} {noun} without purchases{whose}{rest}",
        Shape.ATTRIBUTE: "{noun}{whose}: {value}",
        Shape.CHANCE: "{p} probability that customer {customer} orders product {product} in the "
        "week of {week}",
        "outside": "Customer {customer} will almost certainly not order product {product} in the "
        "week of {week}: it is none of those sold now to customers like this one "
        "(rate measured in such cases: {p})",
        "nothing": "there are not enough orders{whose}{rest} to tell",
        "cut": "The first {n} rows are shown.",
        "note_returns": "Counts the lines of the table, returns included.",
        "note_purchases": "Returns are not subtracted.",
        "note_until": "There are data from {first} to {last}.",
        "note_expected": "Usual quantity times probability, summed over all products of each "
        "customer.",
        "note_catalogue": "Counts the whole table of products; many were never sold.",
        "dont_know": "I don't know. ",
        Refusal.UNKNOWN_WORDS: "I do not understand: {words}.",
        Refusal.AMBIGUOUS_NAME: "This may be more than one thing: {words}. Say, for example, "
        "“brand …” or “package …”.",
        Refusal.NOT_ONE_MEANING: "I understand the words, but not for certain what is asked; ask "
        "one thing at a time, about customers, products, sales or the forecast.",
        Refusal.UNKNOWN_CUSTOMER: "There is no customer {words}.",
        Refusal.UNKNOWN_PRODUCT: "There is no product {words}.",
        Refusal.OUTSIDE_THE_DATA: "There are no data of those days; there are from {first} to "
        "{last}.",
        Refusal.ONLY_THE_COMING_WEEK: "The forecast is only for the week of {week}.",
        Refusal.TOOK_TOO_LONG: "The query took too long; ask for something narrower.",
    },
}
FACTS: Final = frozenset({Sign.UNIT, Sign.ORDER, Sign.RETURN, Sign.TRANSACTION})
NUMBERS: Final = frozenset({Shape.COUNT, Shape.GAP, Shape.MEAN_ORDER})
EXAMPLES: Final = {
    "es": (
        "¿Cuántos clientes hay?",
        "¿Qué va a pedir el cliente {customer}?",
        "Top 5 productos del mes pasado",
        "¿Cuántas transacciones tiene el cliente {customer}?",
        "¿Qué clientes no compraron la semana pasada?",
        "Ventas por mes",
        "¿Cuántos pares están previstos la próxima semana?",
    ),
    "en": (
        "How many customers are there?",
        "What will customer {customer} order?",
        "Top 5 products of last month",
        "How many transactions does customer {customer} have?",
        "Which customers did not order last week?",
        "Sales by month",
        "How many pairs are predicted next week?",
    ),
}


def number(value: float, language: str) -> str:
    """Return a number as it is written in a language."""
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3f}".rstrip("0")
    return text.translate(str.maketrans(",.", ".,")) if language == "es" else text


def percent(value: float, language: str) -> str:
    """Return a probability in percent."""
    text = f"{100 * value:.1f}" if value < 0.1 or value > 0.9 else f"{100 * value:.0f}"
    return f"{text.replace('.', ',')} %" if language == "es" else f"{text}%"


def day(value: date, language: str) -> str:
    """Return a day with its month in words."""
    return f"{value.day} {MONTHS[language][value.month - 1]} {value.year}"


def noun(subject: str, count: float | None, language: str) -> str:
    """Return a noun in the number that a count wants."""
    return NOUNS[language][subject][0 if count == 1 else 1]


def column(name: str, language: str) -> str:
    """Return the heading of a column."""
    own = COLUMNS[language].get(name)
    plural = name in {
        Sign.UNIT,
        Sign.ORDER,
        Sign.RETURN,
        Sign.TRANSACTION,
        Sign.CUSTOMER,
        Sign.PRODUCT,
    }
    return own or NOUNS[language][name][1 if plural else 0]


def title(
    reading: Reading,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    total: int,
    week: date,
    language: str,
) -> str:
    """Return the answer in a sentence.

    Parameters
    ----------
    reading : Reading
        What was asked.
    columns, rows : sequences
        What was found.
    total : int
        How many rows there are, shown or not.
    week : date
        Monday of the forecast's week.
    language : str
        ``es`` or ``en``.
    """
    filters = reading.filters
    first = dict(zip(columns, rows[0], strict=True)) if rows else {}
    is_number = reading.counts or reading.shape in NUMBERS
    count = next(iter(first.values()), None) if is_number else total
    parts = {
        "n": "" if count is None else number(count, language),
        "noun": noun(reading.subject, 1 if reading.limit == 1 else count, language),
        "whose": _whose(filters, language),
        "kind": _kind(reading, language),
        "rest": _rest(reading, week, language),
        "measure": _measured(reading, language),
        "by": noun(reading.by, 1, language) if reading.by else "",
        "edge": TEXTS[language]["first" if reading.is_first else "last"],
        "week": day(week, language),
        "customer": filters.customer,
        "product": filters.product,
    }
    if (is_number and count is None) or (reading.shape == Shape.DAY and not first.get("day")):
        return _sentence(TEXTS[language]["nothing"].format(**parts))
    if "probability" in first:
        parts["p"] = percent(first["probability"], language)
    if "day" in first:
        parts["day"] = day(date.fromisoformat(first["day"]), language)
    if reading.shape == Shape.ATTRIBUTE:
        parts["value"] = first[reading.subject]
    template = "top_one" if reading.limit == 1 else reading.shape
    return _sentence(TEXTS[language][template].format(**parts))


def outside(filters: Filters, rate: float, week: date, language: str) -> str:
    """Return the answer for a pair that is none of the candidates."""
    return _sentence(
        TEXTS[language]["outside"].format(
            customer=filters.customer,
            product=filters.product,
            week=day(week, language),
            p=percent(rate, language),
        )
    )


def _whose(filters: Filters, language: str) -> str:
    texts, told = TEXTS[language], ""
    if filters.customer is not None:
        told += texts["customer"].format(id=filters.customer)
    if filters.product is not None:
        told += texts["product"].format(id=filters.product)
    return told


def _rest(reading: Reading, week: date, language: str) -> str:
    texts = TEXTS[language]
    told = "".join(
        f", {NOUNS[language][name][0]} {value}" for name, value in reading.filters.names.items()
    )
    if period := reading.filters.period:
        text = texts["on" if period.first == period.last else "period"]
        told += text.format(first=day(period.first, language), last=day(period.last, language))
    if reading.is_forecast:
        told += texts["in_week"].format(week=day(week, language))
    return told


def _kind(reading: Reading, language: str) -> str:
    if reading.is_forecast:
        return TEXTS[language]["expected" if reading.subject == Sign.UNIT else "predicted"]
    is_told = reading.is_sold and reading.subject not in FACTS
    return TEXTS[language]["sold"] if is_told else ""


def _measured(reading: Reading, language: str) -> str:
    measure = noun(reading.measure, None, language)
    if not reading.is_forecast:
        return measure
    return measure + TEXTS[language]["expected" if reading.measure == Sign.UNIT else "predicted"]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
