"""Black-box tests of the public interface: they take a base URL and nothing else."""
