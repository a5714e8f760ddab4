from ipaddress import ip_address

import pytest

from todo_server.domain.public_addresses import is_public

PUBLIC = "1.1.1.1 9.9.9.9 100.63.0.1 100.128.0.1 172.15.0.1 172.32.0.1 192.31.196.1 193.0.0.1 \
    223.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00::1 2400:cb00::1 2001:200::1"
OTHERS = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 \
    127.0.0.1 127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 \
    192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 \
    203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
    :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 \
    64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:10::1 2001:20::1 2001:db8::1 \
    2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 fec0::1 \
    ff02::1 ff0e::1 4000::1"


@pytest.mark.parametrize("address", PUBLIC.split())
def test_addresses_that_are_everybodys(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", OTHERS.split())
def test_addresses_that_are_somebodys_own_or_stand_for_others(address):
    assert not is_public(ip_address(address))
