"""Where a request comes from. `X-Forwarded-For` counts only behind proxies that `FORWARDED_ALLOW_IPS` names: uvicorn
has put what they say into `REMOTE_ADDR` by then, and has left out what anybody else claims."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest


def client_network(request: HttpRequest) -> str:
    """The IPv4 address, or the IPv6 network of 64 bits, of which one client can use any address."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
