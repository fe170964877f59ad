"""Tests of the containers as such: how they are confined, start, scale and take faults."""
