"""The load by month: growth, seasons, launches, forecasts."""
