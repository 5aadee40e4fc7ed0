"""The query of a reading: one SELECT with named parameters, made here and nowhere from the text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sodai.serving.asking.lexicon import CUSTOMER_COLUMNS, PRODUCT_COLUMNS
from sodai.serving.asking.reading import Filters, Reading, Shape
from sodai.serving.asking.words import Sign

NOUN_KEYS: Final = {Sign.CUSTOMER: "customer_id", Sign.PRODUCT: "product_id"}
ATTRIBUTES: Final = {
    "customer_id": ("customer_type",),
    "product_id": ("brand", "package", "size"),
}
SUMS: Final[Mapping[str, str]] = {
    Sign.UNIT: "round(sum(units), 3)",
    Sign.ORDER: "count(DISTINCT order_no)",
    Sign.RETURN: "sum(returns)",
    Sign.TRANSACTION: "sum(purchases + returns)",
    Sign.CUSTOMER: "count(DISTINCT customer_id)",
    Sign.PRODUCT: "count(DISTINCT product_id)",
    Sign.PAIR: "count(*)",
}
TIMES: Final = {
    "month": "substr(day, 1, 7)",
    "week": "date(day, '-6 days', 'weekday 1')",
}
ALL_LINES: Final = frozenset({Sign.RETURN, Sign.TRANSACTION})


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT and its parameters."""

    sql: str
    parameters: dict[str, Any]


@dataclass(slots=True)
class Select:
    """Parts of a SELECT, put together by `query`."""

    table: str
    columns: list[str]
    joins: set[str] = field(default_factory=set)
    conditions: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    group: str = ""
    having: str = ""
    order: str = ""
    limit: int = 0

    def narrow(self, filters: Filters, *, period: bool = True) -> "Select":
        """Add the conditions of filters."""
        for column, value in (("customer_id", filters.customer), ("product_id", filters.product)):
            if value is not None:
                self.where(f"{column} = :{column}", **{column: value})
        for column, name in filters.names.items():
            self.join(column)
            self.where(f"{column} = :{column}", **{column: name})
        if period and filters.period:
            self.where(
                "day BETWEEN :first_day AND :last_day",
                first_day=str(filters.period.first),
                last_day=str(filters.period.last),
            )
        return self

    def where(self, condition: str, **parameters: Any) -> None:
        """Add a condition."""
        self.conditions.append(condition)
        self.parameters.update(parameters)

    def join(self, column: str) -> None:
        """Join the table of shops or products if the column is there."""
        for table, columns in (("customers", CUSTOMER_COLUMNS), ("products", PRODUCT_COLUMNS)):
            if column in columns and table != self.table:
                self.joins.add(table)

    def query(self) -> Query:
        """Return the query."""
        keys = {"customers": "customer_id", "products": "product_id"}
        joined = "".join(f" JOIN {name} USING ({keys[name]})" for name in sorted(self.joins))
        parts = [
            f"SELECT {', '.join(self.columns)}",
            f"FROM {self.table}{joined}",
            f"WHERE {' AND '.join(self.conditions)}" if self.conditions else "",
            f"GROUP BY {self.group}" if self.group else "",
            f"HAVING {self.having}" if self.having else "",
            f"ORDER BY {self.order}" if self.order else "",
            f"LIMIT {self.limit}" if self.limit else "",
        ]
        return Query("\n".join(part for part in parts if part), self.parameters)


def query_of(reading: Reading) -> Query:
    """Return the query that answers a reading."""
    return MAKERS[reading.shape](reading).query()


def _facts(reading: Reading, columns: list[str], *, period: bool = True) -> Select:
    """Select from what was sold, or from what is forecast."""
    if reading.is_forecast:
        select = Select("pairs", columns).narrow(reading.filters)
        summed = reading.measure if reading.shape == Shape.TOP else reading.subject
        if summed != Sign.UNIT:  # expected units come from every pair, predicted or not
            select.where("predicted = 1")
        return select
    select = Select("sales", columns)
    if reading.subject not in ALL_LINES and reading.measure not in ALL_LINES:
        select.where("purchases > 0")
    return select.narrow(reading.filters, period=period)


