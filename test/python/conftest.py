"""Starts a gateway with emulated providers for the whole run; every test talks to it with an official SDK."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / "node_modules" / ".bin" / "node"


@dataclass(frozen=True)
class Gateway:
    """Where the gateway and its emulators listen."""

    url: str
    emulators: dict

    @property
    def openai(self) -> str:
        return f"{self.url}/openai"


@pytest.fixture(scope="session")
def gateway():
    process = subprocess.Popen(
        [str(NODE), str(ROOT / "test" / "support" / "serve.ts")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith(("CROSSBATCH_", "OPENAI_", "ANTHROPIC_"))},
    )
    assert process.stdin is not None and process.stdout is not None
    first = process.stdout.readline()
    if not first.startswith("{"):
        process.kill()
        pytest.fail(f"the gateway didn't start: {first}{process.stdout.read()}")
    ready = json.loads(first)
    yield Gateway(url=ready["url"], emulators=ready["emulators"])
    # It stops when its standard input closes, so that it never outlives the run.
    process.stdin.close()
    assert process.wait(timeout=60) == 0, "the gateway didn't stop cleanly"


if sys.version_info < (3, 10):
    sys.exit("the Python suite needs Python 3.10 or newer")
