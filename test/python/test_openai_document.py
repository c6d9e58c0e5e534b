"""Every OpenAI example of the first mission document, run as written with the official SDK, and then on to the results."""

import json
import time

import pytest
from mission import OPENAI_DOCUMENT, Runner, find_example, read_examples
from openai import OpenAI

EXAMPLES = read_examples(OPENAI_DOCUMENT) if OPENAI_DOCUMENT.exists() else []
PROVIDERS = ["openai"]
UPLOAD_TABS = {"openai": "OpenAI Provider"}
WORKFLOWS = {"openai": "OpenAI Batch Workflow"}


def test_the_document_is_there_and_has_examples():
    assert len(EXAMPLES) >= 15, f"no examples found in {OPENAI_DOCUMENT}"


@pytest.fixture()
def runner(gateway):
    return Runner(gateway.openai, "your-api-key")


@pytest.fixture()
def client(gateway):
    return OpenAI(base_url=gateway.openai, api_key="your-api-key")


def upload(runner, provider):
    return runner.run(find_example(EXAMPLES, "Upload a File", UPLOAD_TABS[provider]), provider)


def create(runner, provider, file_id):
    code = find_example(EXAMPLES, "Create a Batch", UPLOAD_TABS[provider])
    return runner.run(code, provider, file_abc123=file_id)["batch"]


def wait_for_end(client, batch):
    deadline = time.monotonic() + 60
    while batch.status not in ["completed", "failed", "expired", "cancelled"]:
        assert time.monotonic() < deadline, f"the batch is still {batch.status}"
        time.sleep(0.1)
        batch = client.batches.retrieve(batch.id)
    return batch


def read_results(client, batch, expected):
    """Each custom_id exactly once, each line in OpenAI's own output format."""
    lines = [json.loads(line) for line in client.files.content(batch.output_file_id).text.splitlines()]
    assert sorted(line["custom_id"] for line in lines) == sorted(expected)
    for line in lines:
        assert line["error"] is None and line["response"]["status_code"] == 200
        body = line["response"]["body"]
        assert body["object"] == "chat.completion"
        assert isinstance(body["choices"][0]["message"]["content"], str)
        assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]
    return lines


@pytest.mark.parametrize("provider", PROVIDERS)
def test_upload(runner, provider, capsys):
    response = upload(runner, provider)["response"]
    assert response.id.startswith("file-")
    assert response.purpose == "batch"
    assert f"Uploaded file ID: {response.id}" in capsys.readouterr().out


@pytest.mark.parametrize("provider", PROVIDERS)
def test_list_files(runner, provider, capsys):
    file_id = upload(runner, provider)["response"].id
    code = find_example(EXAMPLES, "List Files").split("# For Bedrock")[0]
    runner.run(code, provider)
    assert f"File ID: {file_id}, Name: batch_input.jsonl" in capsys.readouterr().out


@pytest.mark.parametrize("provider", PROVIDERS)
def test_retrieve_download_and_delete_a_file(runner, provider, capsys):
    names = upload(runner, provider)
    file_id = names["response"].id
    runner.run(find_example(EXAMPLES, "Retrieve File Metadata"), provider, file_abc123=file_id)
    size = len(names["jsonl_content"].encode())
    assert f"Purpose: batch\nBytes: {size}\n" in capsys.readouterr().out
    content = runner.run(find_example(EXAMPLES, "Download File Content"), provider, file_abc123=file_id)["content"]
    assert content == names["jsonl_content"]
    runner.run(find_example(EXAMPLES, "Delete a File"), provider, file_abc123=file_id)
    assert "Deleted: True" in capsys.readouterr().out


@pytest.mark.parametrize("provider", PROVIDERS)
def test_create_list_and_retrieve_a_batch_and_read_its_results(runner, client, provider, capsys):
    batch = create(runner, provider, upload(runner, provider)["response"].id)
    assert batch.status == "validating"
    listing = find_example(EXAMPLES, "List Batches").replace('"model": "anthropic.claude-3-sonnet-20240229-v1:0",  # Required for bedrock', "")
    runner.run(listing, provider)
    assert f"Batch ID: {batch.id}, Status: " in capsys.readouterr().out
    runner.run(find_example(EXAMPLES, "Retrieve Batch Status"), provider, batch_abc123=batch.id)
    assert f"Batch ID: {batch.id}" in capsys.readouterr().out
    ended = wait_for_end(client, batch)
    assert ended.status == "completed"
    assert (ended.request_counts.total, ended.request_counts.completed, ended.request_counts.failed) == (2, 2, 0)
    read_results(client, ended, ["request-1", "request-2"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_cancel_a_batch(runner, client, provider, capsys):
    batch = create(runner, provider, upload(runner, provider)["response"].id)
    runner.run(find_example(EXAMPLES, "Cancel a Batch"), provider, batch_abc123=batch.id)
    assert f"Batch ID: {batch.id}\nStatus: cancel" in capsys.readouterr().out
    assert wait_for_end(client, batch).status in ["cancelled", "completed"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_end_to_end_workflow(runner, client, provider, capsys):
    names = runner.run(find_example(EXAMPLES, WORKFLOWS[provider]), provider)
    batch = wait_for_end(client, names["batch"])
    assert f"Success! Batch {batch.id} workflow completed." in capsys.readouterr().out
    read_results(client, batch, ["req-1", "req-2"])
