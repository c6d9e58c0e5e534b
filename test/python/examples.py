"""The examples of the two documents that describe what the gateway implements, run as they are written.

`examples/` holds every code block of them in the documents' order; test_documents.py proves that each is the document's own text.
"""

import re
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "examples"

MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-3-sonnet-20240229",
    "gemini": "gemini-1.5-flash",
    "bedrock": "anthropic.claude-3-sonnet-20240229-v1:0",
}
PROVIDERS = list(MODELS)

# Longest first: one model's name is part of another's.
ANY_MODEL = "|".join(re.escape(model) for model in sorted(MODELS.values(), key=len, reverse=True))

PLACEHOLDER = r"(?:file|batch)-abc123"


def example_names(dialect: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / dialect).glob("*.py"))


def read_example(dialect: str, name: str) -> str:
    return (FOLDER / dialect / f"{name}.py").read_text(encoding="utf8")


class Runner:
    """Runs examples of one document against the gateway: what is changed is its address, the length of a pause, and what `run` is told."""

    def __init__(self, dialect: str, url: str):
        self.dialect = dialect
        self.url = url

    def run(self, name: str, *, provider: str | None = None, model: str | None = None, id: str | None = None) -> dict:
        """Returns the example's variables. `provider` and `model` stand in for those that it names, `id` for its `file-abc123` or `batch-abc123`."""
        code = read_example(self.dialect, name)
        if provider is not None:
            code = WITH_PROVIDER[self.dialect](code, provider)
        if model is not None:
            code = replace(ANY_MODEL, model, code)
        if id is not None:
            code = replace(PLACEHOLDER, id, code)
        assert not re.search(PLACEHOLDER, code), f"{name} needs an id"
        names: dict = {"__name__": name}
        if "client = " not in code:
            # The document sets its client up once, in its first example.
            self.execute(read_example(self.dialect, "01_client_setup"), names)
        self.execute(code, names)
        return names

    def execute(self, code: str, names: dict) -> None:
        if "base_url=" in code:
            code = replace("http://localhost:8080", self.url, code)
        if "time.sleep" in code:
            code = replace(r"time\.sleep\(5\)", "time.sleep(0.2)", code)
        exec(compile(code, names["__name__"], "exec"), names)


def replace(pattern: str, by: str | Callable[[re.Match], str], code: str) -> str:
    """A change that finds nothing to change would leave a test that tests something else."""
    changed, count = re.subn(pattern, by if callable(by) else lambda _: by, code)
    assert count > 0, f"no {pattern} in:\n{code}"
    return changed


def with_field(code: str, provider: str) -> str:
    """Where the document lets its reader choose (`"bedrock"  # or "openai", "gemini"`), or fixes a provider in a field."""
    choice = r'("provider": )"\w+"(?=[^\n]*# or )'
    fixed = r'("provider": )"\w+"'
    return replace(choice if re.search(choice, code) else fixed, lambda found: f'{found[1]}"{provider}"', code)


def with_header(code: str, provider: str) -> str:
    """`default`: the header is left out, as the document says for its own provider."""
    header = f'default_headers={{"x-model-provider": "{provider}"}}'
    if provider == "default":
        return replace(r",\n    default_headers=\{[^}]*\}", "", code)
    if "default_headers=" in code:
        return replace(r"default_headers=\{[^}]*\}", header, code)
    return replace(r'(api_key="[^"]+")', lambda found: f"{found[1]},\n    {header}", code)


WITH_PROVIDER = {"openai": with_field, "anthropic": with_header}
