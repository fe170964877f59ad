"""Where requests come in: nginx before the containers, and the dispatcher of `make run`."""
