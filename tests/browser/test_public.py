"""What a server at home and a public one open, send and keep to themselves, with a real browser and by hand."""

import json
import re
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from app_browser import PAGES, settled
from PIL import Image
from playwright.sync_api import Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from genreclf import paths, public

pytestmark = pytest.mark.timeout(300)
expect.set_options(timeout=60_000)
ALL_PAGES = [*PAGES, "add-films"]
DEEDS = re.compile(
    r"^(Train|Use in the app|Delete|Resume|Stop|Duplicate|Name and note|Get the full set|Train it here, live"
    r"|Retrain and compare|Add these films|Remove|Save)\b"
)
SECRET = "Mrs Featherstonehaugh"


@pytest.fixture(scope="module")
def public_server(serve_at, tmp_path_factory):
    """A public server, with a home folder whose name a visitor must not see."""
    with serve_at(tmp_path_factory.mktemp("machine-of-the-owner"), **{public.VARIABLE: "1"}) as running:
        yield running


@pytest.fixture(params=["home", "public"])
def either(request, server, public_server):
    """A server of each kind."""
    return {"home": server, "public": public_server}[request.param]


def listening(pid: int) -> set[str]:
    """The addresses at which a process listens."""
    return {each.laddr.ip for each in psutil.Process(pid).net_connections("tcp") if each.status == "LISTEN"}


def fetch(url: str, method: str = "GET", data: bytes | None = None, **headers: str):
    """The status, headers and content of an answer."""
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    request.method = method
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


# What is opened


def test_at_home_only_this_machine_is_answered(server):
    assert listening(server.process.pid) == {"127.0.0.1"}
    assert "Open on" not in server.log.read_text()


@pytest.mark.parametrize(
    ("target", "variables", "address", "word"),
    [
        ("app", {}, "127.0.0.1", ""),
        ("app", {"HOST": "0.0.0.0"}, "0.0.0.0", "train models without end"),
        ("public", {}, "0.0.0.0", "Public on"),
        ("public", {"HOST": "127.0.0.1"}, "127.0.0.1", "Public on"),
    ],
)
def test_make_says_what_it_opens(target, variables, address, word):
    shown = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready", target, *(f"{key}={value}" for key, value in variables.items())],
        cwd=paths.PROJECT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert f"--server.address {address}" in " ".join(shown.replace("\\", " ").split())
    assert ("GENRECLF_PUBLIC=1" in shown) == (target == "public")


# What leaves the machine


def test_no_page_asks_another_host_or_breaks_the_policy_and_the_server_calls_nobody(either, chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda opened: asked.append(opened.url))
    page.on("console", lambda message: "Content Security" in message.text and complaints.append(message.text))
    for path in ALL_PAGES:
        page.goto(f"{either.url}/{path}")
        page.locator("[data-testid=stMain] h1").first.wait_for()
        settled(page)
    context.close()
    own = either.url.partition("://")[2]
    assert len(asked) > len(ALL_PAGES)
    assert not [url for url in asked if not re.match(rf"(https?|ws)://{re.escape(own)}/|data:|blob:", url)]
    assert not complaints
    fetch(f"{either.url}/_stcore/stream", Origin="http://elsewhere.example.org", Upgrade="websocket")
    log = either.home / "connections.txt"
    made = log.read_text().splitlines() if log.exists() else []
    assert not [line for line in made if not re.search(r"'(127\.0\.0\.1|localhost|::1|/[^']*)'|None", line)]


# What is sent


@pytest.mark.parametrize(
    "path", ["", "browse", "static/js/nothing.js", "_stcore/health", "media/nothing.png", "nowhere"]
)
def test_every_answer_has_safe_headers(either, path):
    _, headers, _ = fetch(f"{either.url}/{path}")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("path", [
    "../README.md", "static/../../README.md", "static/%2e%2e/%2e%2e/README.md", "app/static/README.md",
    "media/../README.md", "component/../../README.md", "static/..%5c..%5cREADME.md", "static//etc/passwd",
    "%2fetc%2fpasswd", "README.md", ".streamlit/config.toml", "genreclf/paths.py",
    "assets/sample/IMDB_overview_genres.csv",
])  # fmt: skip
def test_no_file_is_served_from_outside_its_folder(either, path):
    host, port = either.url.partition("://")[2].split(":")
    with socket.create_connection((host, int(port)), 20) as connection:  # a client would mend the path
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
    status = int(answer.split(" ", 2)[1])
    assert status >= 400 or "<title>Streamlit</title>" in answer  # the app, which then says that there is no such page
    for text in ("How much do a film", "root:", "gatherUsageStats", "def home()", "Overview,"):
        assert text not in answer


# What is refused


def upload(url: str, session: str, token: str = "", cookie: str = "") -> int:
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\nx\r\n--b--\r\n'
    headers = {"Content_Type": "multipart/form-data; boundary=b", "X_Xsrftoken": token, "Cookie": cookie}
    return fetch(f"{url}/_stcore/upload_file/{session}/file", "PUT", body, **headers)[0]


