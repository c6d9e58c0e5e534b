"""One gateway, two SDKs: what is made with one is read, cancelled and paged through with the other, each in its own shapes."""

import json

import anthropic
import pytest
from examples import MODELS, PROVIDERS
from results import check_canceled, check_cancelled, check_completed, check_ended, end_of, lines_of, message_batch_end_of

# As many as make a job of Bedrock's, for which fewer are too few.
IDS = [f"line-{number}" for number in range(1, 101)]
FEW = ["first", "second"]

every_provider = pytest.mark.parametrize("provider", PROVIDERS)


@pytest.fixture()
def oai(gateway):
    return gateway.openai()


@pytest.fixture()
def ant(gateway):
    return gateway.anthropic()


def params(custom_id, provider):
    return {"model": MODELS[provider], "max_tokens": 50, "messages": [{"role": "user", "content": f"Say {custom_id}."}]}


def create_message_batch(gateway, provider, custom_ids):
    requests = [{"custom_id": each, "params": params(each, provider)} for each in custom_ids]
    return gateway.anthropic(provider).messages.batches.create(requests=requests)


def upload(client, provider, custom_ids):
    lines = [{"custom_id": each, "method": "POST", "url": "/v1/chat/completions", "body": params(each, provider)} for each in custom_ids]
    content = "\n".join(map(json.dumps, lines)).encode()
    return client.files.create(file=("lines.jsonl", content), purpose="batch", extra_body={"provider": provider})


def create_batch(client, file_id, provider):
    extra = {"provider": provider}
    return client.batches.create(input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h", extra_body=extra)


@every_provider
def test_made_with_anthropics_sdk_and_read_with_openais(gateway, oai, provider):
    batch_id = create_message_batch(gateway, provider, FEW).id
    batch = check_completed(oai, batch_id, FEW)
    assert batch.endpoint == "/v1/chat/completions"
    assert batch.id in [each.id for each in oai.batches.list(extra_query={"provider": provider})]
    check_ended(gateway.anthropic(), batch_id, FEW)
    # Each SDK's name for it is the other's too.
    check_completed(oai, batch.id, FEW)
    check_ended(gateway.anthropic(), batch.id, FEW)


@every_provider
def test_made_with_openais_sdk_and_read_with_anthropics(gateway, oai, ant, provider):
    batch_id = create_batch(oai, upload(oai, provider, FEW).id, provider).id
    batch = check_ended(ant, batch_id, FEW)
    assert batch.id in [each.id for each in gateway.anthropic(provider).messages.batches.list()]
    check_ended(ant, batch.id, FEW)
    check_completed(oai, batch_id, FEW)


@every_provider
def test_cancelled_with_the_other_sdk(gateway, oai, ant, provider):
    with gateway.held(provider):
        of_ant = create_message_batch(gateway, provider, IDS).id
        of_oai = create_batch(oai, upload(oai, provider, IDS).id, provider).id
        assert oai.batches.cancel(of_ant).status in ["cancelling", "cancelled"]
        assert ant.messages.batches.cancel(of_oai).processing_status in ["canceling", "ended"]
    for batch_id in [of_ant, of_oai]:
        check_cancelled(oai, batch_id, IDS)
        check_canceled(ant, batch_id, IDS)


@every_provider
def test_lines_that_fail_are_told_in_each_sdks_way(gateway, oai, ant, provider):
    gateway.control(provider, "failLine", 2, {"status": 400})
    try:
        batch_id = create_message_batch(gateway, provider, IDS).id
        batch = end_of(oai, batch_id)
    finally:
        gateway.control(provider, "clearLines")
    counts = batch.request_counts
    assert (batch.status, counts.total, counts.completed, counts.failed) == ("completed", 100, 99, 1)
    done, failed = lines_of(oai, batch.output_file_id), lines_of(oai, batch.error_file_id)
    assert [line["custom_id"] for line in failed] == ["line-2"]
    assert failed[0]["error"] is not None or failed[0]["response"]["status_code"] >= 400
    assert sorted(line["custom_id"] for line in done + failed) == sorted(IDS)
    counts = message_batch_end_of(ant, batch_id).request_counts
    assert (counts.succeeded, counts.errored) == (99, 1)
    rows = {row.custom_id: row.result for row in ant.messages.batches.results(batch_id)}
    assert sorted(rows) == sorted(IDS)
    assert [custom_id for custom_id, result in rows.items() if result.type == "errored"] == ["line-2"]
    assert rows["line-2"].error.type == "error" and rows["line-2"].error.error.message


def test_a_file_of_one_sdk_is_the_input_of_the_others_batch(oai, ant):
    lines = "\n".join(json.dumps({"custom_id": each, "params": params(each, "anthropic")}) for each in FEW).encode()
    file = ant.beta.files.upload(file=("messages.jsonl", lines, "application/jsonl"))
    batch = create_batch(oai, file.id, "anthropic")
    check_completed(oai, batch.id, FEW)
    assert oai.files.content(file.id).content == lines


@pytest.mark.parametrize("namespace", ["stable", "beta"])
def test_both_namespaces_of_anthropics_sdk(gateway, namespace):
    client = gateway.anthropic()
    space = client if namespace == "stable" else client.beta
    requests = [{"custom_id": each, "params": params(each, "anthropic")} for each in FEW]
    batch = space.messages.batches.create(requests=requests)
    check_ended(client, batch.id, FEW)
    assert [row.result.type for row in space.messages.batches.results(batch.id)] == ["succeeded", "succeeded"]
    assert space.messages.batches.delete(batch.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        space.messages.batches.retrieve(batch.id)
    file = space.files.upload(file=("note.txt", b"A note.", "text/plain"))
    assert space.files.retrieve_metadata(file.id).size_bytes == 7
    assert space.files.download(file.id).read() == b"A note."
    assert space.files.delete(file.id).type == "file_deleted"


@pytest.mark.parametrize("provider", [*PROVIDERS, None])
def test_lists_are_paged_through_by_the_sdks_themselves(gateway, oai, ant, provider):
    """Each item once, and as on one page, whichever SDK asks; where no provider is named, those of all together."""
    names = PROVIDERS if provider is None else [provider]
    files, batches = [], []
    for name in names * 4:
        files.append(upload(oai, name, FEW).id)
        batches.append(create_batch(oai, files[-1], name).id)
    # Results are files too, so the lists are still once all have ended.
    for batch_id in batches:
        end_of(oai, batch_id)
    query = {} if provider is None else {"provider": provider}
    client = gateway.anthropic(provider)
    for pages, made, retrieve in [
        (lambda limit: oai.files.list(limit=limit, extra_query=query), files, oai.files.retrieve),
        (lambda limit: client.beta.files.list(limit=limit), files, ant.files.retrieve_metadata),
        (lambda limit: client.files.list(limit=limit), files, ant.files.retrieve_metadata),
        (lambda limit: oai.batches.list(limit=limit, extra_query=query), batches, oai.batches.retrieve),
        (lambda limit: client.beta.messages.batches.list(limit=limit), batches, ant.messages.batches.retrieve),
        (lambda limit: client.messages.batches.list(limit=limit), batches, ant.messages.batches.retrieve),
    ]:
        listed = [each.id for each in pages(len(made) - 1)]
        assert len(listed) == len(set(listed))
        assert listed == [each.id for each in pages(100)]
        # What has no id that both SDKs share is shown to each under its own.
        assert {retrieve(each).id for each in made} <= set(listed)
