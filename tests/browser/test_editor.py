"""An editor with the language server for YAML: what it offers, what it says on hover, how much it complains."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core import registry

ROOT = Path(__file__).parents[2]
SETTINGS = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}
HEAD = """\
# yaml-language-server: $schema=../robustcheck.schema.json
robustcheck: 1
title: Signs
owner: tests
model: signs-robot
data: signs-test
expect: {accuracy: ">= 90%"}
checks:
"""
PATIENCE = 120


class Editor:
    """A client of the language server, as an editor is one."""

    def __init__(self, command: list[str], root: Path) -> None:
        self._root = root
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._problems: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()
        self.ask(
            "initialize",
            {"processId": None, "rootUri": root.as_uri(), "capabilities": {"workspace": {"configuration": True}}},
        )
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": SETTINGS}})

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()

    def open(self, text: str) -> tuple[str, list[str]]:
        """Open a suite, and return its address and the problems that the editor shows."""
        self._number += 1
        address = (self._root / "suites" / f"new{self._number}.yaml").as_uri()
        document = {"uri": address, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while (told := self._problems.get(timeout=PATIENCE))["uri"] != address:
            pass
        return address, [problem["message"] for problem in told["diagnostics"]]

    def at(self, method: str, address: str, text: str, word: str) -> Any:
        """Ask about the place just within a word of a text."""
        before = text[: text.index(word) + len(word) // 2 if method == "hover" else text.index(word) + len(word)]
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": address}, "position": place})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while (answer := self._answers.get(timeout=PATIENCE))["id"] != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream
        while head := stream.readline():
            length = int(head.partition(b":")[2]) if head.lower().startswith(b"content-length") else 0
            while stream.readline().strip():
                pass
            message = json.loads(stream.read(length))
            if message.get("method") == "textDocument/publishDiagnostics":
                self._problems.put(message["params"])
            elif "method" in message and "id" in message:
                wanted = message["params"].get("items", ()) if message["method"] == "workspace/configuration" else ()
                self._send({"id": message["id"], "result": [SETTINGS.get(item.get("section"), {}) for item in wanted]})
            elif "id" in message:
                self._answers.put(message)


@pytest.fixture(scope="module")
def editor(language_server: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    root = tmp_path_factory.mktemp("project")
    (root / "suites").mkdir()
    # In a process of its own: other tests may have registered shifts.
    made = subprocess.run(
        [sys.executable, "-m", "robustcheck.cli", "schema", "suite"], capture_output=True, check=True, cwd=ROOT
    )
    (root / "robustcheck.schema.json").write_bytes(made.stdout)
    found = Editor(language_server, root)
    yield found
    found.close()


def test_a_suite_without_a_mistake_has_no_problem(editor: Editor) -> None:
    assert editor.open((ROOT / "docs" / "example.yaml").read_text(encoding="utf-8"))[1] == []


@pytest.mark.parametrize("name", ["camera.pitch", "light.exposure", "weather.rain", "lens.dirt"])
def test_a_shift_says_what_it_does(editor: Editor, name: str) -> None:
    text = f"{HEAD}  - shift: {name}\n"
    address, _ = editor.open(text)
    said = editor.at("hover", address, text, name)["contents"]["value"]
    first = said.partition("Allowed Values")[0]
    assert registry.shifts[name].summary.rstrip(".") in " ".join(first.replace("\\", "").split())


def test_a_parameter_says_its_unit_and_its_range(editor: Editor) -> None:
    text = f"{HEAD}  - shift: camera.pitch\n    pitch: 5deg\n"
    address, problems = editor.open(text)
    assert problems == []
    said = editor.at("hover", address, text, "pitch: 5")["contents"]["value"]
    assert "Range: between -60deg and 60deg" in said.replace("\\", "")


def test_shifts_are_offered_each_with_its_own_description(editor: Editor) -> None:
    text = f"{HEAD}  - shift: \n"
    address, problems = editor.open(text)
    assert 1 <= len(problems) <= 5
    answer = editor.at("completion", address, text, "- shift: ")
    offered = {
        item["label"]: item.get("documentation", "")
        for item in (answer["items"] if isinstance(answer, dict) else answer)
    }
    lacking = {
        name: offered.get(name)
        for name in (one.name for one in registry.shifts)
        if not offered.get(name, "").startswith(registry.shifts[name].summary)
    }
    assert lacking == {}


@pytest.mark.parametrize("check", ["- ", "- {}", "- shift: camera.ptch", "- attack: pdg", "- nothing"])
def test_what_is_not_finished_gives_few_problems(editor: Editor, check: str) -> None:
    assert 1 <= len(editor.open(f"{HEAD}  {check}\n")[1]) <= 5
