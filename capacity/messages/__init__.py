"""A user's own messages, run through real Kafka record batches and codecs.

Needs the extra ``messages``: kafka-python builds record batches with the codecs' own libraries, fastavro reads Avro.
"""

from capacity.messages.batches import CODECS, BatchSize, batch_sizes
from capacity.messages.measure import Measurement, Messages, measure_messages
from capacity.messages.reading import FORMATS, Record, read_records

__all__ = [
    "CODECS",
    "FORMATS",
    "BatchSize",
    "Measurement",
    "Messages",
    "Record",
    "batch_sizes",
    "measure_messages",
    "read_records",
]
