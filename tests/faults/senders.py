"""Platforms that send at random, in processes of their own, and write down all they were told.

Half of their statements have ids from one pool, each with three contents, so many are duplicates of
something or contradict it. What is about to be sent is written before it is sent, what was answered
as soon as it is. A request without an answer, or answered 503, is sent again until it has one, as a
real platform does.

The words that may not count in a comparison (``verb.display``) carry the name of the request: so
the log tells which request recorded a statement.
"""

import contextlib
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import orjson

from tests.examples import statement
from tests.servers import KEY, ROOT, SECRET
from tests.xapi_client import JSON, STATEMENTS, multipart

PROCESSES = 4
THREADS = 3
VERB = "http://adlnet.gov/expapi/verbs/completed"
ACTIVITY = "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026"
STATE = "/xapi/activities/state"
VERSION = {"X-Experience-API-Version": "1.0.3"}


@dataclass
class Report:
    """What the senders of one run wrote down."""

    sent: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    states: dict[str, tuple[int, int]] = field(default_factory=dict)
    refusals: int = 0

    def add(self, note: dict[str, Any]) -> None:
        match note:
            case {"sent": request, "statements": chosen}:
                self.sent[request] = [(one[0], one[1]) for one in chosen]
            case {"answered": request, "status": status}:
                self.answers[request] = status
            case {"state": name, "sent_page": page}:
                self.states[name] = (self.states.get(name, (0, 0))[0], page)
            case {"state": name, "saved_page": page}:
                self.states[name] = (page, self.states[name][1])
            case {"refused": _}:
                self.refusals += 1

    @property
    def acknowledged(self) -> dict[str, int]:
        """The content of every statement some request was told is stored."""
        return {
            statement_id: content
            for request, status in self.answers.items()
            if status in (200, 204)
            for statement_id, content in self.sent[request]
        }


def content_of(number: int) -> dict[str, Any]:
    return {"response": f"content {number}"}


def data_of(statement_id: str, content: int) -> bytes | None:
    """The data attached to a statement; every eighth has some."""
    return f"{statement_id} {content}\r\n".encode() * 50 if statement_id[0] in "07" else None


def statement_of(request: str, statement_id: str, content: int) -> dict[str, Any]:
    verb = {"id": VERB, "display": {"en": request}}
    value = statement(id=statement_id, verb=verb, result=content_of(content))
    if (data := data_of(statement_id, content)) is not None:
        value["attachments"] = [
            {
                "usageType": "http://id.tincanapi.com/attachment/supporting_media",
                "display": {"en": "Data"},
                "contentType": "application/octet-stream",
                "length": len(data),
                "sha2": sha256(data).hexdigest(),
            }
        ]
    return value


def body_of(request: str, chosen: list[tuple[str, int]]) -> tuple[bytes, dict[str, str]]:
    values = [statement_of(request, *one) for one in chosen]
    parts = []
    for value, one in zip(values, chosen, strict=True):
        if (data := data_of(*one)) is not None:
            sha2 = value["attachments"][0]["sha2"]
            headers = {"Content-Transfer-Encoding": "binary", "X-Experience-API-Hash": sha2}
            parts.append((headers, data))
    text = orjson.dumps(values)
    return multipart(text, parts) if parts else (text, JSON)


def parameters_of_state(sender: str) -> dict[str, str]:
    agent = {"account": {"homePage": "https://sso.bvhttdl.example", "name": sender}}
    about = {"agent": orjson.dumps(agent).decode(), "activityId": ACTIVITY}
    return {**about, "stateId": "bookmark"}


