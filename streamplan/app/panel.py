"""The controls of `explore` as widgets of JupyterLab, beside the charts and the bill that follow them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from capacity import Workload
from pricing import PriceBook
from streamfacts.errors import StreamplanError
from streamplan.analyses.size.words import bill_lines
from streamplan.app.explore import Control, View, controls, view
from streamplan.views.html import Html, environment

#: Seconds without a movement after which everything is computed anew: movements that queue up meanwhile count as one.
REST = 0.05
#: A step of a logarithmic slider [decades].
STEP = 0.01
#: Bars of the cost chart.
BARS = 12


class Panel:
    """Sliders and what they show; `view` is what is seen now, `settings` what was moved, `widget` what to display."""

    def __init__(
        self,
        workload: Workload,
        settings: Mapping[str, float] | None = None,
        platform: str = "",
        *,
        book: PriceBook | None = None,
    ) -> None:
        import ipywidgets

        self.workload, self.book = workload, book or PriceBook.load()
        self.settings: dict[str, float] = dict(settings or {})
        self.view: View = view(workload, self.settings, platform, book=self.book)
        self._later: asyncio.TimerHandle | None = None
        self._sliders = {c.name: _slider(c, self.settings.get(c.name, c.start)) for c in controls(workload)}
        offers = [("the recommended one", ""), *((p.offer.title, p.offer.name) for p in self.view.study.plans)]
        self._platform = ipywidgets.Dropdown(options=offers, value=platform, description="look at")
        self._shown = ipywidgets.HTML(layout={"width": "100%"})
        for name, slider in self._sliders.items():
            slider.observe(lambda change, name=name: self._moved(name, change["new"]), "value")
        self._platform.observe(lambda change: self._ask(), "value")
        left = ipywidgets.VBox([*self._sliders.values(), self._platform], layout={"min_width": "26rem"})
        self.widget = ipywidgets.HBox([left, self._shown])
        self._show()

    def set(self, name: str, value: float) -> None:
        """Move a control, as a hand would.

        Raises
        ------
        KeyError
            if there is no such control.
        """
        self._sliders[name].value = value

    @property
    def html(self) -> str:
        """What is shown beside the controls."""
        return str(self._shown.value)

    def _moved(self, name: str, value: float) -> None:
        self.settings[name] = value
        self._ask()

    def _ask(self) -> None:
        if self._later is not None:
            self._later.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel: nothing will queue up
            self._compute()
        else:
            self._later = loop.call_later(REST, self._compute)

    def _compute(self) -> None:
        self._later = None
        try:
            self.view = view(self.workload, self.settings, self._platform.value, book=self.book)
        except StreamplanError as error:
            self._shown.value = environment().from_string("<p><b>{{ text }}</b></p>").render(text=str(error))
        else:
            self._show()

    def _show(self) -> None:
        from streamplan import charts
        from streamplan.runtime import drawing

        seen, best = self.view, self.view.study.recommended
        figures = (
            charts.cost_by_platform(seen.study, most=BARS),
            charts.cost_by_month(seen.months),
            charts.utilisation_of_constraints(seen.plan),
            charts.network_paths_of(seen.plan),
        )
        pictures = "".join(drawing.svg(figure.to_dict(validate=False)) for figure in figures)
        head = environment().get_template("explored.html.j2").render(best=best, plan=seen.plan)
        self._shown.value = Html(head + pictures + bill_lines(seen.plan))._repr_html_()


def _slider(control: Control, value: float) -> Any:
    import ipywidgets
    import numpy as np

    words = {
        "description": f"{control.label} [{control.unit}]",
        "tooltip": control.doc,
        "style": {"description_width": "10rem"},
        "layout": {"width": "25rem"},
        "value": value,
    }
    low, high = min(control.low, value), max(control.high, value)
    if control.logarithmic:
        least, at, most = np.log10([low, value, high])
        below = np.floor((at - least) / STEP)  # whole steps, so that the slider can stand where it starts
        return ipywidgets.FloatLogSlider(
            min=float(at - below * STEP), max=float(most), step=STEP, readout_format=".4g", **words
        )
    return ipywidgets.FloatSlider(min=low, max=high, step=control.step, readout_format=".3g", **words)
