"""The exporter: it answers scrapes beside a loop that works, and whoever talks nonsense."""

import asyncio
import socket
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from ledger_node import EndpointError, PortInUseError, exporter
from ledger_node.exporter import REQUEST_SIZE_MAX, Exporter


def sevens() -> list[Metric]:
    """Gather one figure."""
    return [GaugeMetricFamily("seven", "Seven.", value=7)]


def told(url: str) -> dict[str, float]:
    """Scrape, and return each sample by name and labels."""
    with urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    return {
        ":".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def status(url: str, *, method: str = "GET") -> tuple[int, bytes]:
    """Return status and body of an answer, whatever it is."""
    try:
        with urlopen(Request(url, method=method), timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


async def test_a_scrape_gets_everything(tmp_path: Path) -> None:
    """The owner's figures, the files' sizes, and what the process needs."""
    (tmp_path / "log.sqlite").write_bytes(bytes(300))
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        found = await asyncio.to_thread(told, served.url)
    assert found["seven"] == 7
    assert found["tangleway_disk_bytes:log.sqlite"] == 300
    assert 0 <= found["tangleway_figures_age_seconds"] < 5
    assert found["process_resident_memory_bytes"] > 1_000_000


async def test_figures_are_gathered_on_the_owners_loop(tmp_path: Path) -> None:
    """What is gathered fits together, since the loop does nothing else meanwhile."""
    loops: list[asyncio.AbstractEventLoop] = []

    def gather() -> list[Metric]:
        loops.append(asyncio.get_running_loop())
        return sevens()

    with Exporter("127.0.0.1:0", gather=gather, data=tmp_path) as served:
        await asyncio.to_thread(told, served.url)
    assert loops == [asyncio.get_running_loop()]


async def test_a_busy_owner_gives_its_last_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First it is too busy for any; later the last ones are told, with their age."""
    monkeypatch.setattr(exporter, "PATIENCE_S", 0.05)
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        assert status(served.url)[0] == 503  # this blocks the owner's loop
        await asyncio.to_thread(told, served.url)
        old = told(served.url)
    assert old["seven"] == 7
    assert old["tangleway_figures_age_seconds"] >= 0.05


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [("/", "GET", 404), ("/metrics", "POST", 405), ("/metrics?x=1", "GET", 200)],
)
async def test_what_is_no_scrape_is_told_so(
    tmp_path: Path, path: str, method: str, expected: int
) -> None:
    """There is one page and one way to read it."""
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        url = served.url.removesuffix("/metrics") + path
        code, body = await asyncio.to_thread(status, url, method=method)
    assert code == expected
    assert body.endswith(b"\n")


async def test_a_head_has_no_body(tmp_path: Path) -> None:
    """Who asks for the head gets that alone."""
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        assert await asyncio.to_thread(status, served.url, method="HEAD") == (200, b"")


async def test_nonsense_hurts_nobody(tmp_path: Path) -> None:
    """A request without an end, and one that is cut off, get nothing; the next scrape does."""
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        where = urlsplit(served.url)
        for nonsense in (b"x" * (2 * REQUEST_SIZE_MAX), b"GET"):
            with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
                raw.sendall(nonsense)
                raw.shutdown(socket.SHUT_WR)
                assert await asyncio.to_thread(raw.recv, 10) == b""
        assert (await asyncio.to_thread(told, served.url))["seven"] == 7


async def test_who_says_nothing_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that wait for nothing end, so they can not use all of them up."""
    monkeypatch.setattr(exporter, "REQUEST_S", 0.05)
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        where = urlsplit(served.url)
        begin = time.monotonic()
        with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
            assert await asyncio.to_thread(raw.recv, 10) == b""
    assert time.monotonic() - begin < 5


async def test_there_are_connections_enough_but_not_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes while all are in use is told to come again."""
    monkeypatch.setattr(exporter, "CONNECTIONS_MAX", 1)
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        where = urlsplit(served.url)
        assert where.hostname is not None
        first = HTTPConnection(where.hostname, where.port or 0, timeout=10)
        await asyncio.to_thread(first.connect)
        assert (await asyncio.to_thread(status, served.url))[0] == 503
        answer = await asyncio.to_thread(_asked, first)
        assert answer.status == 200
        first.close()


def _asked(connection: HTTPConnection) -> HTTPResponse:
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    answer.read()
    return answer


@pytest.mark.parametrize(
    "bind", ["", "127.0.0.1", "9464", ":9464", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:http"]
)
async def test_what_is_no_address_is_named(tmp_path: Path, bind: str) -> None:
    """The sentence names the setting and shows a good one."""
    with pytest.raises(EndpointError, match=r"metrics\.bind is .* no address; .*127\.0\.0\.1:9464"):
        Exporter(bind, gather=sevens, data=tmp_path)


async def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    """What this machine does not have can not be bound."""
    with pytest.raises(EndpointError, match=r"192\.0\.2\.1:9464.*can not be bound"):
        Exporter("192.0.2.1:9464", gather=sevens, data=tmp_path)


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """The second exporter says so, and the first goes on."""
    with Exporter("127.0.0.1:*", gather=sevens, data=tmp_path) as served:
        bind = served.url.removeprefix("http://").removesuffix("/metrics")
        with pytest.raises(PortInUseError, match=rf"{bind} is in use.*metrics\.bind"):
            Exporter(bind, gather=sevens, data=tmp_path)
        assert (await asyncio.to_thread(told, served.url))["seven"] == 7


async def test_it_speaks_ipv6(tmp_path: Path) -> None:
    """An address in brackets is bound, and shown in brackets."""
    with Exporter("[::1]:*", gather=sevens, data=tmp_path) as served:
        assert served.url.startswith("http://[::1]:")
        assert (await asyncio.to_thread(told, served.url))["seven"] == 7