class Sender:
    """One thread of one platform."""

    def __init__(self, url: str, name: str, pool: int, notes: Any, stop: threading.Event) -> None:
        self._http = httpx.Client(base_url=url, auth=(KEY, SECRET), headers=VERSION, timeout=20)
        self._name, self._notes, self._stop = name, notes, stop
        self._random = random.Random(name)
        self._ids = [str(uuid5(NAMESPACE_URL, f"{pool}/{number}")) for number in range(pool)]
        self._count = 0

    def run(self) -> None:
        while not self._stop.is_set():
            self._count += 1
            if self._count % 10 == 0:
                self._save_state()
            else:
                self._send_statements(f"{self._name}-{self._count}")

    def _send_statements(self, request: str) -> None:
        ids = {self._choose_id() for _ in range(self._random.choice((1, 1, 1, 2, 5)))}
        chosen = [(one, self._random.choice((0, 0, 0, 1, 2))) for one in sorted(ids)]
        self._note(sent=request, statements=chosen)
        body, headers = body_of(request, chosen)
        answer = self._insist("POST", STATEMENTS, content=body, headers=headers)
        if answer is not None:
            self._note(answered=request, status=answer.status_code)

    def _choose_id(self) -> str:
        if self._random.random() < 0.5:
            return self._random.choice(self._ids)
        return str(UUID(int=self._random.getrandbits(128)))

    def _save_state(self) -> None:
        """A bookmark that only moves forward."""
        self._note(state=self._name, sent_page=self._count)
        answer = self._insist(
            "PUT",
            STATE,
            params=parameters_of_state(self._name),
            content=str(self._count),
            headers={"Content-Type": "text/plain"},
        )
        if answer is not None:
            assert answer.status_code == 204, answer.text
            self._note(state=self._name, saved_page=self._count)

    def _insist(self, method: str, path: str, **request: Any) -> httpx.Response | None:
        """The answer, however often the store has to be asked; None when told to stop."""
        while True:
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code < 500:
                    return answer
                self._note(refused=answer.status_code, said=answer.text[:300])
                assert answer.status_code == 503, answer.text
                assert answer.headers["retry-after"]
            if self._stop.wait(0.05):
                return None

    def _note(self, **what: Any) -> None:
        self._notes.write(orjson.dumps(what) + b"\n")  # unbuffered: one call, one line


class Senders:
    """Four processes that send until they are told to stop."""

    def __init__(self, url: str, directory: Path, pool: int = 400) -> None:
        self.report = Report()
        self._notes = [directory / f"sender-{number}.jsonl" for number in range(PROCESSES)]
        self._read = dict.fromkeys(self._notes, 0)
        self._processes = [self._start(url, path, pool) for path in self._notes]

    def _start(self, url: str, path: Path, pool: int) -> subprocess.Popen[bytes]:
        path.touch()
        command = (sys.executable, "-m", "tests.faults.senders", url, path.stem, str(pool), path)
        with path.with_suffix(".errors").open("wb") as errors:
            return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=errors)

    def wait_for_answers(self, count: int, seconds: float = 60) -> None:
        """Until so many more requests were answered: processes go at their own pace."""
        wanted = len(self.read_notes().answers) + count
        deadline = time.monotonic() + seconds
        while len(self.read_notes().answers) < wanted:
            self.check_alive()
            assert time.monotonic() < deadline, f"fewer than {count} answers in {seconds} s"
            time.sleep(0.05)

    def check_alive(self) -> None:
        for process, notes in zip(self._processes, self._notes, strict=True):
            assert process.poll() is None, notes.with_suffix(".errors").read_text()

    def stop(self) -> None:
        """Let each get the answer to its last request, or give it up."""
        for process in self._processes:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        for process, notes in zip(self._processes, self._notes, strict=True):
            assert process.wait(60) == 0, notes.with_suffix(".errors").read_text()

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def read_notes(self) -> Report:
        """The report with all that was written down up to now."""
        for path in self._notes:
            with path.open("rb") as notes:
                notes.seek(self._read[path])
                lines = notes.read().split(b"\n")
            self._read[path] += sum(len(line) + 1 for line in lines[:-1])
            for line in lines[:-1]:  # the last is half written, or empty
                self.report.add(orjson.loads(line))
        return self.report


@contextlib.contextmanager
def sending(url: str, directory: Path) -> Iterator[Senders]:
    """Senders for a while."""
    senders = Senders(url, directory)
    try:
        yield senders
        senders.stop()
    finally:
        senders.kill()


def stop_with_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def main(url: str, name: str, pool: str, path: str) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(sender: Sender) -> None:
        try:
            sender.run()
        except BaseException as failure:
            failures.append(failure)
            stop.set()

    with open(path, "ab", buffering=0) as notes:
        threads = [
            threading.Thread(target=run, args=(Sender(url, f"{name}.{n}", int(pool), notes, stop),))
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        threading.Thread(target=stop_with_input, args=(stop,), daemon=True).start()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
