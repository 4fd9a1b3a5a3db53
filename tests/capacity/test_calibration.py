"""The fit: it is what ships, finds what made the data, learns, and its held-back scores are within what is claimed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from capacity.laws.coefficients import fitted, priors
from capacity.measured.calibration import evidence as measured
from capacity.measured.calibration.fit import Prior, fit, log_limit
from capacity.measured.calibration.score import same_bottleneck, scores, widening
from capacity.measured.prediction import predict
from streamfacts.errors import InputError
from streamfacts.tables import read_table


@pytest.fixture(scope="module")
def rows():
    return measured.published()


@pytest.fixture(scope="module")
def refit(rows):
    return fit(rows, start=fitted())


def test_what_ships_is_what_the_evidence_gives(refit):
    held = fitted()
    assert refit.names == held.names
    assert np.max(np.abs(refit.mean - held.mean)) < 0.01
    assert np.allclose(np.sqrt(np.diag(refit.covariance)), np.sqrt(np.diag(held.covariance)), rtol=0.05)
    for shipped, again in ((held.departs, refit.departs), (held.client_departs, refit.client_departs)):
        assert {bed: m for bed, (m, _) in again.items()} == pytest.approx(
            {bed: m for bed, (m, _) in shipped.items()}, abs=0.01
        )


def test_measurements_never_leave_a_coefficient_less_known(refit):
    _, _, sd = priors()
    assert (np.sqrt(np.diag(refit.covariance)) <= sd * 1.001).all()
    assert (np.sqrt(np.diag(refit.covariance)) < 0.6 * sd).sum() >= 10


def test_a_fit_finds_the_coefficients_that_made_the_data(rows):
    names, prior_mean, prior_sd = priors()
    truth = prior_mean + np.where(np.arange(len(names)) % 2, 1.0, -1.0) * 0.5 * prior_sd
    made = dict(zip(names, np.exp(truth), strict=True))
    limits = rows.take(rows.role == "limit")
    exact = np.exp(log_limit(limits.cluster, made))
    found = fit(replace(limits, rate=exact))
    again = np.exp(log_limit(limits.cluster, found.point))
    assert np.median(np.abs(np.log(again / exact))) < 0.05  # the prior pulls half a deviation back
    assert all(abs(m) < 0.15 for m, _ in found.departs.values())


def test_one_odd_measurement_hardly_moves_the_rest(rows, refit):
    odd = rows.rate.copy()
    at = int(np.flatnonzero(rows.frame["id"] == "C-kafka-max")[0])
    odd[at] /= 10
    bent = fit(replace(rows, rate=odd), start=refit)
    assert np.median(np.abs(bent.mean - refit.mean)) < 0.05


def test_a_posterior_is_a_prior_for_the_next_measurements(rows, refit):
    few = rows.take(np.flatnonzero(rows.group == "C"))
    again = fit(few, Prior.of(refit), refit)
    assert (np.diag(again.covariance) <= np.diag(refit.covariance) * 1.001).all()


def held(by):
    table = read_table("calibration/held_back")
    return table[table["left_out"] == by]


@pytest.mark.parametrize(("by", "most"), [("source", 0.30), ("row", 0.18)])
def test_held_back_scores(by, most):
    table = held(by)
    limits = measured.published()
    assert sorted(table["id"]) == sorted(limits.frame["id"][limits.role == "limit"])
    error = np.abs(np.log(table["predicted_mb_s"] / table["measured_mb_s"]))
    inside = (table["low_mb_s"] <= table["measured_mb_s"]) & (table["measured_mb_s"] <= table["high_mb_s"])
    assert error.median() < most
    assert 0.85 <= inside.mean() <= 0.97
    told = table[table["published_bottleneck"].fillna("") != ""]
    named = [same_bottleneck(o, p) for o, p in zip(told["bottleneck"], told["published_bottleneck"], strict=True)]
    assert np.mean(named) > 0.8


def test_a_held_back_source_can_be_predicted_again(rows):
    bed = next(b for b in np.unique(rows.cluster.test_bed) if b.startswith("LinkedIn"))
    mine = rows.cluster.test_bed == bed
    without = replace(fit(rows.take(~mine), start=fitted()), widen=fitted().widen)
    limits = rows.take(np.flatnonzero(mine & (rows.role == "limit")))
    found = scores(limits, predict(limits.cluster, without))
    shipped = held("source").set_index("id").loc[found.ids]
    assert np.allclose(found.predicted, shipped["predicted_mb_s"], rtol=0.02)
    assert np.allclose(found.low, shipped["low_mb_s"], rtol=0.05)


def test_widening_is_the_quantile_of_the_distances():
    # log errors of 1 to 10 half widths: nine tenths lie within ten half widths at (n + 1) x 0.9 rounded up
    from capacity.measured.calibration.score import Scores

    n = 10
    off = np.exp(np.arange(1, n + 1) / 1.0)
    one = np.ones(n)
    text = np.array(["x"] * n)
    raw = Scores(text, text, off, one, one / np.e, one * np.e, text, text)
    assert widening(raw, 0.9) == pytest.approx(10.0)
    assert widening(raw, 0.5) == pytest.approx(6.0)


def test_bottlenecks_that_mean_one_resource():
    assert same_bottleneck("disk write", "disk write 92-97% of dd")
    assert same_bottleneck("journal disk", "disks")
    assert same_bottleneck("fsync", "EBS gp2 fsync")
    assert not same_bottleneck("CPU", "network")


def test_rows_that_cannot_be_evidence_are_refused(rows):
    frame = rows.frame
    with pytest.raises(InputError, match="role"):
        measured.of_frame(frame.assign(role="guess"))
    with pytest.raises(InputError, match="measured_mb_s_in_total"):
        measured.of_frame(frame.assign(measured_mb_s_in_total=np.nan))


def test_evidence_has_each_row_once_and_no_page_that_is_altered():
    frame = pd.DataFrame(read_table("evidence/evidence"))
    assert not frame["id"].duplicated().any()
    assert set(frame["role"]) <= set(measured.ROLES)
    assert (frame.loc[frame["role"] != "limit", "why"].fillna("") != "").all()
