"""Forecasts: known growth is found, intervals are those of the state space and cover, draws follow them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from capacity import Demand, Workload
from capacity.demand.draws import draw_demand, uncertain_inputs
from capacity.workload.forecast import FACTORS, _ahead, _fit, factors, forecast, forecast_file
from capacity.workload.history import History
from streamfacts.errors import InputError
from streamplan.cli import main

_SPEC = importlib.util.spec_from_file_location("histories", Path(__file__).with_name("histories.py"))
histories = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(histories)


def months(n, yearly=0.35, noise=0.0, wander=0.0, season=None, seed=0):
    """A history of n months with a known law on the logarithmic scale."""
    random = np.random.default_rng(seed)
    logs = np.log(1 + yearly) * np.arange(n) / 12 + np.cumsum(wander * random.standard_normal(n))
    logs = logs + noise * random.standard_normal(n) + (0 if season is None else np.log(season)[np.arange(n) % 12])
    return History("made by a test", "2023-01", 40e6 * np.exp(logs), 0.0, n, 0, None)


@pytest.fixture(scope="module")
def example():
    return forecast_file(histories.EXAMPLE)


def test_growth_without_noise_goes_on():
    f = forecast(months(20, yearly=0.5, noise=1e-4))
    assert f.level[[11, 59]] == pytest.approx([1.5, 1.5**5], rel=0.01)
    assert not f.seasonal and f.spread[59] < 0.01


def test_a_season_is_found():
    season = np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.2, 1.5])
    f = forecast(months(48, yearly=0.0, noise=0.01, season=season))
    level = np.exp(f.median) / 40e6
    assert (
        f.seasonal and level[:12] == pytest.approx(season, rel=0.04) and level[12:24] == pytest.approx(season, rel=0.04)
    )


def test_the_example_grows_as_it_was_made(example):
    assert [example.yearly(year) for year in range(2, 6)] == pytest.approx([0.35] * 4, abs=0.04)
    assert example.level[1] / example.level[4] > 1.15  # December over March


def test_covariance_is_that_of_the_state_space(example):
    fit = _fit(np.log(example.history.monthly), example.seasonal)
    assert np.diag(example.covariance) == pytest.approx(fit.get_forecast(60).var_pred_mean, rel=1e-9)


def test_covariance_between_months_by_simulation():
    """A level that wanders: what the model itself simulates from the end of the history."""
    f = forecast(months(26, noise=0.03, wander=0.05, seed=3))
    fit = _fit(np.log(f.history.monthly), False)
    random = np.random.default_rng(0)
    state, covariance = fit.predicted_state[..., -1], fit.filter_results.predicted_state_cov[..., -1]
    paths = np.stack(
        [
            fit.model.simulate(fit.params, 12, initial_state=start, rng=random, anchor=0)
            for start in random.multivariate_normal(state, covariance, 4000)
        ]
    )
    assert np.cov(paths.T) == pytest.approx(f.covariance[:12, :12], rel=0.12, abs=2e-4)


def test_a_wandering_level_widens_with_the_months():
    """The drift of a random walk is its mean step over n - 1: the variance at h is s^2 h (1 + h / (n - 1))."""
    logs = np.log(months(26, wander=0.05, seed=5).monthly)
    _, covariance, noise = _ahead(logs, False, 60)
    assert noise < 1e-6
    ahead = np.arange(1, 61)
    law = ahead * (1 + ahead / 25)
    assert np.diag(covariance) / covariance[0, 0] == pytest.approx(law / law[0], rel=1e-3)


def test_intervals_cover_what_comes():
    """Over many histories of a known law P10 to P90 hold four in five of the months to come."""
    inside = []
    for seed in range(40):
        whole = months(48, noise=0.05, wander=0.02, seed=seed)
        median, covariance, _ = _ahead(np.log(whole.monthly[:24]), False, 24)
        inside.append(np.abs(np.log(whole.monthly[24:]) - median) <= 1.2816 * np.sqrt(np.diag(covariance)))
    assert 0.65 < np.mean(inside) < 0.92


def test_more_noise_is_a_wider_interval():
    quiet, loud = (_ahead(np.log(months(24, noise=noise, seed=2).monthly), False, 60)[1] for noise in (0.02, 0.1))
    assert np.all(np.diag(loud) > 4 * np.diag(quiet))


def test_back_test_shows_error_and_coverage(example):
    test = example.back_test
    assert test.origins == 12 and test.horizon.tolist() == list(range(1, 13)) and test.tested == 78
    assert 0 < test.mape < 0.08 < test.naive_error.mean() and 0 <= test.coverage <= 1


def test_back_test_knows_only_what_was_known_then():
    """A break in the last month cannot change the forecasts of earlier origins, only their errors there."""
    calm = months(20, noise=0.02, seed=1)
    broken = History(calm.file, calm.first, np.append(calm.monthly[:-1], calm.monthly[-1] * 10), 0.0, 20, 0, None)
    a, b = forecast(calm).back_test, forecast(broken).back_test
    # the error at 12 months ahead is of the one origin that reaches the last month
    assert b.error[-1] == pytest.approx(0.9, abs=0.03) and a.error[-1] < 0.2


def test_factors_keep_every_variance():
    random = np.random.default_rng(0).standard_normal((60, 20))
    covariance = random @ random.T
    loadings = factors(covariance, FACTORS, np.diag(covariance))
    assert (loadings**2).sum(axis=1) == pytest.approx(np.diag(covariance))


# -------------------------------------------------------------------------------------------------- as growth


def stated(inputs):
    """The uncertain inputs that are the workload's, not the model's."""
    return [name for name in inputs if not name.startswith("model.")]


@pytest.fixture
def workload(tmp_path):
    (tmp_path / "history.csv").write_text(histories.EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "orders.yaml"
    path.write_text("write: 90 MB/s\nmessage: 1 KiB\ngrowth: {history: history.csv}\n", encoding="utf-8")
    return path


def test_a_workload_follows_its_history(workload, example):
    w = Workload.load(workload)
    assert Demand.months(w, 60).payload_bytes_s == pytest.approx(90e6 * example.level)
    assert stated(uncertain_inputs(w, 12)) == [f"growth.history.{i}" for i in range(1, FACTORS + 1)]
    assert stated(uncertain_inputs(w)) == []


def test_draws_have_the_percentiles_of_the_forecast_and_move_together(workload, example):
    d = draw_demand(Workload.load(workload), 4096, 60).payload_bytes_s
    scale = 90e6 / example.history.monthly[-1]
    for share in (0.1, 0.5, 0.9):
        expected = example.percentile(share) * scale
        assert np.quantile(d, share, axis=0) == pytest.approx(expected, rel=0.01)
    assert np.corrcoef(d[:, 58], d[:, 59])[0, 1] > 0.5


def test_history_and_other_growth_contradict(workload):
    for growth in ({"yearly": 0.1}, {"seasons": {"start": "2026-12", "months": {"june": 2}}}):
        with pytest.raises(InputError, match="given with history"):
            Workload.load(workload).replace(growth={"history": str(histories.EXAMPLE), **growth})


def test_a_launch_may_be_added_to_a_history(example):
    w = Workload(
        write="1 MB/s",
        message="1 KiB",
        growth={"history": {"file": str(histories.EXAMPLE)}, "launches": [{"month": 3, "times": 2}]},
    )
    assert Demand.months(w, 4).payload_bytes_s / 1e6 == pytest.approx(example.level[:4] * [1, 1, 2, 2])


def test_a_history_that_is_not_there(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("write: 90 MB/s\nmessage: 1 KiB\ngrowth: {history: none.csv}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"none.csv.*no such file"):
        Demand.months(Workload.load(path), 12)


# ------------------------------------------------------------------------------------------------------- the command


def test_command_prints_one_document(capsys, workload):
    main(["forecast", str(histories.EXAMPLE), "--workload", str(workload), "--months", "24", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert len(document["by_month"]) == 24 and document["history"]["months"] == 42
    assert document["back_test"]["coverage"] <= 1 and document["demand"]["months"] == 24
    row = document["by_month"][23]
    assert row["month"] == "2028-10" and row["p10_bytes_s"] < row["p50_bytes_s"] < row["p90_bytes_s"]


def test_command_prints_tables_and_a_block_to_copy(capsys):
    main(["forecast", str(histories.EXAMPLE), "--months", "12"])
    out = capsys.readouterr().out
    for words in ("42 whole months", "back-test", "growth:", "synthetic-daily.csv", "naive"):
        assert words in out, words


def test_command_refuses_what_is_too_short(capsys, tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("timestamp,bytes_s\n2026-01-01,5\n2026-01-02,6\n", encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["forecast", str(path)])
    assert stop.value.code == 2 and "at least 12 whole months" in capsys.readouterr().err
