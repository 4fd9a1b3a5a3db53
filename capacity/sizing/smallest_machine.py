"""A wish that offers with machines share: none smaller than their operators would run."""

from __future__ import annotations

from typing import Any

from capacity.sizing.constraint import Limit
from capacity.sizing.offer import Context, Option

LEAST_VCPU = Option(
    "least_vcpu", 0.0, "leave out machines with fewer vCPU, for fewer and larger brokers; 0 for none", high=1024.0
)


def least_vcpu(context: Context, vcpu: Any) -> list[Limit]:
    """Return the wish as a limit, none if there is no wish.

    Parameters
    ----------
    vcpu : vCPU of a machine of each configuration, the fewest of its kinds [1]
    """
    least = float(context.options[LEAST_VCPU.name])
    if least == 0:
        return []
    wish = f"option {LEAST_VCPU.name}"
    return [Limit("vCPU of a machine", context.rows(vcpu), least, "vCPU", wish, at_least=True)]
