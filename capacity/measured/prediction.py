"""Prediction: the most payload a given cluster takes in, what stops it, how sure that is, and how busy it is at a load.

The law is `laws.ceilings`; the uncertainty that of the fitted coefficients, of how test beds differ from each other and
of measurements within one, widened so that held-back measurements fell within as often as the interval says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.laws.coefficients import Coefficients, fitted
from capacity.measured.ceilings import Ceiling, ceilings, departing, joint
from capacity.measured.cluster import Cluster
from capacity.measured.latency import Latency, publish_p99
from streamfacts.arrays import Array
from streamfacts.errors import InputError

#: Draws of the coefficients behind an interval.
DRAWS = 2000
SEED = 20_210_401
#: Standard deviation of the logarithm of a machine size that is not told.
UNKNOWN_VCPU_SD = 0.7
#: The same of the number of producers that write to a partition.
UNKNOWN_PRODUCERS_SD = 0.7


@dataclass(frozen=True)
class Prediction:
    """Ceilings of clusters, arrays of shape (clusters,) in MB/s of 10^6 bytes of payload into the whole cluster.

    `limit_mb_s` is the median, `low_mb_s` and `high_mb_s` the ends of the interval that holds `confidence` of the
    cases, `ceilings` each resource alone, `bottleneck` the name of the lowest.
    """

    cluster: Cluster
    limit_mb_s: Array
    low_mb_s: Array
    high_mb_s: Array
    confidence: float
    ceilings: dict[str, Array]
    bottleneck: NDArray[np.str_]
    measured_bed: NDArray[np.bool_]
    coefficients: Coefficients = field(repr=False)
    seed: int

    def __len__(self) -> int:
        return len(self.limit_mb_s)

    @property
    def assumed(self) -> tuple[tuple[str, ...], ...]:
        """What was filled in, by cluster."""
        return self.cluster.assumed

    def utilisation(self, load_mb_s: Any = None) -> dict[str, Array]:
        """Return resource to its use at a load [1]: the load over the resource's own ceiling.

        Parameters
        ----------
        load_mb_s : payload into the cluster [MB/s]; the cluster's own `load_mb_s` if left out

        Raises
        ------
        InputError
            if there is no load, or one below zero.
        """
        load = np.broadcast_to(
            np.asarray(self.cluster.load_mb_s if load_mb_s is None else load_mb_s, float), self.limit_mb_s.shape
        )
        if not (np.isfinite(load) & (load >= 0)).all():
            raise InputError("load_mb_s", load_mb_s, "a rate of 0 MB/s or more for every cluster")
        return {name: load / ceiling for name, ceiling in self.ceilings.items()}

    @cached_property
    def latency(self) -> Latency:
        """Publish latency at the clusters' `load_mb_s`, where the measurements reach."""
        draws = limit_draws(self.cluster, self.coefficients, self.seed, scatter=False)
        return publish_p99(self.cluster, self.limit_mb_s * draws)

    def notes(self, position: int = 0) -> list[str]:
        """Return in words what a reader of one cluster's prediction should know."""
        out = [f"assumed {text}" for text in self.assumed[position]]
        c = self.cluster
        if not self.measured_bed[position]:
            out.append(
                "no measurement of this test bed went into the coefficients: the interval is that of a new source"
            )
        for name, low, high in OUTSIDE:
            value = float(getattr(c, name)[position])
            if np.isfinite(value) and not low <= value <= high:
                out.append(f"{name} {value:g} lies outside the measurements, {low:g} to {high:g}")
        return out


#: Fields with the least and the most that the measurements cover.
OUTSIDE = (
    ("nodes", 1, 8),
    ("vcpu", 1, 40),
    ("partitions", 1, 10_000),
    ("replication", 1, 3),
    ("message_bytes", 1, 512_000),
    ("batch_bytes", 550, 1_048_576),
    ("fan_out", 0, 10),
)


