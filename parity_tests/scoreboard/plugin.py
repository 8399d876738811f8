"""What pytest does for ``--scoreboard``: registered by `conftest`, and only if it is asked for."""

from __future__ import annotations

import datetime
import inspect
import json
import platform
import re
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu

from ..judge import C
from .board import KINDS, Board, Key, Score, name_of
from .page import page

WORST = 10  # ops that are printed

#: Where a test's name, or its parameter `name`, may be that of an op.
NAMED_IN = (torch.nn.functional, torch.nn, torch.optim, torch.linalg, torch, torch.Tensor)


class Scoreboard:
    """Takes down what is compared while the suite runs, and writes it.

    Parameters
    ----------
    path : Path
        Of the JSON file; the page gets the same name with ``.html``.
    about : dict
        What the run was: what stands at the top of the page.
    totals : dict
        The counts of all processes, complete when the session has ended.
    """

    def __init__(self, path: Path, about: dict[str, str], totals: dict[str, int]) -> None:
        self.path, self.about, self.totals = path, about, totals
        self.board = Board.current = Board()
        self.began = time.monotonic()
        self.failed_tests: list[str] = []
        self.passed_tests = 0
        self.crashed = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.board.begin(op_of(item))
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call":
            self.board.end(report.passed)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed_tests.append(report.nodeid)
        self.passed_tests += report.when == "call" and report.passed

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A worker of pytest-xdist hands over what it took down."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["scoreboard"] = listed(self.board)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of pytest-xdist has ended, or crashed."""
        scores = getattr(node, "workeroutput", {}).get("scoreboard")
        if scores is None:
            self.crashed += 1
        else:
            self.board.merge(map(from_listed, scores))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Once all processes have ended."""
        self.about["seconds"] = f"{time.monotonic() - self.began:.0f}"
        results: dict[str, Any] = {
            "about": self.about,
            "totals": dict(self.totals) | {"tests_passed": self.passed_tests},
            "failed_tests": sorted(set(self.failed_tests)),
            "crashed_processes": self.crashed,
            "scores": listed(self.board),
        }
        self.path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        page_path = self.path.with_suffix(".html")
        page_path.write_text(page(results), encoding="utf-8")
        for line in [*summary(self.board), f"written: {self.path}, {page_path}"]:
            terminalreporter.write_line(line)


def about(device: str, options: str) -> dict[str, str]:
    """Date, versions and options of this run, for a reader."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": tinygrad_edu.version.package_version,
        "pytorch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()}, {platform.machine()}",
        "device": device,
        "options": options or "none",
        "allowed_eps": allowed(),
    }


def allowed() -> str:
    """What may pass, in eps."""
    return ", ".join(f"{most} for {name_of(dtype)}" for dtype, most in C.items())


def op_of(item: pytest.Item) -> str:
    """What a test is about, unless it says so: the op after which it or its parameter is named, or
    else its file."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    words = re.sub(r"\[.*", "", item.name).removeprefix("test_").split("_")
    # As in test_binary_cross_entropy_where_probabilities_saturate; in `torch` are names like `all`.
    starts = ["_".join(words[:n]) for n in range(len(words), 0, -1)]
    for name in (parameters.get("name"), starts[0]):
        if isinstance(name, str) and any(map(is_op, attributes(name))):
            return name
    for name in starts:
        if is_op(getattr(torch.nn.functional, name, None)):
            return name
    return f"({item.path.name})"


def is_op(value: Any) -> bool:
    """Whether something is a function or a class."""
    return inspect.isroutine(value) or inspect.isclass(value)


def attributes(name: str) -> list[Any]:
    """What PyTorch has under a name."""
    return [getattr(owner, name, None) for owner in NAMED_IN]


def listed(board: Board) -> list[dict[str, Any]]:
    """All scores, in plain types."""
    return [
        {
            **key._asdict(),
            "passed": score.passed,
            "deviating": score.deviating,
            "failed": score.failed,
            "worst_eps": score.worst,
            "replay": score.replay,
            "replay_failure": score.failing,
        }
        for key, score in sorted(board.scores.items())
    ]


def from_listed(entry: dict[str, Any]) -> tuple[Key, Score]:
    """One of `listed`, as it was."""
    score = Score()
    score.passed, score.deviating = entry["passed"], entry["deviating"]
    score.failed, score.failing = entry["failed"], entry["replay_failure"]
    score.worst, score.replay = entry["worst_eps"], entry["replay"]
    return Key(*(entry[name] for name in Key._fields)), score


def summary(board: Board) -> list[str]:
    """The table at the end of a run."""
    by_kind: dict[tuple[str, str], Score] = {}
    by_op: dict[str, tuple[float, Key]] = {}
    for key, score in board.scores.items():
        by_kind.setdefault((key.kind, key.dtype), Score()).add(score)
        if score.worst is not None:
            by_op[key.op] = max(by_op.get(key.op, (0.0, key)), (score.worst, key))
    lines = [f"{'kind':14}{'dtype':10}{'passed':>10}{'not passed':>12}{'failed':>8}  worst error"]
    for (kind, dtype), score in sorted(
        by_kind.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1])
    ):
        worst = "-" if score.worst is None else f"{score.worst:.3g} eps"
        lines.append(
            f"{kind:14}{dtype:10}{score.passed:10,}{score.deviating:12,}{score.failed:8,}  {worst}"
        )
    lines.append(f"the {WORST} ops with the largest errors, in eps; allowed are {allowed()}")
    for worst, key in sorted(by_op.values(), reverse=True)[:WORST]:
        lines.append(f"  {key.op:40}{worst:6.3g}  {key.kind}, {key.dtype}, {key.layout}")
    return lines
