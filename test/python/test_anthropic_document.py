"""Every example of the document on Anthropic's SDK, run as written for each provider, and then on to the results."""

import anthropic
import pytest
from examples import MODELS, PROVIDERS
from results import check_canceled, check_ended

# "default": no provider is named, which is Anthropic.
ROUTES = ["default", *PROVIDERS]
CLIENTS = {"default": "01_client_setup", "openai": "02_client_openai", "bedrock": "03_client_bedrock", "gemini": "04_client_gemini"}
CREATES = {"default": "11_create", "openai": "12_create_openai", "gemini": "13_create_gemini"}
IDS = ["request-1", "request-2"]
TEXT = b"This is a test file for Files API integration."

every_route = pytest.mark.parametrize("route", ROUTES)
every_provider = pytest.mark.parametrize("provider", PROVIDERS)


def upload(examples, route):
    """The text file, which the document sends to Anthropic."""
    return examples.run("05_upload_text", **given(route))["response"]


def create(examples, route):
    """The document has no example for Bedrock: it calls that unsupported. Here OpenAI's serves with its name and a model of its."""
    if route in CREATES:
        return examples.run(CREATES[route])["batch"]
    return examples.run(CREATES["openai"], provider=route, model=MODELS[route])["batch"]


def given(route):
    return {} if route == "default" else {"provider": route}


def model_of(route):
    return MODELS["anthropic" if route == "default" else route]


@pytest.mark.parametrize("route", CLIENTS)
def test_each_client_runs_a_batch_on_its_provider(anthropic_examples, route):
    client = anthropic_examples.run(CLIENTS[route])["client"]
    messages = [{"role": "user", "content": "Hello!"}]
    request = {"custom_id": "only", "params": {"model": model_of(route), "max_tokens": 20, "messages": messages}}
    batch = client.beta.messages.batches.create(requests=[request])
    ended = check_ended(client, batch.id, ["only"])
    assert ended.crossbatch["provider"] == ("anthropic" if route == "default" else route)


@every_route
def test_upload_a_text_file(anthropic_examples, route, capsys):
    response = upload(anthropic_examples, route)
    assert capsys.readouterr().out == f"File ID: {response.id}\nFilename: test_upload.txt\n"
    assert (response.type, response.mime_type, response.size_bytes, response.downloadable) == ("file", "text/plain", len(TEXT), True)


def test_files_are_in_each_providers_own_storage(anthropic_examples, gateway):
    before = len(gateway.control("anthropic", "files"))
    upload(anthropic_examples, "default")
    assert len(gateway.control("anthropic", "files")) == before + 1
    anthropic_examples.run("06_upload_jsonl")
    upload(anthropic_examples, "openai")
    purposes = [(file["filename"], file["purpose"]) for file in gateway.control("openai", "files")]
    assert {("batch_input.jsonl", "batch"), ("test_upload.txt", "user_data")} <= set(purposes)
    assert {purpose for name, purpose in purposes if name == "test_upload.txt"} == {"user_data"}


@every_provider
def test_upload_list_download_and_delete_a_jsonl_file(anthropic_examples, gateway, provider, capsys):
    names = anthropic_examples.run("06_upload_jsonl", provider=provider, model=MODELS[provider])
    file_id, content = names["response"].id, names["jsonl_content"]
    assert capsys.readouterr().out == f"File ID: {file_id}\n"
    anthropic_examples.run("08_list_files_openai", provider=provider)
    assert f"File ID: {file_id}, Name: batch_input.jsonl\n" in capsys.readouterr().out
    assert anthropic_examples.run("10_download_file", provider=provider, id=file_id)["content"] == content.decode()
    capsys.readouterr()
    anthropic_examples.run("09_delete_file", provider=provider, id=file_id)
    assert capsys.readouterr().out == f"Deleted file: {file_id}\n"
    with pytest.raises(anthropic.NotFoundError):
        gateway.anthropic().beta.files.retrieve_metadata(file_id)


@every_route
def test_list_download_and_delete_a_text_file(anthropic_examples, route, capsys):
    file_id = upload(anthropic_examples, route).id
    capsys.readouterr()
    anthropic_examples.run("07_list_files", **given(route))
    assert f"File ID: {file_id}\nFilename: test_upload.txt\nSize: {len(TEXT)} bytes\n---\n" in capsys.readouterr().out
    names = anthropic_examples.run("10_download_file", provider=route, id=file_id)
    assert names["content"] == TEXT.decode()
    response = anthropic_examples.run("09_delete_file", provider=route, id=file_id)["response"]
    assert (response.id, response.type) == (file_id, "file_deleted")


def test_a_list_of_one_providers_files_holds_no_others(anthropic_examples, capsys):
    elsewhere = upload(anthropic_examples, "default").id
    capsys.readouterr()
    anthropic_examples.run("08_list_files_openai")
    assert elsewhere not in capsys.readouterr().out


def test_download_the_output_file_of_a_batch(anthropic_examples, gateway):
    """The document: "OpenAI allows downloading batch output files"."""
    batch = create(anthropic_examples, "openai")
    check_ended(gateway.anthropic(), batch.id, IDS)
    file_id = gateway.openai().batches.retrieve(batch.id).output_file_id
    content = anthropic_examples.run("10_download_file", id=file_id)["content"]
    assert len(content.splitlines()) == 2


