"""Why a prediction of brokers misses, in sentences built from its numbers."""

from __future__ import annotations

import numpy as np

from streamfacts.units import DAY
from streamplan.analyses.accuracy.predicted_deployment import FEWER, INSIDE, MORE, Predicted

#: Names of inputs for a sentence.
WORDS = {
    "model.cpu": "CPU a byte beside the model's",
    "replication_factor": "the number of copies",
    "network_gbps": "the network card",
    "disk_tb": "the size of the disks",
    "memory_gib": "memory",
    "hard_disk_mb_s": "the rate of a hard disk",
    "disks": "the number of disks",
    "vcpu": "the number of cores",
    "message": "the size of records",
    "peak_ratio": "peak over mean",
    "fan_out": "the fan-out",
    "write": "bytes written",
    "partitions": "partitions",
    "retention": "retention",
    "machine": "the machine",
    "disk_fill": "how full the disks may be",
}
#: Units of inputs for a sentence, and what one is in the input's own unit.
SHOWN = {
    "network_gbps": ("Gbit/s", 1.0),
    "disk_tb": ("TB", 1.0),
    "retention": ("days", DAY),
    "message": ("bytes", 1.0),
    "write": ("MB/s", 1e6),
    "vcpu": ("vCPU", 1.0),
}
#: A draw counts as giving the actual number within this factor.
NEAR = 1.2


def reason_of(p: Predicted) -> str:
    """Return why the actual number differs, or what the prediction rests on where it does not.

    Parameters
    ----------
    p : one prediction with its draws
    """
    name, share = p.binding
    parts = [f"{name} sets the count in {share:.0%} of the draws"]
    if p.verdict == INSIDE:
        parts += _rests_on(p)
    if p.verdict == MORE:
        parts += _what_would_do(p)
    if p.verdict == FEWER:
        parts = _too_many(p)
    return "; ".join(parts)


def _too_many(p: Predicted) -> list[str]:
    """How empty the brokers that are there would be."""
    there, (what, used, may) = p.case.brokers, p.fullest
    replicas = "" if p.replicas_each is None else f" and {p.replicas_each:,.0f} partition replicas"
    out = [
        f"there are {p.ratio:.1f} times as many as the load needs: on {there:,} brokers the fullest resource, {what},"
        f" is {used:.0%} used where {may:.0%} may be",
        f"each takes {p.write_each_mb_s:.2g} MB/s of writes with copies{replicas}",
    ]
    if p.clusters > 1:
        mean, need = there / p.clusters, p.range[1] / p.clusters
        out.append(f"{p.clusters} clusters of {mean:,.0f} on average, where equal ones need {need:,.0f}")
    if p.holds_s is not None:
        kept = np.median(p.inputs.get("retention", p.case.workload.retention.likely)) / DAY
        out.append(f"the disks hold {p.holds_s / DAY:,.0f} days where {kept:,.2g} are kept")
    return out


def _rests_on(p: Predicted) -> list[str]:
    if not p.hangs_on:
        return ["nothing that is unknown moves it"]
    names = " and ".join(WORDS.get(name, name) for name, _ in p.hangs_on[:2])
    most = f"{p.range[2]:,.0f} brokers" if np.isfinite(p.range[2]) else "none that would do, a replica being too large"
    return [f"the prediction hangs on {names}: from {p.range[0]:,.0f} to {most}"]


def _what_would_do(p: Predicted) -> list[str]:
    """What the draws that give the actual number have in common."""
    near = np.abs(np.log(p.units / p.case.brokers)) <= np.log(NEAR)
    out = [f"{float((p.units <= p.case.brokers).mean()):.1%} of the draws need no more than are there"]
    for name, _ in p.hangs_on[:1]:
        if near.mean() >= 0.01:
            unit, one = SHOWN.get(name, ("", 1.0))
            here, usual = (float(np.median(v)) / one for v in (p.inputs[name][near], p.inputs[name]))
            out.append(
                f"those near the actual count have {WORDS.get(name, name)} at {here:.3g} {unit}".rstrip()
                + f" (median of all draws {usual:.3g})"
            )
        else:
            out.append(f"it hangs most on {WORDS.get(name, name)}")
    return out


__all__ = ["reason_of"]
