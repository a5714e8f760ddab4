"""Services that wait long, and services that wait for nobody, on both event loops."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.http_protocol.service import HastyProtocol, PatientProtocol, Service, serving


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def patient_service(loop: Any) -> Iterator[Service]:
    with serving(PatientProtocol, loop) as service:
        yield service


@pytest.fixture(scope="module")
def hasty_service(loop: Any) -> Iterator[Service]:
    with serving(HastyProtocol, loop) as service:
        yield service


@pytest.fixture
def patient(patient_service: Service) -> Service:
    patient_service.wait_until_nobody_is_connected()
    patient_service.app.paths.clear()
    patient_service.app.left.clear()
    return patient_service


@pytest.fixture
def hasty(hasty_service: Service) -> Service:
    hasty_service.wait_until_nobody_is_connected()
    hasty_service.app.paths.clear()
    hasty_service.app.left.clear()
    return hasty_service


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No peer can make the server log an error or a traceback."""
    yield
    assert not [r for r in caplog.records if r.exc_info or r.levelno > logging.WARNING]
