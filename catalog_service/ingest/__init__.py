"""The ingest engine: a product CSV, checked cell by cell, loaded as a whole or not at all. It knows no web.

Its stages are modules: `source` unpacks and decodes, `header` and `records` parse, `checks` checks by the
rules of `columns`, `runs` sorts, `singles` finds ids that stand twice, `checked_file` puts these in line, and
`rejects` writes down what they refuse. `changes` then compares the rows with what is stored. `engine.ingest`
runs all of them, the first for a large file in a `child` process that is `worker`, and hands the rows to a
`store`. Of a large file `worker` may have another process read the `later_part`. `undo` puts back what an
upload changed, from the `parts` that it left.

Nothing is imported here: the worker is a module of this package and must start at once, with the standard
library alone.
"""
