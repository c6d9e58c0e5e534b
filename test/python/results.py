"""Follows batches to their end and reads every result, with each SDK in its own shapes."""

import json
import time

import anthropic
import openai

SECONDS = 30


def end_of(client: openai.OpenAI, batch_id: str):
    deadline = time.monotonic() + SECONDS
    batch = client.batches.retrieve(batch_id)
    while batch.status not in ["completed", "failed", "expired", "cancelled"]:
        assert time.monotonic() < deadline, f"the batch is still {batch.status}"
        time.sleep(0.05)
        batch = client.batches.retrieve(batch_id)
    return batch


def message_batch_end_of(client: anthropic.Anthropic, batch_id: str):
    deadline = time.monotonic() + SECONDS
    batch = client.messages.batches.retrieve(batch_id)
    while batch.processing_status != "ended":
        assert time.monotonic() < deadline, f"the batch is still {batch.processing_status}"
        time.sleep(0.05)
        batch = client.messages.batches.retrieve(batch_id)
    return batch


def lines_of(client: openai.OpenAI, file_id: str | None) -> list[dict]:
    if file_id is None:
        return []
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


def check_completed(client: openai.OpenAI, batch_id: str, custom_ids: list[str]):
    """The batch has succeeded with each custom_id exactly once, each line in OpenAI's own output format."""
    batch = end_of(client, batch_id)
    assert (batch.status, batch.errors, batch.error_file_id) == ("completed", None, None)
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (len(custom_ids), len(custom_ids), 0)
    lines = lines_of(client, batch.output_file_id)
    assert sorted(line["custom_id"] for line in lines) == sorted(custom_ids)
    for line in lines:
        assert line["id"] and line["error"] is None and line["response"]["status_code"] == 200
        body = line["response"]["body"]
        assert body["object"] == "chat.completion"
        message = body["choices"][0]["message"]
        assert message["role"] == "assistant" and message["content"]
        usage = body["usage"]
        assert usage["prompt_tokens"] > 0 and usage["completion_tokens"] > 0
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert batch.usage.total_tokens == sum(line["response"]["body"]["usage"]["total_tokens"] for line in lines)
    return batch


def check_cancelled(client: openai.OpenAI, batch_id: str, custom_ids: list[str]):
    """Each custom_id is in one of the two files, even if nothing of it was run."""
    batch = end_of(client, batch_id)
    assert batch.status == "cancelled"
    lines = lines_of(client, batch.output_file_id) + lines_of(client, batch.error_file_id)
    assert sorted(line["custom_id"] for line in lines) == sorted(custom_ids)
    return batch


def check_ended(client: anthropic.Anthropic, batch_id: str, custom_ids: list[str]):
    """The batch has succeeded with each custom_id exactly once, each with a complete message."""
    batch = message_batch_end_of(client, batch_id)
    counts = batch.request_counts
    assert (counts.processing, counts.succeeded) == (0, len(custom_ids))
    assert (counts.errored, counts.canceled, counts.expired) == (0, 0, 0)
    rows = list(client.messages.batches.results(batch_id))
    assert sorted(row.custom_id for row in rows) == sorted(custom_ids)
    for row in rows:
        assert row.result.type == "succeeded"
        message = row.result.message
        assert (message.type, message.role) == ("message", "assistant")
        assert message.content[0].type == "text" and message.content[0].text
        assert message.stop_reason in ["end_turn", "max_tokens", "stop_sequence"]
        assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0
    return batch


def check_canceled(client: anthropic.Anthropic, batch_id: str, custom_ids: list[str]):
    batch = message_batch_end_of(client, batch_id)
    counts = batch.request_counts
    assert batch.cancel_initiated_at is not None
    assert counts.processing == 0 and counts.canceled + counts.succeeded == len(custom_ids)
    rows = list(client.messages.batches.results(batch_id))
    assert sorted(row.custom_id for row in rows) == sorted(custom_ids)
    assert {row.result.type for row in rows} <= {"canceled", "succeeded"}
    return batch
