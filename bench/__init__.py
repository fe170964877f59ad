"""The benchmarks: each line measures the program and a yardstick in turn, and gives the ratio of the two."""
