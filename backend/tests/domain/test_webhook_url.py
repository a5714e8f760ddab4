import pytest

from todo_server.domain.webhook_url import MAX_URL, canonical_url


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/a?b=c", "https://example.com/a?b=c"),
        ("http://example.com:8080/ä", "http://example.com:8080/%C3%A4"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://9.9.9.9/", "http://9.9.9.9/"),
        ("http://[2606:4700::1111]:8000/", "http://[2606:4700::1111]:8000/"),
        ("http://example.com/a/../b", "http://example.com/b"),
    ],
)
def test_an_address_has_one_form(sent, kept):
    assert canonical_url(sent) == kept
    assert canonical_url(kept) == kept


@pytest.mark.parametrize(
    "sent",
    [
        *("", "example.com", "/hook", "ftp://example.com/", "file:///etc/passwd"),
        *("javascript:alert(1)", "gopher://example.com/", "ws://example.com/", "https://"),
        *("https://user@example.com/", "https://user:pass@example.com/", "https://:p@example.com/"),
        *("https://example.com/#top", "https://example.com:0/", "https://example.com:99999/"),
        *("https://example.com:25/", "https://example.com:22/", "https://example.com:1023/"),
        *("http://1.2.3.4.5/", "http://[fe80::1%25eth0]/", "http://a b/", "http://exa<mple.com/"),
        "https://example.com/" + "a" * MAX_URL,
    ],
)
def test_what_is_no_address_of_the_web_is_refused(sent):
    with pytest.raises(ValueError, match=r"^(Use|A URL|Leave)"):
        canonical_url(sent)
    with pytest.raises(ValueError, match=r"^(Use|A URL|Leave)"):
        canonical_url(sent, private_addresses=True)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "①②⑦.0.0.1", "127.0.0.1.", "0"),
        *("localhost", "LocalHost.", "a.localhost", "ip6-localhost"),
        *("10.0.0.1", "169.254.169.254", "0xA9FEA9FE", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]"),
        *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "192.168.1", "224.0.0.1", "[fd00:ec2::254]"),
    ],
)
def test_a_number_that_is_not_public_is_refused_however_it_is_written(host):
    with pytest.raises(ValueError, match="public"):
        canonical_url(f"http://{host}:8000/")
    assert canonical_url(f"http://{host}:8000/", private_addresses=True)
