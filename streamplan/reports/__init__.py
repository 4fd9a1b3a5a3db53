"""Reports and batches of them, as HTML, PDF and spreadsheets."""
