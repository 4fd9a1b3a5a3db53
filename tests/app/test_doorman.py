"""Who may ask the app, with the headers that browsers and attackers send, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from http.client import HTTPConnection

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from streamplan.app import server, turns
from streamplan.app.doorman import Doorman, opened_at

SECRET = "example-100mib"  # stands for the workload of the user: it is in no refusal


@contextlib.contextmanager
def running(address="127.0.0.1", queue=None):
    """The app on a free port of this process, with the doorman of that address; yields the port and the doorman."""
    started, made, ended = threading.Event(), {}, asyncio.Event()

    async def run():
        sockets = bind_sockets(0, "127.0.0.1", backlog=server.BACKLOG)
        doorman = Doorman.of("127.0.0.1", sockets)
        if address != "127.0.0.1":
            names = None if address == "0.0.0.0" else frozenset({address})
            doorman = Doorman(names, doorman.port, token="a-token")
        made.update(loop=asyncio.get_running_loop(), port=doorman.port, doorman=doorman)
        http = HTTPServer(server.application(doorman=doorman, queue=queue))
        http.add_sockets(sockets)
        started.set()
        await ended.wait()
        http.stop()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    started.wait(30)
    try:
        yield made["port"], made["doorman"]
    finally:
        made["loop"].call_soon_threadsafe(ended.set)
        thread.join(30)


def ask(port, path="/api/start", **headers):
    """Status, headers and text; `Host` and all others as they are given."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("GET", path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            connection.putheader(name.replace("_", "-"), one)
    connection.endheaders()
    reply = connection.getresponse()
    out = reply.status, reply.headers, reply.read().decode()
    connection.close()
    return out


@pytest.fixture(scope="module")
def here():
    with running() as (port, _):
        yield port


@pytest.fixture(scope="module")
def beyond():
    with running("0.0.0.0") as (port, _):
        yield port


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}", "127.0.0.1"]
)
def test_its_own_names_are_answered(here, host):
    status, _, text = ask(here, Host=host.format(port=here))
    assert status == 200 and SECRET in text


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1.example.org:8765", "127.0.0.1.example.org:{port}", "127.0.0.1.example.org",
        "localhost.example.org:{port}",
        "evil.example", "evil.example:{port}", "127.0.0.1:8765", "127.0.0.1:{port}0", "127.0.0.1:{port}:{port}",
        "127.0.0.1:", "127.0.0.1:{port}, evil.example", "127x0x0x1:{port}", "127.0.0.10:{port}",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1", "xlocalhost:{port}", "localhost.:{port}", "[::1].example.org", "[::2]:{port}", "::1",
        "",
        "0.0.0.0:{port}", "127.1:{port}", "2130706433:{port}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/api/start", "/nothing"])
def test_a_host_is_matched_whole(here, host, path):
    status, headers, text = ask(here, path, Host=host.format(port=here))
    assert status in (400, 403) and SECRET not in text and "<html" not in text.replace("<html><title>400", "")
    assert "Set-Cookie" not in headers


def test_two_hosts_are_refused(here):
    assert ask(here, Host=[f"127.0.0.1:{here}", "evil.example"])[0] in (400, 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Sec_Fetch_Site": "Cross-Site"},
        {"Sec_Fetch_Site": "elsewhere"}, {"Sec_Fetch_Site": ["same-origin", "cross-site"]}, {"Origin": "null"},
        {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://127.0.0.1.example.org:{port}"},
        {"Origin": "http://localhost:{port}"}, {"Origin": "file://"}, {"Origin": ""},
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/app.js", "/api/start"])
def test_pages_of_other_sites_are_refused(here, headers, path):
    given = {k: v.format(port=here) if isinstance(v, str) else v for k, v in headers.items()}
    status, _, text = ask(here, path, **given)
    assert status == 403 and "another site" in json.loads(text)["error"] and SECRET not in text


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "none"}, {"Sec_Fetch_Site": "same-origin", "Origin": "http://127.0.0.1:{port}"}]
)
def test_its_own_pages_are_answered(here, headers):
    assert ask(here, **{k: v.format(port=here) for k, v in headers.items()})[0] == 200


@pytest.mark.parametrize("path", ["/", "/app.js", "/api/start", "/api/study?write=x", "/nothing"])
def test_every_answer_tells_the_browser_to_keep_nothing(here, path):
    for host in (f"127.0.0.1:{here}", "evil.example"):
        headers = ask(here, path, Host=host)[1]
        assert {name: headers[name] for name in server.HEADERS} == server.HEADERS
        assert "Server" not in headers and "Access-Control-Allow-Origin" not in headers


