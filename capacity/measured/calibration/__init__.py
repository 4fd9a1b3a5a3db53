"""How the coefficients come out of the measurements: evidence, fit, scores.

`python -m capacity.measured.calibration` refits.
"""
