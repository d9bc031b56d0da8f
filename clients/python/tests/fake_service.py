"""A service that answers as a test tells it, and records what it was asked."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, NamedTuple, Optional

KEY = "a-key-that-nobody-may-see"


class Request(NamedTuple):
    method: str
    path: str
    headers: Dict[str, str]
    body: Any


class Answer(NamedTuple):
    status: int = 200
    body: Any = None
    headers: Dict[str, str] = {}


Handler = Callable[[Request], Any]


class FakeService:
    """Gives the answers in this order; the last one again and again. An answer may be a function of the request.

    `drop` closes the connection without an answer.
    """

    drop = object()

    def __init__(self, *answers: Any) -> None:
        self.answers: List[Any] = list(answers) or [Answer()]
        self.requests: List[Request] = []
        service = self

        class HttpHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, json.loads(raw) if raw else None)
                service.requests.append(request)
                answer = service.answers.pop(0) if len(service.answers) > 1 else service.answers[0]
                if callable(answer):
                    answer = answer(request)
                if answer is service.drop:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body or {}).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "content-length" not in answer.headers:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

            def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that gave up is what these tests are about."""

        self._server = Server(("127.0.0.1", 0), HttpHandler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def last(self) -> Request:
        return self.requests[-1]


def sent(notification_id: int = 7, **fields: Any) -> Answer:
    """The answer to a notification that was sent."""
    res = {"notification_id": notification_id, "message": "m", "urgent": False, "category": "system"}
    return Answer(200, {"res": {**res, "sent_time": "2026-11-29T10:00:00.000Z", **fields}, "errors": []})


def slowly(seconds: float, answer: Optional[Answer] = None) -> Handler:
    """Waits before it answers."""

    def handler(_request: Request) -> Answer:
        time.sleep(seconds)
        return answer or Answer()

    return handler


class DrippingServer:
    """Sends a byte of a header every 50 ms and never ends: each byte renews the time-out of a socket."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    @staticmethod
    def _drip(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-drip: ")
            while True:
                connection.sendall(b"a")
                time.sleep(0.05)
        except OSError:
            pass

    def close(self) -> None:
        self._socket.close()
