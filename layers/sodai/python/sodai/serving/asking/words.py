"""The words that a question may be made of, in Spanish and English, without accents.

A word that is not here, that is no name from the tables and no day makes a question not understood:
to leave it out could change what is meant.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Sign(StrEnum):
    """What a phrase adds to a question."""

    HOW_MANY = "how many"
    HOW_MUCH = "how much"
    WHICH = "which"
    WHO = "who"
    WHEN = "when"
    TOP = "top"
    BOUGHT = "bought"
    ONE_BOUGHT = "it bought"
    SOLD = "sold"
    FORECAST = "forecast"
    ONE_FORECAST = "it will order"
    NOT = "not"
    WITHOUT = "without orders"
    LAST_ORDER = "last order"
    FIRST_ORDER = "first order"
    EVERY = "how often"
    WEEKDAY = "weekday"
    MEAN_ORDER = "mean order"
    NEW = "new"
    CHANCE = "chance"
    EVER = "ever"
    USUALLY = "usually"
    CUSTOMER = "customers"
    PRODUCT = "products"
    ORDER = "orders"
    TRANSACTION = "transactions"
    UNIT = "units"
    RETURN = "returns"
    PAIR = "pairs"
    ATTRIBUTE = "attribute"
    BY = "by"
    MEASURE = "measure"


# A noun's first form is the singular in which an id may follow ("cliente 1042").
CUSTOMER: Final = {
    "es": "cliente tienda negocio|clientes tiendas negocios",
    "en": "customer shop store client|customers shops stores clients",
}
PRODUCT: Final = {"es": "producto articulo|productos articulos", "en": "product|products"}

ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "customer_type": ("tipo de cliente", "tipo de tienda", "tipo", "tipos", "customer type",
                      "type of customer", "type of shop", "shop type", "type", "types"),
    "brand": ("marca", "marcas", "brand", "brands"),
    "category": ("categoria", "categorias", "category", "categories"),
    "sub_category": ("subcategoria", "subcategorias", "subcategory", "subcategories"),
    "segment": ("segmento", "segmentos", "segment", "segments"),
    "package": ("envase", "envases", "package", "packages", "packaging"),
}  # fmt: skip

PHRASES: Final[Mapping[str, Mapping[Sign, str]]] = {
    "es": {
        Sign.HOW_MUCH: "cuanto",
        Sign.HOW_MANY: "cuantos, cuantas, numero de, cantidad de, numero total de, "
        "cual es el numero de, cual es la cantidad de",
        Sign.WHICH: "que, cual, cuales, lista, listame, lista de, dame, muestrame, "
        "muestra, dime, ver, a que, en que",
        Sign.WHO: "quien, quienes, a quien, a quienes",
        Sign.WHEN: "cuando, en que fecha, que fecha",
        Sign.TOP: "top, mejor, mejores, principales, mas vendido, mas vendidos, mas vendida, "
        "mas vendidas, se vende mas, se venden mas, se vendio mas, se vendieron mas, vende mas, "
        "mas se vende, mas se venden, mas se vendio, mas se vendieron, mas comprado, "
        "mas comprados, mas compra, mas compran, compra mas, compran mas, mas compro, "
        "mas compraron, compro mas, compraron mas, mas pedidos por unidades, mas grandes",
        Sign.BOUGHT: "compraron, han comprado, compran, comprado, comprados, comprado por, "
        "comprados por, pidieron, han pedido, "
        "piden, hicieron, han hecho, hubo, tuvieron",
        Sign.ONE_BOUGHT: "compro, ha comprado, compra, pidio, ha pedido, pide, hizo, ha hecho, "
        "hace, se llevo, tuvo, recibio, tiene, lleva, pedir, comprar",
        Sign.SOLD: "vendio, vendieron, vendimos, vendido, vendidos, vendida, vendidas, "
        "se han vendido, se ha vendido, hemos vendido, vende, venden, vendemos",
        Sign.ONE_FORECAST: "va a pedir, va a comprar, pedira, comprara, va a necesitar, "
        "se espera que pida, pida, compre, le ofrezco, ofrezco, ofrecer, puedo ofrecer",
        Sign.FORECAST: "van a pedir, van a comprar, pediran, compraran, previsto, previstos, "
        "prevista, previstas, pronosticado, pronosticados, pronosticada, pronosticadas, "
        "pronostico, se espera que pidan, se espera, se esperan, esperado, esperados, esperadas, "
        "se van a pedir, se van a vender, vamos a vender, recomendados",
        Sign.NOT: "no, nunca, todavia no",
        Sign.WITHOUT: "sin comprar, sin compras, sin pedidos, sin ventas, sin pedir",
        Sign.LAST_ORDER: "ultima compra, ultimo pedido, ultima vez, la ultima vez, compro por "
        "ultima vez, pidio por ultima vez, por ultima vez",
        Sign.FIRST_ORDER: "primera compra, primer pedido, primera vez, compro por primera vez, "
        "pidio por primera vez, por primera vez",
        Sign.EVERY: "cada cuanto, cada cuanto tiempo, cada cuantos dias, con que frecuencia",
        Sign.WEEKDAY: "que dia de la semana, que dias de la semana, dia de la semana, que dia, "
        "que dias",
        Sign.MEAN_ORDER: "pedido promedio, pedido medio, compra promedio, promedio por pedido, "
        "tamano promedio de pedido, tamano medio de pedido, promedio de unidades por pedido, "
        "unidades por pedido, cajas por pedido, tamano promedio del pedido",
        Sign.NEW: "nuevo, nuevos, nueva, nuevas",
        Sign.CHANCE: "probabilidad de que, probabilidad, que probabilidad hay de que, "
        "cual es la probabilidad de que",
        Sign.EVER: "alguna vez, hasta ahora, en total, total, totales, de siempre, "
        "desde siempre, historico, en todo el historico, distintos, distintas, diferentes, "
        "en el catalogo, del catalogo, registrados, registradas",
        Sign.USUALLY: "suele, suelen, normalmente, habitualmente",
        Sign.ORDER: "pedido, pedidos, ordenes, compras",
        Sign.TRANSACTION: "transaccion, transacciones, lineas, registros",
        Sign.UNIT: "unidad, unidades, caja, cajas, ventas, volumen",
        Sign.RETURN: "devolucion, devoluciones",
        Sign.PAIR: "pares, predicciones, pares cliente producto, pares de cliente y producto",
    },
    "en": {
        Sign.HOW_MUCH: "how much",
        Sign.HOW_MANY: "how many, number of, total number of, what is the number of, "
        "what was the number of, count of",
        Sign.WHICH: "which, what, list, list of, show, show me, give me, tell me, to which, "
        "what is, what are, what was, which are, which is, in which",
        Sign.WHO: "who, whom, to whom, who are, who is",
        Sign.WHEN: "when, on what date, what date",
        Sign.TOP: "top, best, best selling, best sellers, bestselling, biggest, largest, "
        "sell best, sells best, sold best, sell the most, sells the most, sell most, sells most, "
        "sold the most, sold most, most sold, buy the most, buys the most, bought the most, "
        "buy most, buys most, bought most, main",
        Sign.BOUGHT: "bought, buy, buys, purchased, ordered, order, place, placed, make, made, "
        "get, got, have bought, has bought, have ordered, has ordered",
        Sign.SOLD: "sold, sell, sells",
        Sign.FORECAST: "will order, will buy, will, going to order, going to buy, predicted, "
        "forecast, expected, expected to order, expected to buy, should i offer, offer, "
        "recommended, likely to order, likely to buy, predicted to order, predicted to buy, "
        "forecasted, to offer",
        Sign.NOT: "not, never, havent, hasnt, didnt, dont",
        Sign.WITHOUT: "without orders, without any order, without any orders, without sales, "
        "without purchases, with no orders, with no purchases, with no sales",
        Sign.LAST_ORDER: "last order, last ordered, last purchase, last bought, last buy, "
        "last sold, last time, the last time, most recent order, latest order, last placed",
        Sign.FIRST_ORDER: "first order, first ordered, first purchase, first bought, first buy, "
        "first time",
        Sign.EVERY: "how often, how frequently",
        Sign.WEEKDAY: "which weekday, what weekday, which day of the week, what day of the week, "
        "on which day of the week, on what day of the week, on which weekday, which day, what day",
        Sign.MEAN_ORDER: "average order size, average order, mean order size, mean order, "
        "average units per order, units per order, average size of an order, "
        "average size of the orders",
        Sign.NEW: "new",
        Sign.CHANCE: "probability that, probability, chance that, what is the chance that, "
        "how likely is it that, what is the probability that, how likely",
        Sign.EVER: "ever, so far, in total, total, overall, of all time, all time, distinct, "
        "different, unique, in the catalogue, in the catalog, registered",
        Sign.USUALLY: "usually, normally, typically",
        Sign.ORDER: "orders, purchases",
        Sign.TRANSACTION: "transaction, transactions, lines",
        Sign.UNIT: "unit, units, case, cases, sales, volume",
        Sign.RETURN: "return, returns",
        Sign.PAIR: "pairs, predictions, customer product pairs, predicted pairs",
    },
}

# Adjectives of the forecast: what they stand before is still asked for ("the predicted products").
ADJECTIVES: Final = frozenset(
    {"previsto", "previstos", "prevista", "previstas", "pronosticado", "pronosticados",
     "pronosticada", "pronosticadas", "esperado", "esperados", "esperadas", "recomendados",
     "predicted", "expected", "recommended", "forecast", "forecasted"}
)  # fmt: skip
SINGULAR: Final = frozenset(
    {"pedido", "transaccion", "unidad", "caja", "devolucion", "transaction", "unit", "case",
     "return"}
)  # fmt: skip

# "por mes", "by month": what a table has a row for.
BY: Final[Mapping[str, tuple[str, str]]] = {
    "month": ("mes", "month"),
    "week": ("semana", "week"),
    "customer_id": ("cliente tienda", "customer shop"),
    "product_id": ("producto", "product"),
    "customer_type": ("tipo", "type"),
    "brand": ("marca", "brand"),
    "category": ("categoria", "category"),
    "sub_category": ("subcategoria", "subcategory"),
    "segment": ("segmento", "segment"),
    "package": ("envase", "package"),
}
BY_WORDS: Final = {"es": ("por", "por cada", "de cada", "cada"), "en": ("by", "per", "for each")}

# "con mas pedidos", "by units": what the rows are ordered by.
MEASURES: Final[Mapping[Sign, tuple[str, str]]] = {
    Sign.UNIT: ("unidades cajas ventas volumen", "units cases sales volume"),
    Sign.ORDER: ("pedidos compras", "orders purchases"),
    Sign.RETURN: ("devoluciones", "returns"),
    Sign.CUSTOMER: ("clientes tiendas", "customers shops"),
}
MOST: Final = {
    "es": ("con mas", "que mas", "mas", "hizo mas", "tiene mas", "tienen mas", "tuvo mas",
           "tuvieron mas", "hicieron mas"),
    "en": ("with most", "with the most", "most", "the most", "has the most", "have the most",
           "had the most", "placed the most"),
}  # fmt: skip
MEASURED_BY: Final = {"es": ("por", "segun", "en"), "en": ("by", "in")}

FILLERS: Final = {
    "es": "el la los las un una de del en a al se me nos nuestro nuestra nuestros nuestras "
    "hay existen existe tenemos tienen es son estan fue fueron ha han para por favor hola ahi "
    "conocemos usted codigo id numero nro todos todas actualmente",
    "en": "the a an of in at on for to do does did we us our is are was were there have has been "
    "had be please hello hi i that exist id number all any currently",
}

# How English calls what the distributor's tables call in Spanish.
TRANSLATED: Final = {
    "supermercado": ("supermarket",),
    "mayorista": ("wholesaler",),
    "restaurant": ("restaurante",),
    "tienda de conveniencia": ("convenience store",),
    "abarrotes": ("grocery", "grocery store", "corner shop"),
    "canal frio": ("cold channel",),
    "botella": ("bottle",),
    "gaseosas": ("soft drink", "soda"),
    "jugos": ("juice",),
    "aguas saborizadas": ("flavoured water", "flavored water"),
}
