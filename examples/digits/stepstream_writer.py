"""A small writer for one Stepstream run: rows go in, frames leave in the background over plain HTTP.

Needs the standard library and `msgpack`. Every frame carries this writer's name and a sequence number, so a frame that is
sent again after a lost answer is stored once.
"""

from __future__ import annotations

import atexit
import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgpack

FLUSH_INTERVAL_SECONDS = 0.1
REQUEST_TIMEOUT_SECONDS = 30.0
GIVE_UP_AFTER_SECONDS = 60.0
FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0
FRAME_BYTES = 256 * 1024
"""The server takes frames of up to 1 MiB."""
POINTS_WAITING = 100_000
"""With so many points not yet acknowledged `log` waits: training slows down rather than memory grows or points get lost."""

Row = dict[str, Any]


class WriterError(RuntimeError):
    """The server refused a frame for good, or could not be reached for GIVE_UP_AFTER_SECONDS."""


class RunWriter:
    """Streams the metrics and metadata of one run.

    `points_sent` counts the points handed over, `points_acked` those that the server has made durable, `at` is its token
    for the last of them. Errors of the background thread are raised by the next call. Safe to use from several threads.
    """

    def __init__(self, url: str, project: str, run: str, api_key: str | None = None) -> None:
        self.project = project
        self.run = run
        self.points_sent = 0
        self.points_acked = 0
        self.retries = 0
        self.at = ""
        self._writer = uuid.uuid4().hex[:16]
        self._seq = 0
        self._rows: list[Row] = []
        self._update: dict[str, Any] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._error: Exception | None = None
        self._connection = _connection(url)
        self._path = urlsplit(url).path.rstrip("/") + "/v1/frames"
        self._headers = {"Content-Type": "application/msgpack"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._thread = threading.Thread(target=self._work, name=f"stepstream-{run}", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Hands over one point per metric, with the present time; returns at once unless far too much is waiting."""
        values = {name: float(value) for name, value in metrics.items()}
        row = {"step": step, "time": time.time_ns() // 1_000_000, "metrics": values}
        with self._changed:
            self._changed.wait_for(lambda: self._error or self.points_sent - self.points_acked < POINTS_WAITING)
            self._check()
            self._rows.append(row)
            self.points_sent += len(metrics)
            self._changed.notify_all()

    def update(
        self,
        *,
        name: str | None = None,
        state: str | None = None,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Sets what is given: params and tags key by key, state one of running, finished, failed, killed."""
        with self._changed:
            self._check()
            if name is not None:
                self._update["name"] = name
            if state is not None:
                self._update["state"] = state
            for field, entries in (("params", params), ("tags", tags)):
                if entries:
                    self._update.setdefault(field, {}).update(entries)
            self._changed.notify_all()

    def finish(self, state: str) -> None:
        """Sets the final state, sends everything that waits, and ends the thread."""
        self.update(state=state)
        self.close()

    def close(self) -> None:
        """Sends everything that waits and ends the thread; called by itself when the program ends."""
        atexit.unregister(self.close)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise WriterError(f"run {self.run}: {self._error}") from self._error

    def _work(self) -> None:
        try:
            while True:
                frame, points = self._next_frame()
                if frame is None:
                    return
                answer = self._send(msgpack.packb(frame))
                with self._changed:
                    self.points_acked += points
                    self.at = answer["at"]
                    self._changed.notify_all()
        except Exception as error:  # It is raised to the caller by the next call.
            with self._changed:
                self._error = error
                self._changed.notify_all()
        finally:
            self._connection.close()

    def _next_frame(self) -> tuple[dict[str, Any] | None, int]:
        """Waits for rows or an update, then a little longer for others to go with them; None when closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._update or self._closing)
            self._changed.wait_for(lambda: self._closing, timeout=FLUSH_INTERVAL_SECONDS)
            if not self._rows and not self._update:
                return None, 0
            rows, points = self._take_rows()
            frame: dict[str, Any] = {"project": self.project, "run": self.run, "writer": self._writer, "seq": self._seq}
            # A state goes with the last rows, never ahead of them.
            if self._update and not self._rows:
                frame["update"], self._update = self._update, {}
            if rows:
                frame["log"] = rows
            self._seq += 1
            return frame, points

    def _take_rows(self) -> tuple[list[Row], int]:
        points = size = count = 0
        while count < len(self._rows) and size < FRAME_BYTES:
            names = self._rows[count]["metrics"]
            points += len(names)
            # A name, its length, and a float of 9 bytes; the row's own fields are less than two points' worth.
            size += sum(len(name.encode()) + 12 for name in names) + 32
            count += 1
        rows, self._rows = self._rows[:count], self._rows[count:]
        return rows, points

    def _send(self, body: bytes) -> dict[str, Any]:
        """Sends until the frame is durable; the same bytes every time, so that it is stored once."""
        deadline = time.monotonic() + GIVE_UP_AFTER_SECONDS
        pause = FIRST_RETRY_SECONDS
        while True:
            try:
                return self._post(body)
            except _Retryable:
                if time.monotonic() + pause > deadline:
                    raise
                self.retries += 1
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_RETRY_SECONDS)

    def _post(self, body: bytes) -> dict[str, Any]:
        try:
            self._connection.request("POST", self._path, body, self._headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            # Whether the frame arrived is unknown; the next request opens a new connection.
            self._connection.close()
            raise _Retryable(f"{type(error).__name__}: {error}") from error
        if response.status == 200:
            answer: dict[str, Any] = json.loads(text)
            return answer
        raise _refusal(response.status, text)


class _Retryable(Exception):
    pass


def _refusal(status: int, text: bytes) -> Exception:
    try:
        error = json.loads(text)["error"]
        message, retryable = f"{error['code']}: {error['message']}", error["retryable"]
    except (ValueError, KeyError, TypeError):
        # Not Stepstream's answer, but that of something on the way.
        message, retryable = f"HTTP {status}", status in (408, 429) or status >= 500
    return _Retryable(message) if retryable else WriterError(message)


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an http address: {url}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, parts.port, timeout=REQUEST_TIMEOUT_SECONDS)
