"""Which addresses are inside: nobody from outside may make us ask there.

What is public is said, for IPv6 by what it is and for IPv4 by what it is not: the registries of
special-purpose addresses (RFC 6890, kept by IANA), multicast, and addresses at which clouds tell
machines about themselves that are in none of them.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpNetwork: TypeAlias = IPv4Network | IPv6Network

_INSIDE_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # This network.
            "10.0.0.0/8",  # Private.
            "100.64.0.0/10",  # Between a carrier and its clients; metadata of Alibaba.
            "127.0.0.0/8",  # This machine.
            "168.63.129.16/32",  # Metadata of Azure.
            "169.254.0.0/16",  # Link-local; metadata of most clouds.
            "172.16.0.0/12",  # Private.
            "192.0.0.0/24",  # Protocols; metadata of Oracle.
            "192.0.2.0/24",  # Documentation.
            "192.88.99.0/24",  # Relays to IPv6.
            "192.168.0.0/16",  # Private.
            "198.18.0.0/15",  # Benchmarks.
            "198.51.100.0/24",  # Documentation.
            "203.0.113.0/24",  # Documentation.
            "224.0.0.0/4",  # Multicast.
            "240.0.0.0/4",  # Reserved, and everybody.
        ),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
"""All that is given out: mapped, translated, local and multicast addresses are outside of it."""
_INSIDE_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Protocols, tunnels to IPv4 among them.
            "2001:db8::/32",  # Documentation.
            "2002::/16",  # An IPv4 address inside.
            "3fff::/20",  # Documentation.
        ),
    )
)


def is_inside(address: IpAddress) -> bool:
    """Tell whether an address is not one of the public Internet."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _INSIDE_4)
    return address not in _GLOBAL_6 or any(address in network for network in _INSIDE_6)


def may_reach(address: IpAddress, allowed: Collection[IpNetwork]) -> bool:
    """Tell whether an address may be asked: it is public, or in a network that is allowed."""
    return not is_inside(address) or any(address in network for network in allowed)


def literal(host: str) -> IpAddress | None:
    """Return the address that a host is written as, None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def networks(texts: Collection[str]) -> tuple[IpNetwork, ...]:
    """Return networks. ValueError for what is none."""
    return tuple(ip_network(it) for it in texts)
