"""The month of a bill: how long it is where nobody says otherwise [h]."""

HOURS_PER_MONTH = 730.0
#: Hours of February; anything shorter is no whole month.
SHORTEST_MONTH = 672.0
