"""Figures of a plan: bytes by path, network paths, utilisation of constraints."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from capacity import Demand, Workload
from capacity.sizing.offer import Copies
from streamfacts.units import largest
from streamfacts.words import money
from streamplan.analyses.size.path_costs import Flow, PathCosts, path_costs
from streamplan.planning.plan import Plan
from streamplan.views.theme import BLUE, INK, MUTED, STATE_COLOURS, STATE_SHAPES, VERMILION, WIDTH, data_of


def bytes_by_path(workload: Workload, *, follower_fetch: bool = True) -> alt.LayerChart | alt.FacetChart:
    """Return bars of average MB/s by path on a replicated log, the part that crosses a zone border apart."""
    d = Demand.of(workload)
    p = d.paths(follower_fetch=follower_fetch)
    rows = [
        ("produce", p.produce, p.produce_cross_zone),
        ("replicate", p.replicate, p.replicate_cross_zone),
        ("consume", p.consume, p.consume_cross_zone),
    ]
    within, across = "within a zone", "across zones"
    data = pd.DataFrame(
        [
            {"path": name, "where": where, "mb_s": float(value) / 1e6, "rank": rank}
            for name, total, cross in rows
            for rank, (where, value) in enumerate(((within, total - cross), (across, cross)))
        ]
    )
    totals = pd.DataFrame(
        [{"path": n, "mb_s": float(t) / 1e6, "label": f"{float(t) / 1e6:,.0f} MB/s"} for n, t, _ in rows]
    )
    y = alt.Y("path:N", sort=[n for n, *_ in rows], title=None)
    bars = (
        alt.Chart(data_of(data))
        .mark_bar(size=20)
        .encode(
            y=y,
            x=alt.X("mb_s:Q", title="MB/s (10^6 bytes a second), average", axis=alt.Axis(tickCount=8)),
            color=alt.Color("where:N", title=None, scale=alt.Scale(domain=[within, across], range=[BLUE, VERMILION])),
            order=alt.Order("rank:Q"),
            tooltip=[alt.Tooltip("path:N"), alt.Tooltip("where:N"), alt.Tooltip("mb_s:Q", format=",.1f", title="MB/s")],
        )
    )
    text = (
        alt.Chart(data_of(totals))
        .mark_text(align="left", dx=5, color=INK, fontSize=11)
        .encode(y=y, x=alt.X("mb_s:Q"), text=alt.Text("label:N"))
    )
    reads = "consumers read in their own zone" if follower_fetch else "consumers read from leaders"
    return alt.layer(
        bars,
        text,
        width=WIDTH - 120,
        height=alt.Step(30),
        title=alt.Title(
            "Bytes by path on a replicated log",
            subtitle=f"{workload.replication_factor} copies over {workload.zones} zones; {reads}",
        ),
    )


#: Height with other regions above the brokers, and how much of it is left out without them.
HEIGHT, REGION_HEIGHT = 300, 115
LINE_HEIGHT = 13
#: Half the width and height of a node.
HALF_WIDTH, HALF_HEIGHT = 72, 22
PRODUCERS, BROKERS, CONSUMERS = (HALF_WIDTH, 165), (330, 165), (WIDTH + 40 - HALF_WIDTH, 165)
COPIES, REMOTE, REGION = (190, 275), (470, 275), (330, 40)


def network_paths_of(plan: Plan) -> alt.LayerChart | alt.FacetChart:
    """Return the diagram of a plan's network: producers, brokers, copies, consumers, remote tier, other regions.

    Every arrow has its average MB/s and its USD a month; the red ones cross a zone border with a part of their bytes.
    """
    costs = path_costs(plan)
    nodes, edges = _layout(costs)
    inside = ["MB/s", "across", "USD"]
    lines = edges.drop(columns=inside)
    scale_x = alt.Scale(domain=[0, WIDTH + 40], nice=False)
    top = 0 if costs["cross_region"].bytes_s else REGION_HEIGHT
    scale_y = alt.Scale(domain=[HEIGHT, top], nice=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale_x, axis=None)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=scale_y, axis=None)

    tooltip = [
        alt.Tooltip("path:N"),
        alt.Tooltip("rate:N", title="average"),
        alt.Tooltip("crossing:N", title="across zones"),
        alt.Tooltip("cost:N", title="a month"),
        alt.Tooltip("meters:N", title="billed on"),
        alt.Tooltip("source:N", title="prices from"),
    ]
    colour = alt.Color(
        "where:N",
        title=None,
        scale=alt.Scale(domain=["within a zone", "partly across zones"], range=[BLUE, VERMILION]),
    )
    arrows = alt.Chart(data_of(lines))
    shafts = arrows.mark_rule().encode(
        x=x("x"),
        y=y("y"),
        x2=alt.X2("x2:Q"),
        y2=alt.Y2("y2:Q"),
        color=colour,
        strokeWidth=alt.StrokeWidth("width:Q", scale=None),
        tooltip=tooltip,
    )
    heads = arrows.mark_point(shape="triangle", filled=True, size=130, opacity=1).encode(
        x=x("x2"), y=y("y2"), angle=alt.Angle("angle:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360])), color=colour
    )
    labels = [
        arrows.transform_filter(alt.datum.align == align)
        .mark_text(align=align, fontSize=11, color=INK, lineBreak="\n", baseline="middle")
        .encode(x=x("label_x"), y=y("label_y"), text=alt.Text("label:N"), tooltip=tooltip)
        for align in ("center", "left", "right")
    ]
    boxes = alt.Chart(data_of(nodes))
    frames = boxes.mark_rect(fill="white", stroke=MUTED, strokeWidth=1.2, cornerRadius=4).encode(
        x=x("left"), x2=alt.X2("right:Q"), y=y("top"), y2=alt.Y2("bottom:Q")
    )
    names = boxes.mark_text(fontSize=11, color=INK, lineBreak="\n", baseline="middle", align="center").encode(
        x=x("x"), y=y("label_y"), text=alt.Text("label:N")
    )
    subtitle = "average rates, 1 MB = 10^6 bytes, and USD a month"
    if costs.between_zones_usd:
        subtitle += f"; {money(costs.between_zones_usd)} USD between zones belong to no one path"
    return alt.layer(shafts, heads, *labels, frames, names).properties(
        width=WIDTH + 40,
        height=HEIGHT - top,
        title=alt.Title(f"{plan.offer.title}: where the bytes go", subtitle=subtitle),
    )


def _layout(costs: PathCosts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and arrows with their places, in pixels from the upper left."""
    plan = costs.plan
    remote = costs["tier_upload"].meters or costs.remote_usd
    kept = plan.offer.copies_on is Copies.NODES
    brokers, copies = _machines(plan)
    nodes = [_node(PRODUCERS, "producers"), _node(BROKERS, brokers), _node(CONSUMERS, "consumers")]
    edges = [
        _edge(costs["produce"], PRODUCERS, BROKERS, "center"),
        _edge(costs["consume"], BROKERS, CONSUMERS, "center"),
    ]
    if kept and costs["replicate"].bytes_s:
        nodes.append(_node(COPIES, copies))
        edges.append(_edge(costs["replicate"], BROKERS, COPIES, "right"))
    if remote:
        label = f"object store\n{money(costs.remote_usd)} USD a month"
        nodes.append(_node(REMOTE, label))
        edges.append(_edge(costs["tier_upload"], BROKERS, REMOTE, "left", back=costs["tier_download"]))
    if costs["cross_region"].bytes_s:
        nodes.append(_node(REGION, "other regions"))
        edges.append(_edge(costs["cross_region"], BROKERS, REGION, "left"))
    return pd.DataFrame(nodes), pd.DataFrame(edges)


