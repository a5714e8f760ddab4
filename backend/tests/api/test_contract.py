"""The contract holds: what is served, what is documented, what Schemathesis finds."""

import httpx
import yaml

from tests.contract import CONTRACT
from tests.server import RunningServer


def test_the_served_document_equals_the_contract(server: RunningServer):
    assert httpx.get(f"{server.url}/openapi.json").json() == yaml.safe_load(CONTRACT.read_text())
