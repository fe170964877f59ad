"""Where a request comes from, as the log of events and the delay of guesses need it."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from flask import has_request_context, request

IPV6_NETWORK_BITS = 64
"""What one customer gets at the least (RFC 6177, section 2): the addresses in it are all theirs."""


def client_address() -> str | None:
    """Give the network address that the request in hand comes from.

    None on the command line, and for what a proxy says that is no address.
    """
    address = _read(request.remote_addr) if has_request_context() else None
    return str(address) if address else None


def client_network() -> str:
    """Name where the request in hand comes from: an IPv4 address, or an IPv6 network of 64 bits."""
    address = _read(request.remote_addr) if has_request_context() else None
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address or "")


def _read(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        # A zone (`fe80::1%eth0`) names one of our own network cards.
        address = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    # A server that listens on both families sees an IPv4 client like this.
    return getattr(address, "ipv4_mapped", None) or address
