"""Accounts, passwords, tokens and signing keys: the only holder of the private key."""
