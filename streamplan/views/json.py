"""Plain JSON documents: what `--json` prints and what other tools read."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from pydantic import BaseModel

from capacity import Range
from capacity.workload.correlation import Correlation


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: no NumPy types, no NaN, no infinity (both become null)."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Range):
        return value.likely if value.known else {"low": value.low, "likely": value.likely, "high": value.high}
    if isinstance(value, Correlation):
        return {",".join(pair): number for pair, number in value.pairs}
    if isinstance(value, BaseModel):
        return {k: plain(getattr(value, k)) for k in type(value).model_fields if k in value.model_fields_set}
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def mapping(document: dict[str, Any]) -> dict[str, Any]:
    return {str(k): plain(v) for k, v in document.items()}


def dumps(document: Any) -> str:
    """Return the document as JSON text, the same for the same content."""
    return json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False)


def records(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a DataFrame as plain mappings."""
    return [plain(row) for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]
