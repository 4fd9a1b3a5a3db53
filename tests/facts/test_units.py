"""What a person writes, and the float that it becomes; expected values are worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Workload
from streamfacts.errors import InputError
from streamfacts.units import human, parse

RATES = {
    "250 MB/s": 250e6,
    "250 MiB/s": 250 * 2**20,
    "250MB/s": 250e6,
    "  250   MB/s  ": 250e6,
    "2 MB / s": 2e6,
    "1 MBps": 1e6,
    "1 MiBps": 2**20,
    "1 Mbps": 125_000.0,
    "1 Mb/s": 125_000.0,
    "8 Mibit/s": 2**20,
    "8 kbps": 1000.0,
    "10 Gbit/s": 1.25e9,
    "10 Gbps": 1.25e9,
    "10 GBps": 10e9,
    "8 bps": 1.0,
    "1 Bps": 1.0,
    "1 B/s": 1.0,
    "1 B/ms": 1000.0,
    "60 kB/min": 1000.0,
    "86.4 TB/day": 1e9,
    "86.4 TB per day": 1e9,
    "36 GB per hour": 1e7,
    "36 GB/h": 1e7,
    "36 GB an hour": 1e7,
    "73 TB/month": 73e12 / (730 * 3600),  # a month is a twelfth of 365 days, the 730 hours of a bill
    "365 TB/year": 1e12 / 86_400,
    "1 000 000 B/s": 1e6,
    "1\u2009000\u2009000 B/s": 1e6,  # thin
    "1\u202f000\u00a0B/s": 1000.0,  # narrow no-break, no-break
    "1'000 B/s": 1000.0,
    "5 Mbytes/s": 5e6,
    "5 EB/year": 5e18 / 31_536_000,
    "1 PB/week": 1e15 / 604_800,
    "1 kB/s": 1000.0,
    "1 KB/s": 1000.0,
    "1 KiB/s": 1024.0,
    "1e3 B/s": 1000.0,
    "1_000 B/s": 1000.0,
    "1,000 B/s": 1000.0,
    "1,234,567 B/s": 1_234_567.0,
    "1.5 million B/s": 1.5e6,
    ".5 MB/s": 500_000.0,
    "5 megabytes/second": 5e6,
    "0 MB/s": 0.0,
}
RECORD_RATES = {
    "120000 records/s": 120_000.0,
    "120,000 records/s": 120_000.0,
    "5 msgs/s": 5.0,
    "5 msg/s": 5.0,
    "5 messages/s": 5.0,
    "5 events/s": 5.0,
    "5 event/s": 5.0,
    "1.5 million records/s": 1.5e6,
    "2 billion events/day": 2e9 / 86_400,
    "7 trillion messages per day": 7e12 / 86_400,
    "3 thousand msgs/s": 3000.0,
    "60 records/min": 1.0,
    "5 krecords/s": 5000.0,
    "8000k messages/minute": 8e6 / 60,
    "8 M messages/min": 8e6 / 60,
    "3.5 bn events per day": 3.5e9 / 86_400,
    "2bn events/day": 2e9 / 86_400,
    "1 billion records a day": 1e9 / 86_400,
    "1.5 T records/year": 1.5e12 / 31_536_000,
    "100 M records/month": 1e8 / 2_628_000,
    "50000 eps": 50_000.0,
    "50k eps": 50_000.0,
    "50 keps": 50_000.0,
    "120 000 msgs/s": 120_000.0,
    "120_000 Records/Second": 120_000.0,
}
SIZES = {
    "1 B": 1.0,
    "900 B": 900.0,
    "900 bytes": 900.0,
    "1 byte": 1.0,
    "1 kB": 1000.0,
    "1 KB": 1000.0,
    "1 KiB": 1024.0,
    "1 MB": 1e6,
    "1 MiB": 1_048_576.0,
    "1 GiB": 1_073_741_824.0,
    "1 TiB": 1_099_511_627_776.0,
}
DURATIONS = {
    "90 s": 90.0,
    "250 ms": 0.25,
    "2 min": 120.0,
    "36 h": 129_600.0,
    "36 hours": 129_600.0,
    "1 hr": 3600.0,
    "7 d": 604_800.0,
    "7 days": 604_800.0,
    "1 week": 604_800.0,
    "1 y": 31_536_000.0,
    "2 years": 63_072_000.0,
    "1 month": 2_628_000.0,
    "6 months": 15_768_000.0,
    "P7D": 604_800.0,
    "PT8H": 28_800.0,
    "PT90S": 90.0,
    "PT0.5S": 0.5,
    "P1W": 604_800.0,
    "P1M": 2_628_000.0,
    "P1Y": 31_536_000.0,
    "P1DT12H30M": 131_400.0,
}
ACCEPTED = [
    (kind, text, value)
    for kind, table in (("rate", RATES), ("record rate", RECORD_RATES), ("size", SIZES), ("duration", DURATIONS))
    for text, value in table.items()
]


@pytest.mark.parametrize(("kind", "text", "value"), ACCEPTED, ids=[f"{k}: {t}" for k, t, _ in ACCEPTED])
def test_accepted(kind: str, text: str, value: float) -> None:
    assert parse(text, kind, "field") == pytest.approx(value, rel=1e-15)


REFUSED = [
    ("rate", ""),
    ("rate", "   "),
    ("rate", "fast"),
    ("rate", "MB/s"),
    ("rate", "250"),  # a unit would be a guess
    ("rate", 250),
    ("rate", 250.0),
    ("rate", None),
    ("rate", True),
    ("rate", ["250 MB/s"]),
    ("rate", "5 MB"),  # a size
    ("rate", "5 s"),
    ("rate", "5 records/s"),
    ("rate", "5 MB/s/s"),
    ("rate", "5 GB/hour/s"),
    ("rate", "5 MB²/s"),  # no rate, whatever became of the exponent
    ("rate", "5 MB/s²"),
    ("rate", "nan MB/s"),
    ("rate", "inf MB/s"),
    ("rate", "-inf MB/s"),
    ("rate", "1e999 MB/s"),
    ("rate", "1e308 TB/s"),  # finite as written, not in bytes/s
    ("rate", "5 m/s"),  # metres, milli or mega?
    ("rate", "10 mb/s"),  # millibits, megabits or megabytes?
    ("rate", "10 mB/s"),
    ("rate", "10 MB/S"),
    ("rate", "10 MBPS"),
    ("rate", "10 MBs"),
    ("rate", "10 MB/2s"),
    ("rate", "10 MB/s,"),
    ("rate", "10 {MB/s}"),
    ("rate", "10 MB//s"),
    ("rate", "10 MB/s."),
    ("rate", "(10 MB/s)"),
    ("rate", "10 MB/s/"),
    ("rate", "~10 MB/s"),
    ("rate", "10 MB;s"),
    ("rate", "10\u200b MB/s"),  # marks of no width
    ("rate", "10 MB\u200d/s"),
    ("rate", "\ufeff10 MB/s"),
    ("rate", "10 MB/s\u2060"),
    ("rate", "\u0661\u0660 MB/s"),  # digits of another script
    ("rate", "10 \uff2d\uff22/s"),  # letters of full width
    ("rate", "10 MB\u2215s"),  # a division slash
    ("rate", "1 0000 MB/s"),
    ("rate", "1 000 00 MB/s"),
    ("rate", "1_00 MB/s"),
    ("rate", "1__000 MB/s"),
    ("rate", "1,000 000 MB/s"),  # two marks of thousands
    ("rate", "1.000,5 MB/s"),
    ("rate", "10 20 MB/s"),
    ("rate", "5 k B/s"),
    ("rate", "10 " + "M" * 20_000 + "B/s"),
    ("rate", "1" * 20_000 + " B/s"),
    ("rate", "0x10 B/s"),
    ("rate", "1.2.3 MB/s"),
    ("rate", "1e B/s"),
    ("rate", "10 %"),
    ("rate", "1,5 MB/s"),  # a decimal comma: 1.5 or 15? A tenfold error either way
    ("rate", "1,50 MB/s"),
    ("rate", "12,34 MB/s"),
    ("record rate", "5 records"),
    ("record rate", "5 MB/s"),
    ("record rate", "5 /s"),
    ("record rate", "5 Hz"),
    ("record rate", "5 m records/s"),  # milli or million?
    ("record rate", "1B events/day"),  # billions or bytes?
    ("record rate", "5 kb records/s"),
    ("record rate", "5 k k records/s"),
    ("record rate", "5 eps/s"),
    ("record rate", "million records/s"),
    ("size", "MB"),
    ("size", "1"),
    ("size", "5 MB/s"),
    ("size", "5 K"),
    ("size", "5 records"),
    ("size", "1kb"),  # sizes are never in bits
    ("size", "8 bits"),
    ("size", "8 kbit"),
    ("size", "1 Mb"),
    ("size", "1 Kibit"),
    ("duration", "7"),
    ("duration", "7 D"),
    ("duration", "7 M"),
    ("duration", "7 B"),
    ("duration", "forever"),
    ("duration", "P"),
    ("duration", "PT"),
    ("duration", "P7"),
    ("duration", "P1DT"),
    ("duration", "p7d"),
    ("duration", "-P7D"),
    ("duration", "P1.5DT2H"),  # only the last part may have a fraction
    ("duration", "PT8H30"),
    ("duration", "PT1S1H"),
]


@pytest.mark.parametrize(("kind", "value"), REFUSED, ids=[f"{k}: {v!r}" for k, v in REFUSED])
def test_refused_with_the_field_and_an_example(kind: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        parse(value, kind, "the field")
    assert str(caught.value).startswith("the field: ")
    example = {"rate": "250 MB/s", "record rate": "records/s", "size": "1 KiB", "duration": "7 d"}[kind]
    assert example in caught.value.allowed
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(("kind", "value"), REFUSED, ids=[f"{k}: {v!r}"[:40] for k, v in REFUSED])
def test_no_message_is_longer_than_a_few_lines(kind: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        parse(value, kind, "the field")
    assert len(str(caught.value)) < 500 and str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("value", "meant"),
    [("1kb", "1 kB or 1 KiB"), ("1.5 Mb", "1.5 MB or 1.5 MiB"), ("2 Kibit", "2 KiB"), ("8 bits", "8 B")],
)
def test_a_size_in_bits_is_refused_with_what_is_meant(value: str, meant: str) -> None:
    """Read as bits, a message of 1kb has 125 bytes, an eighth of what its author meant."""
    with pytest.raises(InputError, match=f"in bits, and sizes are in bytes: is {meant} meant"):
        parse(value, "size", "message")


@given(st.integers(1, 10**12))
def test_thousands_may_be_parted(number: int) -> None:
    for mark in (",", "_", " ", "\u2009", "\u202f", "\u00a0", "'"):
        assert parse(f"{number:,} B/s".replace(",", mark), "rate", "x") == float(number)


@given(st.floats(1.0, 9e17))
def test_what_is_shown_of_record_rates_is_read_again(value: float) -> None:
    shown = human(value, "records/s")
    assert parse(shown, "record rate", "x") == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize("field", ["fan_out", "peak_ratio", "compression_ratio"])
def test_a_decimal_comma_is_refused_without_a_unit_as_well(field: str) -> None:
    """Read as a separator of thousands, 1,5 readers would be 15."""
    assert getattr(Workload(write="1 MB/s", **{field: "1.5"}), field).likely == 1.5
    with pytest.raises(InputError, match=field):
        Workload(write="1 MB/s", **{field: "1,5"})


def test_a_missing_unit_is_said() -> None:
    with pytest.raises(InputError, match="the unit is missing"):
        parse("250", "rate", "write")
    with pytest.raises(InputError, match="the unit is missing"):
        parse(250, "rate", "write")


@given(st.floats(1e-3, 1e15, allow_nan=False))
def test_prefixes_are_powers_of_ten_and_of_two(number: float) -> None:
    written = repr(number)
    for power, (decimal, binary) in enumerate(zip("kMGTP", ("Ki", "Mi", "Gi", "Ti", "Pi"), strict=True), start=1):
        assert parse(f"{written} {decimal}B", "size", "x") == pytest.approx(number * 1000.0**power, rel=1e-12)
        assert parse(f"{written} {binary}B", "size", "x") == pytest.approx(number * 1024.0**power, rel=1e-12)


@given(st.floats(1e-3, 1e12, allow_nan=False), st.sampled_from(["B/s", "MB/s", "MiB/s", "Gbit/s", "TB/day"]))
def test_twice_the_number_is_twice_the_rate(number: float, unit: str) -> None:
    one = parse(f"{number!r} {unit}", "rate", "x")
    assert parse(f"{2 * number!r} {unit}", "rate", "x") == pytest.approx(2 * one, rel=1e-15)
    assert math.isfinite(one) and one > 0


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.0, "bytes", "1 B"),
        (999.0, "bytes", "999 B"),
        (1e3, "bytes", "1 kB"),
        (1e6, "bytes", "1 MB"),
        (2.5e12, "bytes", "2.5 TB"),
        (3e15, "bytes", "3 PB"),
        (250e6, "bytes/s", "250 MB/s"),
        (1.25e9, "bytes/s", "1.25 GB/s"),
        (0.0, "bytes/s", "0 B/s"),
        (-2e6, "bytes/s", "-2 MB/s"),
        (60.0, "seconds", "1 min"),
        (90.0, "seconds", "1.5 min"),
        (3600.0, "seconds", "1 h"),
        (86_400.0, "seconds", "1 d"),
        (604_800.0, "seconds", "7 d"),
        (0.5, "seconds", "0.5 s"),
        (500.0, "records/s", "500 records/s"),
        (1.5e6, "records/s", "1.5 M records/s"),
        (3.0, "brokers", "3 brokers"),
        (12_345.0, "partitions", "12,345 partitions"),
        (0.75, "", "0.75"),
        (math.inf, "brokers", "inf brokers"),
    ],
)
def test_human(value: float, unit: str, text: str) -> None:
    assert human(value, unit) == text


@given(st.floats(1.0, 9.98e17), st.sampled_from(["bytes", "bytes/s", "seconds", "records/s"]))
def test_human_is_within_half_a_percent(value: float, unit: str) -> None:
    number, *words = human(value, unit).replace(",", "").split()
    scale = {
        "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
        "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0,
        "records": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    }[words[0].split("/")[0]]  # fmt: skip
    assert float(number) * scale == pytest.approx(value, rel=0.0051)
