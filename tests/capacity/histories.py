"""Histories that tests make: known growth, season, days and noise; one of them is the shipped example."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "histories" / "synthetic-daily.csv"
EXAMPLE_HEADER = (
    "# SYNTHETIC, made for this example: 40 MB/s growing by 35% a year, more in November and December,\n"
    "# less at weekends, with noise of the day (8%) and of the month (4%). No system was measured.\n"
)


def rows(start="2023-05-01", months=42, every="D", base=40e6, yearly=0.35, season=None, day=0.0, week=0.0, noise=0.0,
         monthly_noise=0.0, seed=0):  # fmt: skip
    """A frame of timestamp and bytes_s; `day` and `week` are shares by which the busiest part is above the mean."""
    random = np.random.default_rng(seed)
    end = pd.Timestamp(start) + pd.DateOffset(months=months)
    times = pd.date_range(start, end, freq=every, inclusive="left")
    elapsed = (times - times[0]).total_seconds() / (365.25 * 86400)
    rate = base * (1 + yearly) ** np.asarray(elapsed)
    if season:
        rate = rate * np.asarray([season.get(m, 1.0) for m in times.month])
    rate = rate * (1 + day * np.cos(2 * np.pi * (np.asarray(times.hour) - 15) / 24))
    rate = rate * np.where(np.asarray(times.day_of_week) < 5, 1 + week, 1 - week * 2.5)
    month = np.asarray(times.year * 12 + times.month)
    shocks = np.exp(monthly_noise * random.standard_normal(month.max() - month.min() + 1))
    rate = rate * shocks[month - month.min()] * np.exp(noise * random.standard_normal(len(times)))
    return pd.DataFrame({"timestamp": times.strftime("%Y-%m-%dT%H:%M:%SZ"), "bytes_s": rate})


def example():
    """The text of the shipped example."""
    frame = rows(season={11: 1.2, 12: 1.35, 1: 0.95}, week=0.08, noise=0.08, monthly_noise=0.04, seed=1)
    frame["timestamp"] = frame["timestamp"].str[:10]
    frame["bytes_s"] = frame["bytes_s"].round(-3).astype(int)
    return EXAMPLE_HEADER + frame.to_csv(index=False, lineterminator="\n")
