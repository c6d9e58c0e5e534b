"""The examples that the other suites run are the documents' own, every one of them."""

import re
from pathlib import Path

import pytest
from examples import example_names, read_example

DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "mission"
SUITES = Path(__file__).resolve().parent


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_the_examples_are_the_documents_code_blocks_as_they_stand_there(dialect):
    document = DOCUMENTS / f"{dialect}-sdk-files-and-batch.txt"
    if not document.exists():
        pytest.skip(f"{document.name} isn't in {DOCUMENTS}, so that the examples can't be compared with it")
    # One of the documents has lost its line breaks, so white space doesn't count.
    blocks = re.findall(r"```python(?: theme=\{null\})?\s(.*?)\s```", document.read_text(encoding="utf8"), re.DOTALL)
    assert len(blocks) == 19
    examples = [read_example(dialect, name) for name in example_names(dialect)]
    assert [collapse(example) for example in examples] == [collapse(block) for block in blocks]


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_every_example_is_run(dialect):
    suite = (SUITES / f"test_{dialect}_document.py").read_text(encoding="utf8")
    names = example_names(dialect)
    assert len(names) == 19
    assert [name for name in names if f'"{name}"' not in suite] == []


def collapse(text: str) -> str:
    return " ".join(text.split())
