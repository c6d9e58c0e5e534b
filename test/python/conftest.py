"""Starts a gateway with emulated providers for the whole run; every test talks to it with an official SDK."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anthropic
import openai
import pytest
from examples import Runner

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / "node_modules" / ".bin" / "node"
FOREIGN = ("CROSSBATCH_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "AWS_")


@dataclass(frozen=True)
class Gateway:
    """Where the gateway and the controls of its emulators listen."""

    url: str
    emulators: dict[str, str]
    clients: dict[str | None, anthropic.Anthropic] = field(default_factory=dict)

    def openai(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/openai", api_key="your-api-key")

    def anthropic(self, provider: str | None = None) -> anthropic.Anthropic:
        if provider not in self.clients:
            headers = {} if provider is None else {"x-model-provider": provider}
            self.clients[provider] = anthropic.Anthropic(base_url=f"{self.url}/anthropic", api_key="virtual-key-or-dummy-key", default_headers=headers)
        return self.clients[provider]

    def control(self, emulator: str, method: str, *arguments):
        """docs/emulators.md lists the methods."""
        request = urllib.request.Request(f"{self.emulators[emulator]}/{method}", json.dumps(arguments).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response).get("result")

    @contextmanager
    def held(self, provider: str) -> Iterator[None]:
        """Meanwhile no batch of the provider moves on, nor do lines that run one by one: the provider is busy."""
        self.control(provider, "setSpeed", 0)
        self.control(provider, "inject", {"kind": "status", "status": 429, "retryAfterSeconds": 1, "path": "^/model/", "times": 1_000})
        try:
            yield
        finally:
            self.control(provider, "clearFaults")
            self.control(provider, "setSpeed", "instant")


@pytest.fixture(scope="session")
def gateway():
    process = subprocess.Popen(
        [str(NODE), str(ROOT / "test" / "support" / "serve.ts")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)},
    )
    assert process.stdin is not None and process.stdout is not None
    first = process.stdout.readline()
    if not first.startswith("{"):
        process.kill()
        pytest.fail(f"the gateway didn't start: {first}{process.stdout.read()}")
    yield Gateway(**json.loads(first))
    # It stops when its standard input closes, so that it never outlives the run.
    process.stdin.close()
    assert process.wait(timeout=60) == 0, "the gateway didn't stop cleanly"


@pytest.fixture()
def openai_examples(gateway) -> Runner:
    return Runner("openai", gateway.url)


@pytest.fixture()
def anthropic_examples(gateway) -> Runner:
    return Runner("anthropic", gateway.url)


if sys.version_info < (3, 10):
    sys.exit("the Python suite needs Python 3.10 or newer")
