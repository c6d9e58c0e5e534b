"""Every example of the document on OpenAI's SDK, run as written for each provider, and then on to the results."""

import openai
import pytest
from examples import MODELS, PROVIDERS
from results import check_cancelled, check_completed

UPLOADS = {"openai": "02_upload_openai", "bedrock": "03_upload_bedrock", "gemini": "04_upload_gemini"}
CREATES = {"openai": "09_create_openai", "bedrock": "10_create_bedrock", "anthropic": "11_create_anthropic", "gemini": "12_create_gemini"}
WORKFLOWS = {
    "openai": ("16_workflow_openai", ["req-1", "req-2"]),
    "bedrock": ("17_workflow_bedrock", ["req-1", "req-2"]),
    "anthropic": ("18_workflow_anthropic", ["math-question", "geography-question"]),
    "gemini": ("19_workflow_gemini", ["req-1", "req-2"]),
}
IDS = ["request-1", "request-2"]

every_provider = pytest.mark.parametrize("provider", PROVIDERS)


@pytest.fixture()
def client(gateway):
    return gateway.openai()


def upload(examples, provider):
    """For Anthropic the document has no upload; here OpenAI's serves with its name."""
    if provider in UPLOADS:
        return examples.run(UPLOADS[provider])
    return examples.run("02_upload_openai", provider=provider, model=MODELS[provider])


def create(examples, provider):
    """As the document does it: Anthropic's requests are inline, the others' in a file."""
    if provider == "anthropic":
        return examples.run(CREATES[provider])["batch"]
    file_id = upload(examples, provider)["response"].id
    return examples.run(CREATES[provider], id=file_id)["batch"]


def objects_under(gateway, bucket, prefix):
    return {each["key"] for each in gateway.control("s3", "objects", bucket) if each["key"].startswith(prefix)}


def test_the_first_example_is_a_client(openai_examples):
    client = openai_examples.run("01_client_setup")["client"]
    assert client.files.list().object == "list"


@every_provider
def test_upload(openai_examples, provider, capsys):
    names = upload(openai_examples, provider)
    response = names["response"]
    assert f"Uploaded file ID: {response.id}" in capsys.readouterr().out
    assert (response.object, response.purpose, response.filename) == ("file", "batch", "batch_input.jsonl")
    assert response.bytes == len(names["jsonl_content"].encode())


def test_uploads_are_in_each_providers_own_storage(openai_examples, gateway):
    native = upload(openai_examples, "openai")["response"]
    assert native.id in [file["id"] for file in gateway.control("openai", "files")]
    files = len(gateway.control("gemini", "files"))
    upload(openai_examples, "gemini")
    assert len(gateway.control("gemini", "files")) == files + 1
    keys = objects_under(gateway, "your-s3-bucket", "bifrost-batch-output/")
    upload(openai_examples, "bedrock")
    assert len(objects_under(gateway, "your-s3-bucket", "bifrost-batch-output/") - keys) == 1


@pytest.mark.parametrize("provider", ["openai", "gemini", "anthropic"])
def test_list_files(openai_examples, provider, capsys):
    own = upload(openai_examples, provider)["response"].id
    in_bucket = upload(openai_examples, "bedrock")["response"].id
    capsys.readouterr()
    names = openai_examples.run("05_list_files", provider=provider)
    printed = capsys.readouterr().out
    assert f"File ID: {own}, Name: batch_input.jsonl" in printed
    assert in_bucket not in printed
    # The example's second part lists Bedrock's bucket.
    listed = [file.id for file in names["response"].data]
    assert in_bucket in listed and own not in listed


@every_provider
def test_retrieve_download_and_delete_a_file(openai_examples, client, provider, capsys):
    names = upload(openai_examples, provider)
    file_id, content = names["response"].id, names["jsonl_content"]
    capsys.readouterr()
    openai_examples.run("06_retrieve_file", provider=provider, id=file_id)
    expected = f"File ID: {file_id}\nFilename: batch_input.jsonl\nPurpose: batch\nBytes: {len(content.encode())}\n"
    assert capsys.readouterr().out == expected
    assert openai_examples.run("08_download_file", provider=provider, id=file_id)["content"] == content
    capsys.readouterr()
    openai_examples.run("07_delete_file", provider=provider, id=file_id)
    assert capsys.readouterr().out == "Deleted: True\n"
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file_id)


