"""The ingest engine: a product CSV, checked cell by cell, loaded as a whole or not at all. It knows no web.

Its stages are modules: `source` unpacks and decodes, `header` and `records` parse, `checks` checks by the
rules of `columns`, `runs` sorts, `checked_file` puts these in line. `engine.ingest` runs them, for a large
file in a `child` process that is `worker`, and hands the rows to a store.

Nothing is imported here: the worker is a module of this package and must start at once, with the standard
library alone.
"""