def _machines(plan: Plan) -> tuple[str, str]:
    """What the brokers are, and what holds the other copies."""
    if not plan.sizing.pools:
        what = plan.what.replace("clusters of ", "clusters of\n").replace(", ", "\n", 1)
        return what if "\n" in what else f"{plan.sizing.unit}s\n{what}", "followers"
    kind, units = next(iter(plan.sizing.pools.items()))
    machines = [*plan.offer.machines(plan.configuration), ""]
    clusters = f", {plan.clusters} clusters" if plan.clusters > 1 else ""
    brokers = f"{largest(plan.sizing.units):,.0f} {plan.sizing.unit}s{clusters}\n{machines[0]}"
    return brokers, f"{largest(units):,.0f} {kind}s{clusters}\n{machines[1]}"


def _node(at: tuple[int, int], label: str) -> dict[str, object]:
    x, y = at
    return {
        "x": x, "y": y, "left": x - HALF_WIDTH, "right": x + HALF_WIDTH, "top": y - HALF_HEIGHT,
        "bottom": y + HALF_HEIGHT, "label": label, "label_y": y - LINE_HEIGHT / 2 * label.count("\n"),
    }  # fmt: skip


def _edge(
    flow: Flow, start: tuple[int, int], end: tuple[int, int], align: str, back: Flow | None = None
) -> dict[str, object]:
    (x, y), (x2, y2) = _border(start, end), _border(end, start)
    rate = f"{flow.bytes_s / 1e6:,.4g} MB/s"
    cost = "not billed" if not flow.meters else "price missing" if np.isnan(flow.usd) else f"{money(flow.usd)} USD"
    if back is not None and back.meters:
        cost = f"{cost} to write\n{money(back.usd)} USD to read"
    across = flow.cross_zone_bytes_s > 0
    middle_x, middle_y = (x + x2) / 2, (y + y2) / 2 - LINE_HEIGHT / 2 * cost.count("\n")
    shift = {"center": (0, -28), "left": (26, -12), "right": (-26, -12)}[align]
    return {
        "path": flow.path.replace("_", " "),
        "x": x, "y": y, "x2": x2, "y2": y2,
        "angle": float(np.degrees(np.arctan2(y2 - y, x2 - x)) + 90.0) % 360.0,
        "width": 2.0 + 2.0 * np.log10(1.0 + flow.bytes_s / 1e6),
        "label": f"{rate}\n{cost}", "label_x": middle_x + shift[0], "label_y": middle_y + shift[1], "align": align,
        "where": "partly across zones" if across else "within a zone",
        "rate": rate, "crossing": f"{flow.cross_zone_bytes_s / 1e6:,.4g} MB/s", "cost": cost,
        "meters": ", ".join(flow.meters) or "nothing", "source": "; ".join(flow.sources)[:200],
        "MB/s": flow.bytes_s / 1e6, "across": flow.cross_zone_bytes_s / 1e6, "USD": flow.usd,
    }  # fmt: skip


