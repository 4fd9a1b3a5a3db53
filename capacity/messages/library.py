"""Libraries of the extra ``messages``, imported when they are used."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from streamfacts.errors import StreamplanError


def library(name: str) -> Any:
    """Return a module of the extra ``messages``; raises `StreamplanError` with what to install if it is not there."""
    try:
        with warnings.catch_warnings():  # kafka-python reads its schemas in a way that Python 3.11 deprecates
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(name)
    except ImportError as error:
        raise StreamplanError(
            f"measuring messages needs {error.name or name}: pip install 'streamplan[messages]'"
        ) from None
