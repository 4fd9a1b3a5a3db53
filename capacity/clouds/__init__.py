"""The clouds that machines are rented from: each a row of `data/clouds.csv`, read into a `Cloud`."""
