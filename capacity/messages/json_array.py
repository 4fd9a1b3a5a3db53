"""The elements of one JSON array, on one line or many, read a piece at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from streamfacts.errors import InputError

PIECE = 1 << 20
_SPACE = " \t\r\n"


def elements(file: BinaryIO, longest: int) -> Iterator[bytes]:
    """Yield each element as it is written, or as compact JSON if it spans lines.

    Parameters
    ----------
    file : a stream at the start of the array
    longest : most bytes of one element

    Raises
    ------
    InputError
        naming the element: no JSON, an array that does not end, something behind it.
    """
    decoder, text, number = json.JSONDecoder(), "", 0
    pending = b""
    ended = behind = False

    def more() -> bool:
        nonlocal text, pending, ended
        piece = file.read(PIECE)
        ended = not piece
        pending += piece
        try:
            text, pending = text + pending.decode("utf-8-sig" if not number and not text else "utf-8"), b""
        except UnicodeDecodeError as error:
            if ended or error.start < len(pending) - 4:
                raise InputError(f"element {number + 1}", "bytes that are no UTF-8", "JSON in UTF-8") from None
            text, pending = text + pending[: error.start].decode(), pending[error.start :]
        return not ended

    more()
    text = text.lstrip(_SPACE)[1:]
    while True:
        text = text.lstrip(_SPACE)
        if behind and text.startswith(","):
            text, behind = text[1:].lstrip(_SPACE), False
        elif behind and text and not text.startswith("]"):
            raise InputError(f"element {number + 1}", text[:60], "a comma before it")
        if text.startswith("]"):
            break
        end = None
        if text:
            try:
                value, end = decoder.raw_decode(text)
            except (ValueError, RecursionError):
                end = None
        # a number at the end of what was read may go on in the next piece
        if end is None or not text[end:].lstrip(_SPACE):
            if ended or len(text) > longest:
                raise InputError(f"element {number + 1}", text[:60] or "the end", "JSON values in an array that ends")
            more()
            continue
        number, behind = number + 1, True
        raw = text[:end]
        yield (json.dumps(value, separators=(",", ":"), ensure_ascii=False) if "\n" in raw else raw).encode(
            "utf-8", "surrogatepass"
        )
        text = text[end:]
    rest = text[1:].strip(_SPACE)
    while not rest and more():
        rest = text[1:].strip(_SPACE)
    if rest:
        raise InputError("file", rest[:60], "one JSON array and nothing behind it, or one JSON value on each line")