def test_beyond_this_machine_a_token_is_asked_for(beyond):
    for path in ("/", "/app.js", "/api/start", "/nothing", "/?token=a-toke", "/?token=", "/api/start?token=b-token"):
        status, headers, text = ask(beyond, path)
        assert status == 403 and "token" in json.loads(text)["error"] and "Set-Cookie" not in headers
    for cookie in ("streamplan-0=a-token", f"streamplan-{beyond}=a-toke", f"streamplan-{beyond}=", ";=;", "\xff"):
        assert ask(beyond, Cookie=cookie)[0] == 403
    for said in ("Bearer b-token", "Bearer", "a-token", "Basic a-token"):
        assert ask(beyond, Authorization=said)[0] == 403


def test_the_token_becomes_a_cookie_and_leaves_the_address(beyond):
    status, headers, _ = ask(beyond, "/?write=3&token=a-token&workload=x", Host=f"box.example:{beyond}")
    assert status == 302 and headers["Location"] == "/?write=3&workload=x"
    cookie, *rest = headers["Set-Cookie"].split("; ")
    assert cookie == f"streamplan-{beyond}=a-token" and {"HttpOnly", "SameSite=Strict", "Path=/"} == set(rest)
    assert ask(beyond, "/", Cookie=cookie)[0] == 200 and ask(beyond, Cookie=f"other=1; {cookie}")[0] == 200
    assert ask(beyond, Authorization="Bearer a-token")[0] == 200 and ask(beyond, "/api/start?token=a-token")[0] == 200
    assert ask(beyond, Cookie=cookie, Sec_Fetch_Site="cross-site")[0] == 403


def test_a_server_knows_its_names():
    class Socket:
        def __init__(self, host):
            self.host = host

        def getsockname(self):
            return self.host, 8765

    own = Doorman.of("localhost", [Socket("127.0.0.1"), Socket("::1")])
    assert own == Doorman(port=8765) and opened_at(own, "localhost") == "http://localhost:8765/"
    assert opened_at(Doorman.of("::1", [Socket("::1")]), "::1") == "http://[::1]:8765/"
    box = Doorman.of("box.example", [Socket("192.0.2.7")])
    assert opened_at(box, "box.example") == f"http://box.example:8765/?token={box.token}" and len(box.token) >= 32
    assert {"box.example", "192.0.2.7", "127.0.0.1"} <= box.names and "evil.example" not in box.names
    assert Doorman.of("192.0.2.7", [Socket("192.0.2.7")]).token != box.token
    for every in ("0.0.0.0", "::"):
        anywhere = Doorman.of(every, [Socket(every)])
        assert anywhere.names is None and anywhere.token and f"token={anywhere.token}" in opened_at(anywhere, every)


# -------------------------------------------------------------------------------------------------- those who wait


async def sent(port, number):
    """A request that is on its way: its reader and writer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /api/start?number={number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


class Held:
    """A piece of work that waits at its first one until it is let go, and notes whom it was done for."""

    def __init__(self, monkeypatch):
        self.done, self.go, self.at_work = [], threading.Event(), threading.Event()
        monkeypatch.setattr(server, "_start", self)

    def __call__(self, source, asked):
        self.at_work.set()
        assert self.go.wait(60)
        self.done.append(int(asked["number"]))
        return {}


async def until(condition):
    for _ in range(30_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come to this")


def test_two_hundred_at_once_are_answered_in_order(monkeypatch):
    work, queue = Held(monkeypatch), turns.Queue()

    async def clients(port):
        asked = []
        for number in range(200):
            asked.append(await sent(port, number))
            await until(lambda: queue.waiting == len(asked))  # it has come before the next one is sent
        work.go.set()
        lines = [(await reader.readline()).decode() for reader, _ in asked]
        for _, writer in asked:
            writer.close()
        return lines

    with running(queue=queue) as (port, _):
        lines = asyncio.run(clients(port))
    assert [line.split()[1] for line in lines] == ["200"] * 200
    assert work.done == list(range(200))


def test_beyond_its_bound_the_queue_answers_503_and_the_gone_are_dropped(monkeypatch):
    work, queue = Held(monkeypatch), turns.Queue(most=5)

    async def clients(port):
        asked = [await sent(port, number) for number in range(6)]
        await until(lambda: queue.waiting == 6 and work.at_work.is_set())
        for number in range(3):  # they are told at once, while the others wait
            reader, writer = await sent(port, 100 + number)
            reply = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert reply.startswith("HTTP/1.1 503") and 1 <= int(reply.split("Retry-After: ")[1].split()[0]) <= 60
            writer.close()
        for number in (1, 3):
            asked[number][1].close()
        await until(lambda: queue.waiting == 4)
        asked.append(await sent(port, 6))  # there is room again
        await until(lambda: queue.waiting == 5)
        asked[0][1].close()  # the one that is worked on goes too
        work.go.set()
        for number in (2, 4, 5, 6):
            assert (await asked[number][0].readline()).startswith(b"HTTP/1.1 200")
            asked[number][1].close()
        await until(lambda: queue.waiting == 0)

    with running(queue=queue) as (port, _):
        asyncio.run(clients(port))
    assert work.done == [0, 2, 4, 5, 6]
