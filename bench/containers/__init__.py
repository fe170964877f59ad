"""What the benchmarks run inside containers of their own."""
