"""Where a request comes from. `X-Forwarded-For` counts only behind proxies that `FORWARDED_ALLOW_IPS` names: uvicorn
has put what they say into `REMOTE_ADDR` by then, and has left out what anybody else claims."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.http import HttpRequest


def client_network(request: HttpRequest) -> str:
    """The IPv4 address, or the IPv6 network of 64 bits, of which one client can use any address."""
    address = _address(request)
    return str(ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address or "unknown")


def from_this_machine(request: HttpRequest) -> bool:
    address = _address(request)
    return address is not None and address.is_loopback


def _address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # a Unix socket has none
        return None
    return getattr(address, "ipv4_mapped", None) or address
