"""Bytes of Kafka record batches, message format v2."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array
from streamfacts.tables import assumption


def varint_bytes(value: ArrayLike) -> Array:
    """Return the bytes of a zig-zag variable-length integer, as the record format writes lengths and deltas.

    Parameters
    ----------
    value : non-negative integer [1], any shape

    Returns
    -------
    bytes [byte], same shape

    References
    ----------
    Protocol Buffers encoding, which the Kafka documentation, section 5.3.2 "Record", names as its own.

    Examples
    --------
    >>> varint_bytes([0, 63, 64, 8191, 8192]).tolist()
    [1.0, 1.0, 2.0, 2.0, 3.0]
    """
    zigzag = 2.0 * np.asarray(value, float)
    return np.maximum(1.0, np.ceil(np.log2(zigzag + 1.0) / 7.0))


def record_overhead_bytes(
    message_bytes: ArrayLike, records_per_batch: ArrayLike = 1.0, headers: ArrayLike = 0
) -> Array:
    """Return the bytes that the format adds to the key, value and headers of one record.

    Record length, attributes (1), timestamp delta, offset delta, key length, value length, header count, and two
    lengths a header. Key and timestamp delta are taken as one byte of length each.

    Parameters
    ----------
    message_bytes : key, value and headers of one record [byte]
    records_per_batch : records in a batch [1]
    headers : headers of a record [1]

    Returns
    -------
    overhead of one record [byte]

    References
    ----------
    Kafka documentation, section 5.3.2 "Record", https://kafka.apache.org/documentation/#record

    Examples
    --------
    >>> float(record_overhead_bytes(50))
    7.0
    """
    message = np.asarray(message_bytes, float)
    offset_delta = varint_bytes(np.maximum(np.asarray(records_per_batch, float) - 1.0, 0.0) / 2.0)
    counted = np.asarray(headers, float)
    body = 1 + 1 + offset_delta + 1 + varint_bytes(message) + varint_bytes(counted) + 2 * counted
    return np.asarray(body + varint_bytes(message + body))


def records_per_batch(message_bytes: ArrayLike, batch_bytes: ArrayLike, headers: ArrayLike = 0) -> Array:
    """Return how many records an average batch holds, at least one.

    Parameters
    ----------
    message_bytes : one record's key, value and headers [byte]
    batch_bytes : the batch before compression [byte]
    headers : headers of a record [1]

    Returns
    -------
    records in a batch [1]

    Examples
    --------
    >>> float(records_per_batch(100, 1151).round(2))
    10.0
    """
    message = np.asarray(message_bytes, float)
    batch = np.asarray(batch_bytes, float)
    header = float(assumption("record_batch_header_bytes"))
    first = np.maximum(1.0, batch / (message + record_overhead_bytes(message, 1.0, headers)))
    each = message + record_overhead_bytes(message, first, headers)
    return np.maximum(1.0, (batch - header) / each)


def wire_bytes_per_record(
    message_bytes: ArrayLike, records_per_batch: ArrayLike, compression_ratio: ArrayLike = 1.0, headers: ArrayLike = 0
) -> Array:
    """Return the bytes of one record on the wire and on disk: its share of a compressed batch and of the header.

    The 61 bytes of the batch header are not compressed; the records after it are.

    Parameters
    ----------
    message_bytes : one record's key, value and headers [byte]
    records_per_batch : records in a batch [1]
    compression_ratio : bytes before over after compression of the records [1]
    headers : headers of a record [1]

    Returns
    -------
    bytes of one record on the wire [byte]

    References
    ----------
    Kafka documentation, section 5.3.1 "Record Batch", https://kafka.apache.org/documentation/#recordbatch

    Examples
    --------
    >>> float(wire_bytes_per_record(100, 10, 2.0))
    60.6
    """
    message = np.asarray(message_bytes, float)
    header = float(assumption("record_batch_header_bytes"))
    each = message + record_overhead_bytes(message, records_per_batch, headers)
    return np.asarray(header / np.asarray(records_per_batch, float) + each / np.asarray(compression_ratio, float))
