"""What an operator should know of the size of a fleet before it is run, in sentences."""

from __future__ import annotations

import numpy as np

from streamfacts.tables import assumption
from streamfacts.units import GIB, human, largest
from streamplan.planning.planned import Planned
from streamplan.planning.soundness import sound


def fleet_warnings(plan: Planned) -> tuple[str, ...]:
    """Return sentences on clusters that are no longer one service, very many brokers, and machines too small.

    Parameters
    ----------
    plan : one that fits
    """
    if not plan.feasible:
        return ()
    sizing, said = plan.sizing, []
    most = float(assumption("clusters_of_one_service"))
    if plan.clusters > most:
        said.append(
            f"not one service: topics and clients must be split over {plan.clusters:,} separate clusters, streams or"
            " namespaces"
        )
    shown = np.isfinite(sizing.vcpu) and np.isfinite(sizing.disk_bytes)  # brokers that one sees, with their disks
    brokers = largest(sizing.units)
    enough = float(assumption("brokers_of_one_cluster"))
    if shown and brokers > enough:
        said.append(
            f"{brokers:,.0f} brokers are more than the {enough:g} or so that are easily run as one cluster: two of"
            f" {np.ceil(brokers / 2):,.0f} are an alternative"
        )
    if shown and not sound(sizing):
        memory = human(float(sizing.memory_gib) * GIB, "bytes")
        said.append(
            f"{brokers:,.0f} machines of {float(sizing.vcpu):g} vCPU and {memory} are small ones for so many, and"
            " larger ones do not fit, have no price here, or are not asked for"
        )
    return tuple(said)