def _key(subject: str) -> str:
    """Return the column of a subject."""
    return next((key for noun, key in NOUN_KEYS.items() if noun == subject), subject)


def _sum(sign: str) -> str:
    return f"coalesce({SUMS[sign]}, 0) AS {sign}" if sign != Sign.PAIR else "count(*) AS pairs"


def _count(reading: Reading) -> Select:
    subject = reading.subject
    if subject in SUMS and reading.is_sold:
        return _facts(reading, [_sum(subject)])
    key = _key(subject)
    if reading.is_sold or reading.is_forecast:
        select = _facts(reading, [f"count(DISTINCT {key}) AS {subject}"])
        select.join(key)
        return select
    table = _table_of(key)
    counted = "count(*)" if subject in SUMS else f"count(DISTINCT {key})"
    return Select(table, [f"{counted} AS {subject}"]).narrow(reading.filters, period=False)


def _table_of(key: str) -> str:
    return "customers" if key == "customer_id" or key in CUSTOMER_COLUMNS else "products"


def _described(key: str) -> list[str]:
    return [key, *ATTRIBUTES.get(key, ())]


def _top(reading: Reading) -> Select:
    key = _key(reading.subject)
    select = _facts(reading, [*_described(key), _sum(reading.measure)])
    for column in _described(key):
        select.join(column)
    if key == "product_id":
        select.joins.add("products")
    select.group = key
    select.order = f"{reading.measure} DESC, {key}"
    select.limit = reading.limit
    return select


def _list(reading: Reading) -> Select:
    if reading.is_forecast:
        return _forecast_list(reading)
    key = _key(reading.subject)
    if not reading.is_sold:
        select = Select(_table_of(key), _described(key)).narrow(reading.filters, period=False)
        select.group = key if key not in ATTRIBUTES else ""
        select.order = key
        return select
    select = _facts(
        reading, [*_described(key), _sum(Sign.UNIT), _sum(Sign.ORDER), "max(day) AS last_day"]
    )
    for column in _described(key):
        select.join(column)
    select.group = key
    select.order = f"units DESC, {key}"
    return select


def _forecast_list(reading: Reading) -> Select:
    if reading.subject == Sign.PAIR:
        columns = ["customer_id", "product_id", "round(probability, 4) AS probability"]
        select = _facts(reading, [*columns, "round(units, 2) AS units"])
        select.order = "pairs.probability DESC, customer_id, product_id"
        return select
    key = _key(reading.subject)
    other = reading.filters.product if key == "customer_id" else reading.filters.customer
    is_one_pair_each = key in ATTRIBUTES and other is not None
    if is_one_pair_each:
        numbers = ["round(probability, 4) AS probability", "round(units, 2) AS units"]
        order = f"pairs.probability DESC, {key}"
    else:
        numbers = ["count(*) AS pairs", _sum(Sign.UNIT)]
        order = f"pairs DESC, units DESC, {key}"
    select = _facts(reading, [*_described(key), *numbers])
    for column in _described(key):
        select.join(column)
    select.group = "" if is_one_pair_each else key
    select.order = order
    return select


def _groups(reading: Reading) -> Select:
    by = reading.by
    is_told = reading.is_sold or reading.is_forecast or by in TIMES  # by what was sold, or will be
    is_table = reading.subject in NOUN_KEYS and not is_told
    if is_table and _table_of(by) == _table_of(_key(reading.subject)):
        select = Select(_table_of(by), [by, f"count(*) AS {reading.subject}"])
        select.narrow(reading.filters, period=False)
    else:
        column = f"{TIMES[by]} AS {by}" if by in TIMES else by
        select = _facts(reading, [column, _sum(reading.subject)])
        select.join(by)
    select.group = TIMES.get(by, by)
    select.order = by if by in TIMES else f"{reading.subject} DESC, {by}"
    return select


