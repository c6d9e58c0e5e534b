"""Reads the runnable examples out of the documents that describe what the gateway implements."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "mission"
OPENAI_DOCUMENT = FOLDER / "openai-sdk-files-and-batch.txt"


@dataclass(frozen=True)
class Example:
    """One fenced block: the headings and tab it stands under, and its code."""

    section: str
    tab: str
    code: str


def read_examples(document: Path) -> list[Example]:
    examples: list[Example] = []
    section = tab = ""
    block: list[str] | None = None
    for line in document.read_text(encoding="utf8").splitlines():
        stripped = line.strip()
        if block is not None:
            if stripped == "```":
                examples.append(Example(section, tab, textwrap.dedent("\n".join(block))))
                block = None
            else:
                block.append(line)
        elif stripped.startswith("```python"):
            block = []
        elif stripped.startswith("#"):
            section, tab = stripped.lstrip("# "), ""
        elif found := re.search(r'<Tab title="([^"]+)"', line):
            tab = found.group(1)
        elif "</Tabs>" in line:
            tab = ""
    return examples


def find_example(examples: list[Example], section: str, tab: str = "") -> str:
    found = [example.code for example in examples if example.section == section and example.tab == tab]
    assert len(found) == 1, f"{len(found)} examples under {section!r} / {tab!r}"
    return found[0]


class Runner:
    """Runs examples as written, but for address, key, placeholders of ids, provider names in a choice, and sleeps."""

    def __init__(self, base_url: str, key: str):
        self.base_url = base_url
        self.key = key

    def run(self, code: str, provider: str, **placeholders: str) -> dict:
        source = re.sub(r'base_url="[^"]+"', f"base_url={self.base_url!r}", code)
        source = re.sub(r'api_key="[^"]+"', f"api_key={self.key!r}", source)
        # "bedrock"  # or "openai", "gemini": the document lets the reader choose.
        source = re.sub(r'"provider": "\w+"(,?[^\n]*#[^\n]*\bor\b)', rf'"provider": "{provider}"\1', source)
        source = source.replace("time.sleep(5)", "time.sleep(0.2)")
        for placeholder, value in placeholders.items():
            source = source.replace(f'"{placeholder.replace("_", "-", 1)}"', repr(value))
        names: dict = {"__name__": "example"}
        if "client = OpenAI(" not in source:
            source = f"from openai import OpenAI\nclient = OpenAI(base_url={self.base_url!r}, api_key={self.key!r})\n{source}"
        exec(compile(source, "example", "exec"), names)
        return names
