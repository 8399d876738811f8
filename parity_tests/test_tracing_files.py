"""Files of traces: what is damaged, or something else, is refused with one line."""

import json
import zipfile

import pytest

import tinygrad_edu
from tinygrad_edu.tracing import load


def saved_step(file):
    x = tinygrad_edu.tensor([1.0, 2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (x * x).sum().backward()
    trace.save(file)
    return trace


def test_a_damaged_file_is_refused_wherever_the_damage_is(tmp_path):
    trace = saved_step(tmp_path / "whole.trace")
    whole = (tmp_path / "whole.trace").read_bytes()
    damaged = [whole[:length] for length in range(0, len(whole), 97)]
    for at in range(0, len(whole), 7):
        damaged.append(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    refused = 0
    for data in damaged:
        (tmp_path / "damaged.trace").write_bytes(data)
        try:  # the time of a file in the archive, say, is of no account
            assert load(tmp_path / "damaged.trace").events == trace.events
        except ValueError as error:
            assert "damaged.trace is no trace: " in str(error) and "\n" not in str(error)
            refused += 1
    assert refused > 0.8 * len(damaged)


FIELDS = ("version", "events", "values", "sources", "curve")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *((lambda record, name=name: record.pop(name) and record, f"lacks '{name}'")
          for name in FIELDS),
        (lambda record: [], "indices must be integers"),
        (lambda record: None, "not subscriptable"),
        (lambda record: record | {"events": [{}]}, "lacks 'place'"),
        (lambda record: record | {"values": [3]}, "not subscriptable"),
        (lambda record: record | {"curve": [[1]]}, "missing"),
        (lambda record: record | {"events": [record["events"][0] | {"odd": 1}]}, "'odd'"),
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_refused(tmp_path, change, said):
    saved_step(tmp_path / "some.trace")
    with zipfile.ZipFile(tmp_path / "some.trace") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    record = json.loads(parts["trace.json"])
    record["sources"] = record["sources"] or {"file": "text"}
    record["curve"] = record["curve"] or [[0, 1.0, {}]]
    parts["trace.json"] = json.dumps(change(record)).encode()
    with zipfile.ZipFile(tmp_path / "some.trace", "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(ValueError, match="is no trace: ") as raised:
        load(tmp_path / "some.trace")
    assert said in str(raised.value)


@pytest.mark.parametrize("missing", ["trace.json", "values.npz"])
def test_an_archive_of_something_else_is_refused(tmp_path, missing):
    with zipfile.ZipFile(tmp_path / "other.trace", "w") as archive:
        archive.writestr("values.npz" if missing == "trace.json" else "trace.json", "{}")
    with pytest.raises(ValueError, match=f"it lacks '{missing}'"):
        load(tmp_path / "other.trace")
