"""Other people's sizing rules, each a pure function over arrays with its source and its range of validity.

A rule is a file of this folder with `RULES`; the registry finds it. Its constants are rows of `data/model/rules.csv`. A
rule says what its author says and nothing more: what it does not state stays None, and a demand outside its published
range is flagged and never quietly extrapolated.

>>> from capacity import Demand, Workload
>>> w = Workload(write="100 MB/s", measured_at="broker", message="1 KiB", fan_out=3, retention="24 h", peak_ratio=1)
>>> float(find_rule("google-managed-kafka").apply(Demand.of(w)).vcpu)
43.0
"""

from capacity.rules.opinion import DiskSpace, Opinion, Outside, Traffic
from capacity.rules.rule import Rule, constant, find_rule, rules

__all__ = ["DiskSpace", "Opinion", "Outside", "Rule", "Traffic", "constant", "find_rule", "rules"]
