"""Block: a mapping inside a workload file, whose unknown names are errors that name the nearest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from streamfacts.errors import InputError, unknown_name


class Block(BaseModel):
    """A mapping of named figures; an unknown name or a missing one is an `InputError`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, str_strip_whitespace=True, defer_build=True
    )

    @classmethod
    def called(cls) -> str:
        """Return the name of the block in messages."""
        return cls.__name__.lower()

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        fields = {info.alias or name for name, info in cls.model_fields.items()}
        what = cls.called()
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            raise InputError(what, given, f"a mapping of {', '.join(sorted(fields))}")
        for name in given:
            if name not in fields:
                raise unknown_name(what, str(name), fields)
        for name, info in cls.model_fields.items():
            if info.is_required() and (info.alias or name) not in given:
                raise InputError(what, dict(given), f"{info.alias or name} beside it")
        return dict(given)
