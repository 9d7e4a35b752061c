"""A network camera: `multipart/x-mixed-replace` JPEG over HTTP, as cheap cameras have it, which can fail on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class MjpegServer:
    """Serves `pictures` (JPEG files' bytes) one after the other, over and over, `fps` a second, on a free port."""

    def __init__(self, pictures: Sequence[bytes], fps: float = 25.0) -> None:
        self.is_silent = self.is_refusing = False
        self._is_over = False
        camera = self

        class Connection(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if camera.is_refusing:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                index = 0
                while not (camera._is_over or camera.is_refusing):
                    if not camera.is_silent:
                        picture = pictures[index % len(pictures)]
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                        try:
                            self.wfile.write(head.encode() + picture + b"\r\n")
                        except OSError:
                            return
                        index += 1
                    time.sleep(1 / fps)

            def log_request(self, code: object = "-", size: object = "-") -> None:
                """Say nothing."""

            def log_error(self, *told: object) -> None:
                """Nor of errors, which are meant."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        return f"http://user:secret@127.0.0.1:{self._server.server_port}/video?token=secret"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._is_over = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
