"""The clouds that machines are rented from: one file each, a `Cloud` with its machine table, volume and meters."""
