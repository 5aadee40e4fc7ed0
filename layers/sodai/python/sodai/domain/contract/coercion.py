"""Give a delivered column the dtype of its kind, or name the values that do not fit."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd
from pandas.api import types

from sodai.domain.contract.tables import Column, Kind
from sodai.domain.errors import DataContractError

WHOLE_NUMBER: Final = r"[+-]?\d{1,18}(?:\.0*)?"
WRITTEN_DAY: Final = r"\d{4}-\d{2}-\d{2}(?:[ T].*)?"
LARGEST_EXACT_FLOAT: Final = 2.0**53
SHOWN_VALUES: Final = 3
EXPECTED: Final[Mapping[Kind, str]] = {
    "whole": "whole numbers",
    "label": "text",
    "number": "numbers",
    "day": "days written as YYYY-MM-DD",
}


def coerce(values: pd.Series, column: Column, file: str) -> pd.Series:
    """Return a delivered column with the dtype of its kind; nulls stay null.

    Raises
    ------
    DataContractError
        If a value that is there does not fit; names the column and the first such values.
    """
    coerced, is_bad = _COERCIONS[column.kind](values)
    if is_bad.any():
        rows = np.flatnonzero(is_bad)
        shown = ", ".join(f'"{values.iloc[row]}"' for row in rows[:SHOWN_VALUES])
        what = f"column {column.name} must hold {EXPECTED[column.kind]}, but has {shown}"
        where = f"{len(rows):,} of {len(values):,} rows, the first is row {rows[0] + 1:,}"
        raise DataContractError(
            f"{file}: {what} ({where})",
            f"In the file {file} {what} ({where}). Correct the column and deliver it again.",
        )
    return coerced.reset_index(drop=True)


Coerced = tuple[pd.Series, np.ndarray]


def _whole(values: pd.Series) -> Coerced:
    there = values.notna().to_numpy()
    whole = np.zeros(len(values), dtype=np.int64)
    if types.is_bool_dtype(values.dtype):
        fits = np.zeros(len(values), dtype=bool)
    elif types.is_integer_dtype(values.dtype):
        fits = values.le(np.iinfo(np.int64).max).fillna(value=False).to_numpy(dtype=bool)
        whole[fits] = values[fits].to_numpy(dtype=np.int64)
    elif types.is_float_dtype(values.dtype):
        floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
        fits = (np.abs(floats) <= LARGEST_EXACT_FLOAT) & (np.trunc(floats) == floats)
        whole[fits] = floats[fits].astype(np.int64)
    else:
        text = values.astype("str").str.strip()
        fits = text.str.fullmatch(WHOLE_NUMBER).fillna(value=False).to_numpy(dtype=bool) & there
        written = text[fits].str.partition(".")[0]
        whole[fits] = written.to_numpy(dtype=np.str_).astype(np.int64)
    return pd.Series(pd.arrays.IntegerArray(whole, ~fits)), there & ~fits


def _number(values: pd.Series) -> Coerced:
    if types.is_bool_dtype(values.dtype) or types.is_datetime64_any_dtype(values.dtype):
        return values, values.notna().to_numpy()
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers, (numbers.isna() & values.notna()).to_numpy()


def _label(values: pd.Series) -> Coerced:
    text = values.astype("str").str.strip()
    return text.mask(values.isna() | (text == "")), np.zeros(len(values), dtype=bool)


def _day(values: pd.Series) -> Coerced:
    there = values.notna()
    if types.is_datetime64_any_dtype(values.dtype):
        moments = values
    elif types.is_numeric_dtype(values.dtype):
        return values, there.to_numpy()
    else:
        text = values.astype("str").str.strip()
        written = text.where(text.str.fullmatch(WRITTEN_DAY).fillna(value=False)).str.slice(0, 10)
        moments = pd.to_datetime(written, format="%Y-%m-%d", errors="coerce")
    if moments.dt.tz is not None:
        moments = moments.dt.tz_localize(None)
    days = moments.astype("datetime64[us]").dt.normalize()
    return days, (days.isna() & there).to_numpy()


_COERCIONS: Final[Mapping[Kind, Callable[[pd.Series], Coerced]]] = {
    "whole": _whole,
    "number": _number,
    "label": _label,
    "day": _day,
}