def _border(node: tuple[int, int], towards: tuple[int, int]) -> tuple[float, float]:
    """Where the line from the middle of a node to another leaves its box, with a small gap."""
    dx, dy = towards[0] - node[0], towards[1] - node[1]
    gap = 8
    scale = min(
        (HALF_WIDTH + gap) / abs(dx) if dx else np.inf,
        (HALF_HEIGHT + gap) / abs(dy) if dy else np.inf,
    )
    return node[0] + dx * scale, node[1] + dy * scale


def utilisation_of_constraints(plan: Plan) -> alt.LayerChart | alt.FacetChart:
    """Return a dot for each constraint and state [share of capacity], its ceiling, and a mark on the binding one."""
    table = plan.sizing.constraint_table()
    table["label"] = table["constraint"]
    table["binds"] = table.index == int(plan.sizing.bound_by)
    table["source"] = table["source"].str.slice(0, 200)
    table["of_ceiling"] = table["utilisation"] / table["use_up_to"]
    order = table.groupby("label")["of_ceiling"].max().sort_values(ascending=False).index.tolist()
    present = [s for s in STATE_COLOURS if s in set(table["state"])]
    top = max(1.0, float(table["utilisation"].max()) * 1.05)
    y = alt.Y("label:N", sort=order, title=None)
    x = alt.X(
        "utilisation:Q", title="used of capacity [%]", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, top])
    )
    color = alt.Color(
        "state:N",
        title="state",
        scale=alt.Scale(domain=present, range=[STATE_COLOURS[s] for s in present]),
        legend=alt.Legend(columns=4),
    )
    tooltip = [
        alt.Tooltip("constraint:N"),
        alt.Tooltip("state:N"),
        alt.Tooltip("utilisation:Q", format=".1%", title="used"),
        alt.Tooltip("use_up_to:Q", format=".0%", title="used up to"),
        alt.Tooltip("of_ceiling:Q", format=".1%", title="used of that"),
        alt.Tooltip("formula:N", title="demand"),
        alt.Tooltip("source:N"),
    ]
    base = alt.Chart(data_of(table))
    ceilings = base.mark_tick(color=MUTED, thickness=2, size=16).encode(
        y=y, x=alt.X("use_up_to:Q", scale=alt.Scale(domain=[0, top]))
    )
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=y,
        x=x,
        color=color,
        shape=alt.Shape(
            "state:N",
            title="state",
            scale=alt.Scale(domain=present, range=[STATE_SHAPES[s] for s in present]),
        ),
        tooltip=tooltip,
    )
    bound = base.transform_filter("datum.binds")
    ring = bound.mark_point(size=260, color=VERMILION, strokeWidth=2).encode(y=y, x=x)
    text = bound.mark_text(align="left", dx=18, fontSize=11, fontWeight="bold").encode(
        y=y, x=x, text=alt.TextValue("binds")
    )
    halo = text.mark_text(align="left", dx=18, fontSize=11, fontWeight="bold", stroke="white", strokeWidth=4)
    return alt.layer(
        ceilings,
        dots,
        ring,
        halo,
        text,
        width=WIDTH - 160,
        height=alt.Step(24),
        title=alt.Title(
            f"{plan.offer.title}: {plan.what}",
            subtitle="grey marks: the share that may be used in a state; on top what is nearest to its mark",
        ),
    )