def predict(
    clusters: Cluster | Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any,
    coefficients: Coefficients | None = None,
    confidence: float = 0.9,
    seed: int = SEED,
) -> Prediction:
    """Return the predicted ingress limit of one cluster or many.

    Parameters
    ----------
    clusters : a `Cluster`, a mapping with the columns of `data/evidence/evidence.csv`, a list of them, or a DataFrame
    coefficients : those of `data/calibration/`, or a posterior of your own measurements
    confidence : share of the cases that the interval is to hold [1], 0.5 to 0.99
    seed : of the draws behind the interval

    Returns
    -------
    limits, intervals, ceilings and bottlenecks, of shape (clusters,)

    Raises
    ------
    InputError, InputErrors
        for a field that is unknown or out of its range, and a system that no law covers.

    Examples
    --------
    >>> cluster = {"system": "Kafka", "nodes": 3, "instance_type": "i3en.2xlarge", "disk_mb_s_per_node": 655,
    ...            "partitions": 100, "message_bytes": 1024, "batch_bytes": 1048576, "consumers_fanout": 10}
    >>> predict(cluster).bottleneck.tolist()
    ['network']
    """
    if not 0.5 <= confidence <= 0.99:
        raise InputError("confidence", confidence, "a share from 0.5 to 0.99")
    cluster = clusters if isinstance(clusters, Cluster) else Cluster.of(clusters)
    held = coefficients or fitted()
    beds = [str(name) for name in cluster.test_bed]
    known = np.array([bed in held.departs for bed in beds])
    own = departing(ceilings(cluster, held.point), *(_departure(d, beds, 0.0)[0] for d in _both(held)))
    limit = joint(own)
    lower, upper = spread(cluster, held, confidence, seed)
    return Prediction(
        cluster=cluster,
        limit_mb_s=limit,
        low_mb_s=limit * lower,
        high_mb_s=limit * upper,
        confidence=confidence,
        ceilings=own,
        bottleneck=name_bottleneck(cluster, own),
        measured_bed=known,
        coefficients=held,
        seed=seed,
    )


def _both(held: Coefficients) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    return held.departs, held.client_departs


def _departure(known: Mapping[str, tuple[float, float]], beds: Sequence[str], sd: float) -> tuple[Array, Array]:
    """Return mean and standard deviation of the log factor of test beds; that of all where one is not known."""
    found = np.array([known.get(bed, (0.0, sd**2)) for bed in beds])
    return found[:, 0], np.sqrt(found[:, 1])


def spread(cluster: Cluster, held: Coefficients, confidence: float, seed: int = SEED) -> tuple[Array, Array]:
    """Return the ends of the interval over the median [1], each of shape (clusters,)."""
    tail = (1.0 - confidence) / 2
    low, high = np.quantile(limit_draws(cluster, held, seed), [tail, 1.0 - tail], axis=0)
    return low, high


def limit_draws(cluster: Cluster, held: Coefficients, seed: int = SEED, scatter: bool = True) -> Array:
    """Return draws of the limit over its median [1], shape (draws, clusters), as wide as held-back rows demand.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    held : coefficients with their covariance, and what is known of each test bed
    seed : the same gives the same
    scatter : whether measurements of one and the same limit scatter, as an interval of a measurement must allow for
    """
    random = np.random.default_rng(seed)
    c = held.of_normals(random.standard_normal((DRAWS, len(held.names))))
    normal = random.standard_normal((DRAWS, 5, 1))
    names = [str(name) for name in cluster.test_bed]
    (middle, sd), (client, client_sd) = (
        _departure(held.departs, names, held.departure_sd),
        _departure(held.client_departs, names, held.client_departure_sd),
    )
    size = np.where(cluster.vcpu_known, 0.0, UNKNOWN_VCPU_SD)
    varied = replace(
        cluster,
        vcpu=cluster.vcpu * np.exp(size * normal[:, 2]),
        producers_assumed=cluster.producers_assumed * np.exp(UNKNOWN_PRODUCERS_SD * normal[:, 4]),
    )
    apart = departing(ceilings(varied, c), middle + sd * normal[:, 0], client + client_sd * normal[:, 3])
    drawn = np.log(joint(apart)) + scatter * held.noise_sd * normal[:, 1]
    known = np.array([str(name) in held.departs for name in cluster.test_bed])
    widen = np.where(known, held.widen_known, held.widen)
    return np.asarray(np.exp(widen * (drawn - np.median(drawn, axis=0))))


def name_bottleneck(cluster: Cluster, found: Mapping[str, Array]) -> NDArray[np.str_]:
    """Return the lowest ceiling's name by cluster, as a reader would say it: "TLS CPU", "single partition"."""
    kinds = list(found)
    lowest = np.stack(list(found.values())).argmin(axis=0)
    said = np.array(kinds, dtype="U24")[lowest]
    for kind, alone, words in (
        (Ceiling.CPU, cluster.tls, "TLS CPU"),
        (Ceiling.PARTITIONS, cluster.partitions == 1, "single partition"),
        (Ceiling.PRODUCERS, cluster.producers == 1, "single producer"),
    ):
        said = np.where((lowest == kinds.index(kind)) & alone, words, said)
    return np.asarray(said)
