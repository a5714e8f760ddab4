"""Which addresses of the internet are everybody's, and which lead to somebody's own network.

By tables of its own (of IANA's registries of special-purpose addresses), since Python's `is_global`
differs from version to version, and takes multicast and NAT64 for global.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's NAT; some clouds tell secrets there
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure tells its machines secrets there
            "169.254.0.0/16",  # link-local; most clouds tell secrets there
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",  # for documents
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",  # for benchmarks
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

_PUBLIC_6 = IPv6Network("2000::/3")
"""All that was ever given out: not IPv4 in other clothes (mapped, NAT64), nor what is local."""

_NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols, among them Teredo, which has an IPv4 address inside
            "2001:db8::/32",  # for documents
            "2002::/16",  # 6to4, which has one inside
            "3fff::/20",  # for documents
        ),
    )
)


def is_public(address: Address) -> bool:
    """Tell whether an address is the public internet's."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
