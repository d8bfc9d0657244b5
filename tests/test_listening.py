"""The listening socket: which address leads back to it, and which reason is given where it cannot be had."""

import socket

import pytest

from captiond.listening import StartError, listen, url_of, way_back


@pytest.mark.parametrize(
    ("host", "back"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("127.8.9.1", "127.8.9.1"), ("::", "::1"), ("::1", "::1")],
)
def test_the_way_back_leads_to_the_listener(host: str, back: str) -> None:
    """Connected to for real: an address that is only plausible proves nothing."""
    with listen(host, 0) as listener:
        listener.listen(1)
        found, port = way_back(listener)
        assert (found, port) == (back, listener.getsockname()[1])
        with socket.create_connection((found, port), timeout=5) as client:
            accepted, _ = listener.accept()
            accepted.close()
            assert client.getpeername()[1] == port
        assert url_of(listener) == f"http://{f'[{host}]' if ':' in host else host}:{port}"


def test_a_port_that_is_taken_is_named() -> None:
    with listen("127.0.0.1", 0) as first:
        first.listen(1)
        port = first.getsockname()[1]
        with pytest.raises(StartError, match=f"port {port}"):
            listen("127.0.0.1", port)