def _day(reading: Reading) -> Select:
    edge = "min" if reading.is_first else "max"
    return _facts(reading, [f"{edge}(day) AS day"])


def _order_lines(reading: Reading) -> Select:
    edge = "min" if reading.is_first else "max"
    select = _facts(reading, ["product_id", "brand", "package", "size", _sum(Sign.UNIT), "day"])
    select.joins.add("products")
    select.where(
        f"day = (SELECT {edge}(day) FROM sales WHERE purchases > 0 AND customer_id = :customer_id)"
    )
    select.group = "product_id"
    select.order = "units DESC, product_id"
    return select


def _gap(reading: Reading) -> Select:
    span = "julianday(max(day)) - julianday(min(day))"
    return _facts(reading, [f"round(({span}) / nullif(count(DISTINCT day) - 1, 0), 1) AS days"])


def _weekdays(reading: Reading) -> Select:
    select = _facts(reading, ["strftime('%w', day) AS weekday", _sum(Sign.ORDER)])
    select.group = "weekday"
    select.order = "orders DESC, weekday"
    return select


def _mean_order(reading: Reading) -> Select:
    mean = "round(sum(units) / nullif(count(DISTINCT order_no), 0), 3) AS units_per_order"
    return _facts(reading, [mean])


def _newcomers(reading: Reading) -> Select:
    """Select the things whose first sale lies in the period."""
    key, period = _key(reading.subject), reading.filters.period
    assert period is not None
    select = _facts(reading, [*_described(key), "min(day) AS first_day_sold"], period=False)
    for column in _described(key):
        select.join(column)
    select.group = key
    select.having = "min(day) BETWEEN :first_day AND :last_day"
    select.parameters.update(first_day=str(period.first), last_day=str(period.last))
    select.order = f"first_day_sold, {key}"
    return _counted(select, reading)


def _absent(reading: Reading) -> Select:
    """Select the shops or products without a sale that the filters name."""
    key = _key(reading.subject)
    own = CUSTOMER_COLUMNS if key == "customer_id" else PRODUCT_COLUMNS
    names = reading.filters.names
    mine = Filters(names={column: name for column, name in names.items() if column in own})
    others = {column: name for column, name in names.items() if column not in own}
    sold = Select("sales", [key])
    sold.where("purchases > 0")
    sold.narrow(Filters(None, reading.filters.product, others, reading.filters.period))
    inner = sold.query()
    select = Select(_table_of(key), _described(key)).narrow(mine)
    select.where(f"{key} NOT IN ({' '.join(inner.sql.split())})", **inner.parameters)
    select.order = key
    return _counted(select, reading)


def _counted(select: Select, reading: Reading) -> Select:
    """Count the rows where a number is wanted."""
    if not reading.counts:
        return select
    select.order = ""
    inner = select.query()
    counted = Select(f"({' '.join(inner.sql.split())})", [f"count(*) AS {reading.subject}"])
    counted.parameters = inner.parameters
    return counted


def _attribute(reading: Reading) -> Select:
    table = _table_of(reading.subject)
    key = "customer_id" if table == "customers" else "product_id"
    return Select(table, [key, reading.subject]).narrow(reading.filters, period=False)


def _chance(reading: Reading) -> Select:
    columns = ["customer_id", "product_id", "probability", "round(units, 2) AS units", "predicted"]
    return Select("pairs", columns).narrow(reading.filters)


MAKERS: Final = {
    Shape.COUNT: _count,
    Shape.TOP: _top,
    Shape.LIST: _list,
    Shape.GROUPS: _groups,
    Shape.DAY: _day,
    Shape.ORDER_LINES: _order_lines,
    Shape.GAP: _gap,
    Shape.WEEKDAYS: _weekdays,
    Shape.MEAN_ORDER: _mean_order,
    Shape.NEWCOMERS: _newcomers,
    Shape.ABSENT: _absent,
    Shape.ATTRIBUTE: _attribute,
    Shape.CHANCE: _chance,
}
