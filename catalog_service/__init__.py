"""Products: ingested from CSV files, read back, reported on."""
