"""tools/download_size.py: what is to be downloaded, as servers tell it; nothing of what lies on this machine's disk."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from download_size import in_words, size_of


class Server(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200 if self.path == "/numpy.whl" else 404)
        if self.path == "/numpy.whl":
            self.send_header("Content-Length", "16900000")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Server) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_size_is_what_the_server_says(server, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert size_of(f"{server}/numpy.whl") == 16_900_000
    assert size_of(f"{server}/missing.whl") is None


def test_a_file_is_not_downloaded(tmp_path):
    (tmp_path / "a b.whl").write_bytes(b"wheel")
    assert size_of((tmp_path / "a b.whl").as_uri()) == 0
    assert size_of((tmp_path / "none.whl").as_uri()) is None


def test_the_sum_says_when_it_is_a_part():
    assert in_words([16_900_000, 600_000]) == "+ pip: 2 packages, 18 MB to download"
    assert in_words([2_000_000]) == "+ pip: 1 package, 2 MB to download"
    assert in_words([16_900_000, None]) == "+ pip: 2 packages, at least 17 MB to download"
