import pytest

from nakama_client import ArgumentError, Client, Endpoint, Timeouts


@pytest.mark.parametrize(
    ("url", "socket_url"),
    [
        ("http://127.0.0.1:7350", "ws://127.0.0.1:7350/ws?lang=en&status=false"),
        ("https://game.example/", "wss://game.example/ws?lang=en&status=false"),
        ("HTTPS://game.example", "wss://game.example/ws?lang=en&status=false"),
        ("http://[::1]:7350/nakama/", "ws://[::1]:7350/nakama/ws?lang=en&status=false"),
    ],
)
def test_endpoint_gives_the_socket_url(url: str, socket_url: str) -> None:
    endpoint = Endpoint(url)
    assert endpoint.http_url == url.rstrip("/").replace("HTTPS", "https")
    assert endpoint.socket_url(lang="en", appear_online=False) == socket_url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:7350",
        "ws://127.0.0.1:7350",
        "http://",
        "http://127.0.0.1:port",
        "http://user:secret@127.0.0.1:7350",
        "http://127.0.0.1:7350?a=b",
        "http://127.0.0.1:7350#a",
        "http://127.0.0.1:7350/?",
        "http://127.0.0.1:7350/a b",
        " http://127.0.0.1:7350",
        "http://127.0.0.1\n:7350",
        "http://[::1",
    ],
)
def test_endpoint_raises_for_other_urls(url: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        Client(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_timeouts_raise_when_not_positive(seconds: float) -> None:
    with pytest.raises(ArgumentError, match="request must be more than 0"):
        Timeouts(request=seconds)


def test_client_raises_when_max_connections_is_zero() -> None:
    with pytest.raises(ArgumentError, match="max_connections"):
        Client("http://127.0.0.1:7350", max_connections=0)


def test_client_repr_holds_no_key() -> None:
    client = Client("http://127.0.0.1:7350", server_key="hidden", http_key="hidden")
    assert "hidden" not in repr(client) + str(vars(client))
