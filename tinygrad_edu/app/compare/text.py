"""The report of ``tinygrad-edu compare`` in the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .comparison import (
    Comparison,
    Lines,
    first_difference,
    gaps,
    threads,
    versions,
)
from .differences import MARGIN, Compared
from .measure import TERMS, TOLERANCE, Measured

FIRST = 3  # events of a table that are always shown
TENSORS = 10
WIDTH = 100


def report(result: Comparison) -> Iterator[str]:
    """The lines of the report; the verdict comes last, where one looks in a terminal."""
    own, other = versions()
    ours, theirs = result.ours, result.theirs
    yield (
        f"{result.script} on tinygrad_edu {own} ({ours.seconds:.1f} s) and on PyTorch {other} "
        f"({theirs.seconds:.1f} s)"
    )
    yield f"seed {result.start.seed}, default dtype {result.start.dtype}, {threads()}"
    yield ""
    yield from printed(result)
    yield from passes(result)
    yield from steps(result)
    yield from tensors(result)
    for note in [*result.differences.notes.values(), *control_notes(result)]:
        yield f"note: {note}"
    yield from verdict(result)


def printed(result: Comparison) -> Iterator[str]:
    """What the processes printed, and how they ended."""
    ours, theirs = result.ours, result.theirs
    if result.stdout is None:
        count = len(ours.stdout.splitlines())
        yield f"stdout     the same, {count} line{'s' * (count != 1)}"
    else:
        share = result.rounding
        yield f"stdout     {'differs' if share is None else 'differs by rounding'}"
        yield from both_lines(result.stdout, ours.stdout, theirs.stdout)
    in_stderr = first_difference(ours.stderr, theirs.stderr)
    if in_stderr is None:
        yield f"stderr     the same, {len(ours.stderr.splitlines())} lines"
    else:
        yield "stderr     differs (which does not count)"
        yield from both_lines(in_stderr, ours.stderr, theirs.stderr)
        for side in (ours, theirs):
            if side.code != 0 and side.stderr.strip():
                yield f"           {side.name} ended with: {cut(last_error(side.stderr))}"
    codes = (str(side.code) + " (stopped)" * side.stopped for side in (ours, theirs))
    yield "exit code  " + ", PyTorch's ".join(codes)
    yield ""


def last_error(stderr: str) -> str:
    """The line that names the error of the last traceback; notes may follow it."""
    lines = stderr.rstrip().splitlines()
    begins = [i for i, line in enumerate(lines) if line.startswith("Traceback ")]
    after = lines[begins[-1] + 1 :] if begins else []
    return next((line for line in after if line[:1].strip()), lines[-1])


def both_lines(lines: Lines, ours: str, theirs: str) -> Iterator[str]:
    """The first line that differs, with the one before it."""
    before = ours.splitlines()[lines.number - 2 : lines.number - 1] if lines.number > 1 else []
    for text in before:
        yield f"  {lines.number - 1:6}  both          {cut(text)}"
    for name, line in (("tinygrad_edu", lines.ours), ("PyTorch", lines.theirs)):
        shown = "(has ended)" if line is None else cut(line.rstrip("\n"))
        if line is not None and not line.endswith("\n"):
            shown += "  (without an end of line)"
        yield f"  {lines.number:6}  {name:12}  {shown}"
    shares = gaps(ours, theirs)
    if shares and max(shares) > 0:
        yield f"          the texts differ only in numbers, by at most {max(shares):.1e} of them"
    elif shares:
        yield "          the texts differ only in numbers, by one in their last decimal"


def passes(result: Comparison) -> Iterator[str]:
    """The table of the backward passes."""
    events = [e for e in result.differences.events if e.kind != "step"]
    if not events:
        return
    rows = [["", "line", "loss", "PyTorch's", "eps", "worst gradient", "eps"]]
    for event in chosen(events):
        if event is None:
            rows.append(["..."])
            continue
        losses = losses_text(event)
        loss, gradient = event.worst.get("loss"), event.worst.get("gradient")
        rows.append([event.title, line_of(event), *losses, eps_text(loss), *named(gradient)])
    yield from table(rows)
    yield ""


def steps(result: Comparison) -> Iterator[str]:
    """The table of the optimizers' steps."""
    events = [e for e in result.differences.events if e.kind == "step"]
    if not events:
        return
    rows = [["", "line", "optimizer", "worst parameter", "eps"]]
    for event in chosen(events):
        if event is None:
            rows.append(["..."])
            continue
        rows.append([event.title, line_of(event), event.what, *named(event.worst.get("parameter"))])
    yield from table(rows)
    yield ""


def chosen(events: Sequence[Compared], first: int = FIRST) -> Iterator[Compared | None]:
    """The first few, the first that failed, the worst and the last; None for what is between."""
    picked = {*range(min(first, len(events))), len(events) - 1}
    picked.add(max(range(len(events)), key=lambda i: worst_of(events[i])))
    picked.update([i for i, e in enumerate(events) if e.failed is not None][:1])
    before = -1
    for place in sorted(picked):
        if place != before + 1:
            yield None
        yield events[place]
        before = place