@every_provider
def test_a_file_needs_its_provider_named_only_once(openai_examples, client, provider):
    names = upload(openai_examples, provider)
    file_id = names["response"].id
    assert client.files.retrieve(file_id).filename == "batch_input.jsonl"
    assert client.files.content(file_id).text == names["jsonl_content"]
    assert client.files.delete(file_id).deleted


@every_provider
def test_create_a_batch_and_read_its_results(openai_examples, client, provider, capsys):
    batch = create(openai_examples, provider)
    assert f"Batch ID: {batch.id}\nStatus: validating\n" in capsys.readouterr().out
    check_completed(client, batch.id, IDS)


@every_provider
def test_a_batch_of_an_uploaded_file_needs_nothing_but_its_id(openai_examples, client, provider):
    """Anthropic too, whose file-based batches the document calls unsupported."""
    file_id = upload(openai_examples, provider)["response"].id
    batch = client.batches.create(
        input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"made": "by hand"}
    )
    assert check_completed(client, batch.id, IDS).metadata == {"made": "by hand"}


def test_bedrocks_results_are_where_the_client_wants_them(openai_examples, client, gateway):
    before = objects_under(gateway, "your-bucket", "batch-output/")
    check_completed(client, create(openai_examples, "bedrock").id, IDS)
    assert objects_under(gateway, "your-bucket", "batch-output/") > before


def test_enough_lines_are_a_job_of_bedrocks(client, gateway):
    ids = [f"line-{number}" for number in range(1, 121)]
    requests = [
        {"custom_id": each, "params": {"model": MODELS["bedrock"], "max_tokens": 50, "messages": [{"role": "user", "content": each}]}}
        for each in ids
    ]
    before = len(gateway.control("bedrock", "batches"))
    extra = {"provider": "bedrock", "requests": requests, "output_s3_uri": "s3://your-bucket/jobs"}
    batch = client.batches.create(input_file_id="", endpoint="/v1/chat/completions", completion_window="24h", extra_body=extra)
    check_completed(client, batch.id, ids)
    assert len(gateway.control("bedrock", "batches")) == before + 1
    assert objects_under(gateway, "your-bucket", "jobs/")


@every_provider
def test_list_batches(openai_examples, provider, capsys):
    batch = create(openai_examples, provider)
    other = create(openai_examples, "gemini" if provider == "openai" else "openai")
    capsys.readouterr()
    names = openai_examples.run("13_list_batches", provider=provider, model=MODELS[provider])
    printed = capsys.readouterr().out
    assert f"Batch ID: {batch.id}, Status: " in printed and other.id not in printed
    assert len(names["response"].data) <= 10


@every_provider
def test_retrieve_a_batch(openai_examples, client, provider, capsys):
    batch = create(openai_examples, provider)
    check_completed(client, batch.id, IDS)
    capsys.readouterr()
    openai_examples.run("14_retrieve_batch", provider=provider, id=batch.id)
    assert capsys.readouterr().out == f"Batch ID: {batch.id}\nStatus: completed\nTotal: 2\nCompleted: 2\nFailed: 0\n"


@every_provider
def test_cancel_a_batch(openai_examples, client, gateway, provider, capsys):
    with gateway.held(provider):
        batch = create(openai_examples, provider)
        capsys.readouterr()
        openai_examples.run("15_cancel_batch", provider=provider, id=batch.id)
        assert capsys.readouterr().out in [f"Batch ID: {batch.id}\nStatus: {status}\n" for status in ["cancelling", "cancelled"]]
    check_cancelled(client, batch.id, IDS)


@every_provider
def test_end_to_end_workflow(openai_examples, client, provider, capsys):
    name, custom_ids = WORKFLOWS[provider]
    batch = openai_examples.run(name)["batch"]
    printed = capsys.readouterr().out
    assert "status = completed" in printed
    assert printed.endswith(f"\nSuccess! Batch {batch.id} workflow completed.\n")
    check_completed(client, batch.id, custom_ids)
