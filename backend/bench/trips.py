"""Round trips are counted on the wire, by the proxy of the tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.proxy import Proxy

__all__ = ["Proxy"]