def worst_of(event: Compared) -> float:
    """The largest difference of an event, in eps."""
    return max((m.eps for m in event.worst.values()), default=-1.0)


def tensors(result: Comparison) -> Iterator[str]:
    """The table of the tensors that are farthest apart."""
    found = sorted(result.differences.tensors.values(), key=lambda t: -t.worst.eps)
    if not found:
        return
    rows = [["", "shape", "worst eps", "allowed", "at"]]
    for tensor in found[:TENSORS]:
        m = tensor.worst
        mark = "" if tensor.first_failed is None else "  OUT OF TOLERANCE"
        rows.append(
            [m.label, str(m.shape), eps_text(m), f"{m.allowed:.3g}", tensor.at.title + mark]
        )
    if len(found) > TENSORS:
        rows.append([f"and {len(found) - TENSORS} more"])
    yield from table(rows)
    yield allowance(result)
    yield ""


def verdict(result: Comparison) -> Iterator[str]:
    """Whether they agree; if not, what differs, and how."""
    event = result.differences.first_failed
    if event is not None and event.failed is not None:
        m = event.failed
        yield (
            f"first out of tolerance: {m.label} at {event.title}, {m.eps:.3g} eps, "
            f"{m.allowed:.3g} allowed"
        )
        yield f"  {m.remark}"
        if hint := advice(result):
            yield f"  {hint}"
    if result.passed:
        counts = result.differences.counts
        done = f"{counts['backward'] + counts['grad']} passes and {counts['step']} steps"
        yield f"{headline(result)}: stdout, exit code, {done}."
        return
    yield f"{headline(result).upper()}:"
    for fault in result.faults:
        yield f"  {fault}"


def allowance(result: Comparison) -> str:
    """What is allowed, for the dtypes that there were."""
    met = {tensor.worst.dtype for tensor in result.differences.tensors.values()}
    limits = [f"{share:g} ({name})" for name, share in TOLERANCE.items() if name in met]
    return (
        f"allowed is {', '.join(limits) or 'nothing'} of the tensor's largest magnitude, but not "
        f"less than {TERMS} sqrt(n) eps of the largest loss, gradient or parameter of n so far"
    )


def excused_tensors(result: Comparison) -> list[str]:
    """The tensors that are within tolerance only by what the control allows."""
    return [t.worst.label for t in result.differences.tensors.values() if t.excused]


def headline(result: Comparison) -> str:
    """The verdict in a few words."""
    if not result.passed:
        return "The two differ"
    if excused_tensors(result) or result.rounding is not None:
        return "The two agree, as far as rounding lets them"
    return "The two agree"


def control_notes(result: Comparison) -> Iterator[str]:
    """What came of the run with moved gradients, if there was one."""
    control = result.differences.control
    if control is None:
        return
    yield (
        "PyTorch ran once more, each gradient moved by an eps of the largest in its pass; "
        f"{MARGIN} times the difference that this made until then is allowed"
    )
    event = control.first_failed
    if event is None:
        yield "PyTorch with moved gradients stayed within tolerance"
    else:
        yield f"PyTorch with moved gradients went out of tolerance at {event.title}"
    if excused := excused_tensors(result):
        yield f"within tolerance only by what that allows: {', '.join(excused)}"
    if control.parted:
        yield f"PyTorch with moved gradients took another way from {control.place} on"


def advice(result: Comparison) -> str:
    """What tells rounding from a mistake where float32 does not; or nothing."""
    event = result.differences.first_failed
    if event is None or event.failed is None or event.failed.dtype != "float32":
        return ""
    if result.start.dtype == "float64" or math.isinf(event.failed.eps):
        return ""
    return "with --dtype float64 rounding would be smaller and a mistake not"


# Cells --------------------------------------------------------------------------------------------


def line_of(event: Compared) -> str:
    """The line of the script, if the call is in it."""
    return str(event.line) if event.line else ""


def losses_text(event: Compared) -> tuple[str, str]:
    """The losses of both sides; nothing if they are not single numbers."""
    if event.losses is None:
        return "", ""
    ours, theirs = (f"{loss:.9g}" for loss in event.losses)
    return ours, theirs


def named(measured: Measured | None) -> tuple[str, str]:
    """The name and the eps of a tensor."""
    return ("", "") if measured is None else (measured.name, eps_text(measured))


def eps_text(measured: Measured | None) -> str:
    """A difference in eps."""
    if measured is None:
        return ""
    text = "unlike" if math.isinf(measured.eps) else f"{measured.eps:.3g}"
    return text if measured.passed else f"{text} !"


def cut(text: str) -> str:
    """The beginning of a long line."""
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}..."


def table(rows: list[list[str]]) -> Iterator[str]:
    """Rows of cells, in columns; those after the first row's are left out where empty."""
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(
            f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)
        ).rstrip()