@every_route
def test_create_a_batch_and_read_its_results(anthropic_examples, gateway, route, capsys):
    batch = create(anthropic_examples, route)
    assert capsys.readouterr().out == f"Batch ID: {batch.id}\nStatus: in_progress\n"
    assert (batch.type, batch.results_url, batch.request_counts.processing) == ("message_batch", None, 2)
    check_ended(gateway.anthropic(), batch.id, IDS)


def test_enough_requests_are_a_job_of_bedrocks(gateway):
    """In the default bucket with the default role, as the client names neither."""
    client = gateway.anthropic("bedrock")
    ids = [f"line-{number}" for number in range(1, 121)]
    requests = [
        {"custom_id": each, "params": {"model": MODELS["bedrock"], "max_tokens": 50, "messages": [{"role": "user", "content": each}]}}
        for each in ids
    ]
    before = len(gateway.control("bedrock", "batches"))
    check_ended(client, client.messages.batches.create(requests=requests).id, ids)
    assert len(gateway.control("bedrock", "batches")) == before + 1


@every_provider
def test_list_batches(anthropic_examples, gateway, provider, capsys):
    batch = create(anthropic_examples, provider)
    other = create(anthropic_examples, "gemini" if provider == "openai" else "openai")
    check_ended(gateway.anthropic(), batch.id, IDS)
    capsys.readouterr()
    anthropic_examples.run("14_list_batches", provider=provider)
    printed = capsys.readouterr().out
    assert f"Batch ID: {batch.id}\nStatus: ended\nProcessing: 0\nSucceeded: 2\nErrored: 0\n---\n" in printed
    assert other.id not in printed


@every_provider
def test_retrieve_a_batch(anthropic_examples, gateway, provider, capsys):
    with gateway.held(provider):
        batch = create(anthropic_examples, provider)
        capsys.readouterr()
        anthropic_examples.run("15_retrieve_batch", provider=provider, id=batch.id)
        assert capsys.readouterr().out == f"Batch ID: {batch.id}\nStatus: in_progress\nProcessing: 2\nSucceeded: 0\nErrored: 0\n"
    check_ended(gateway.anthropic(), batch.id, IDS)
    anthropic_examples.run("15_retrieve_batch", provider=provider, id=batch.id)
    assert capsys.readouterr().out == f"Batch ID: {batch.id}\nStatus: ended\nProcessing: 0\nSucceeded: 2\nErrored: 0\n"


@every_provider
def test_cancel_a_batch(anthropic_examples, gateway, provider, capsys):
    with gateway.held(provider):
        batch = create(anthropic_examples, provider)
        capsys.readouterr()
        anthropic_examples.run("16_cancel_batch", provider=provider, id=batch.id)
        assert capsys.readouterr().out in [f"Batch ID: {batch.id}\nStatus: {status}\n" for status in ["canceling", "ended"]]
    check_canceled(gateway.anthropic(), batch.id, IDS)


@every_route
def test_results(anthropic_examples, gateway, route, capsys):
    batch = create(anthropic_examples, route)
    check_ended(gateway.anthropic(), batch.id, IDS)
    capsys.readouterr()
    anthropic_examples.run("17_results", id=batch.id, **given(route))
    printed = capsys.readouterr().out
    assert sorted(line for line in printed.splitlines() if line.startswith("Custom ID: ")) == [f"Custom ID: {each}" for each in IDS]
    assert (printed.count("\nResponse: "), printed.count("Error: "), printed.count("---\n")) == (2, 0, 2)


@every_provider
def test_results_before_the_end_are_an_error(anthropic_examples, gateway, provider):
    with gateway.held(provider):
        batch = create(anthropic_examples, provider)
        with pytest.raises(anthropic.AnthropicError, match="No `results_url`"):
            anthropic_examples.run("17_results", provider=provider, id=batch.id)
        gateway.anthropic().messages.batches.cancel(batch.id)


@every_route
def test_batch_workflow(anthropic_examples, gateway, route, capsys):
    changed = {} if route == "default" else {"provider": route, "model": model_of(route)}
    batch = anthropic_examples.run("18_workflow", **changed)["batch"]
    printed = capsys.readouterr().out
    assert "Batch completed!\n" in printed
    for custom_id in ["math-question", "geography-question"]:
        assert f"{custom_id}: " in printed
    assert "Error" not in printed and "not yet available" not in printed
    assert printed.endswith(f"\nSuccess! Batch {batch.id} workflow completed.\n")
    check_ended(gateway.anthropic(), batch.id, ["math-question", "geography-question"])


@every_provider
def test_cross_provider_workflow(anthropic_examples, gateway, provider, capsys):
    batch = anthropic_examples.run("19_workflow_openai", provider=provider, model=MODELS[provider])["batch"]
    printed = capsys.readouterr().out
    assert "status = ended\n" in printed
    assert printed.endswith(f"\nSuccess! Cross-provider batch {batch.id} completed via Anthropic SDK.\n")
    check_ended(gateway.anthropic(provider), batch.id, ["openai-request-1", "openai-request-2"])