def test_an_upload_needs_a_token_and_a_session(either):
    cookie = fetch(f"{either.url}/_stcore/health")[1]["Set-Cookie"].partition(";")[0]
    token = cookie.partition("=")[2]
    assert upload(either.url, "nobody") == 403
    assert upload(either.url, "nobody", token=token) == 403
    assert upload(either.url, "nobody", token, cookie) == 400  # the token is right, the session is none


def test_another_site_opens_no_session(either):
    host = either.url.partition("://")[2]
    for name, origin, accepted in [(host, f"http://{host}", True), (host, "http://evil.example.org", False)]:
        headers = [f"Host: {name}", f"Origin: {origin}", "Connection: Upgrade", "Upgrade: websocket",
                   "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]  # fmt: skip
        address, port = host.split(":")
        with socket.create_connection((address, int(port)), 20) as connection:
            connection.sendall("\r\n".join(["GET /_stcore/stream HTTP/1.1", *headers, "", ""]).encode())
            assert (b" 101 " in connection.recv(4096).partition(b"\r\n")[0]) == accepted


def test_in_public_no_page_offers_a_deed_or_shows_a_path_of_the_machine(public_server, page):
    frames: list[bytes] = []
    page.on("websocket", lambda opened: opened.on("framereceived", lambda data: frames.append(_bytes(data))))
    for path in ALL_PAGES:
        page.goto(f"{public_server.url}/{path}")
        page.locator("[data-testid=stMain] h1").first.wait_for()
        page.wait_for_timeout(500)  # nothing tells that what is absent will stay so
        settled(page)
        lines = [line for name in page.get_by_role("button").all_inner_texts() for line in name.splitlines()]
        assert not [line for line in lines if DEEDS.match(line)], path
    assert len(frames) > len(ALL_PAGES)
    sent = b"".join(frames)
    for folder in (paths.PROJECT, public_server.home, Path.home()):
        assert str(folder).encode() not in sent or folder == Path("/"), folder
    assert ForwardMsg.FromString(frames[0]).new_session.main_script_path == "streamlit_app.py"
    assert not list(public_server.home.glob("runs/*"))


def _bytes(data: bytes | str) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


def test_logs_and_files_have_nothing_that_a_visitor_gave(public_server, page, tmp_path):
    file = tmp_path / f"{SECRET} at the seaside.png"
    Image.new("RGB", (300, 444), (200, 40, 30)).save(file)
    damaged = tmp_path / f"{SECRET} torn.png"
    damaged.write_bytes(file.read_bytes()[:200])
    page.goto(f"{public_server.url}/try-your-own?film={SECRET}")
    page.locator("input[type=file]").set_input_files(str(damaged))
    expect(page.get_by_role("alert").first).to_be_visible()
    page.locator("input[type=file]").set_input_files(str(file))
    expect(page.get_by_alt_text("The poster given to the models")).to_be_visible()
    page.get_by_label("Overview").first.fill(f"{SECRET} hunts a ghost in the old house at night, and blood is spilt.")
    page.get_by_role("button", name="Predict genres").click()
    expect(page.get_by_text("Numbers and sources")).to_be_visible()
    settled(page)
    kept = [public_server.log, *public_server.home.rglob("*")]
    for path in (each for each in kept if each.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path


def test_what_a_visitor_may_download_arrives_and_names_no_path(public_server, page, tmp_path):
    page.goto(f"{public_server.url}/evaluate?section=Report")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("download the report")).click()
    download.value.save_as(tmp_path / "report.html")
    content = (tmp_path / "report.html").read_text("utf-8")
    assert "<title>" in content
    assert str(paths.PROJECT) not in content
    assert str(public_server.home) not in content


# Visitors come and go


def test_a_full_server_says_so_and_who_is_away_is_told(serve_at, chromium, tmp_path):
    variables = {public.VARIABLE: "1", public.SESSIONS: "1", public.IDLE: "0.1"}
    with serve_at(tmp_path, **variables) as served:
        first = opened(chromium, f"{served.url}/try-your-own")
        first.get_by_label("Overview").first.fill("A ghost haunts the old house at night, and blood is on the stairs.")
        second = chromium.new_context().new_page()
        assert second.goto(served.url).status == 503
        expect(second.get_by_role("heading", level=1)).to_have_text("This server is full")
        first.wait_for_url("**/away?*")  # it did nothing for six seconds
        second.get_by_role("link").click()
        expect(second.get_by_role("heading", name="genreclf", level=1)).to_be_visible()
        second.context.close()
        first.get_by_role("link").click()
        expect(first).to_have_url(re.compile("/try-your-own$"))
        expect(first.get_by_label("Overview").first).to_have_value("")
        first.context.close()


def opened(chromium, url: str) -> Page:
    page = chromium.new_context().new_page()
    page.goto(url)
    page.locator("[data-testid=stMain] h1").first.wait_for()
    settled(page)
    return page


def test_the_policy_of_a_served_page_is_the_one_in_use(public_server, page):
    page.goto(public_server.url)
    refused = page.evaluate("""async () => {
      try { await fetch("https://example.org/"); return "asked"; } catch (error) { return String(error); }
    }""")
    assert json.dumps(refused) != '"asked"'
