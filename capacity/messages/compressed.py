"""Files as they lie about: plain, or wrapped in gzip or zstd; told by their first bytes, never by their name."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import BinaryIO, cast

from capacity.messages.library import library

GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
#: Endings of names that a wrapping leaves, which say nothing of the format within.
WRAPPINGS = (".gz", ".zst", ".zstd")


def unwrapped(file: BinaryIO) -> BinaryIO:
    """Return a stream of what a file holds, decompressed if it is wrapped; the file is at its start."""
    start = file.read(len(ZSTD_MAGIC))
    file.seek(0)
    if start.startswith(GZIP_MAGIC):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    if start == ZSTD_MAGIC:
        reader = library("zstandard").ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return cast("BinaryIO", io.BufferedReader(reader))
    return file


def suffix_within(path: Path) -> str:
    """Return the ending of a name without that of a wrapping.

    Examples
    --------
    >>> suffix_within(Path("orders.jsonl.gz")), suffix_within(Path("orders.avro"))
    ('.jsonl', '.avro')
    """
    return Path(path.stem).suffix if path.suffix.lower() in WRAPPINGS else path.suffix
