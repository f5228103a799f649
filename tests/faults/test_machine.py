"""Any order of submitting, ticking in two processes, failing, cancelling and time passing."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.carried import OPTIONS
from tests.support.faults import KILLS, POSSIBLE, Call, Fault
from tests.support.faulty import FaultyLine
from tests.support.files import jsonl, request
from tests.support.homes import sent_to
from tests.support.scripted import ScriptedService
from tests.support.small_service import SmallService
from wellspring_tui.jobs.model import Step
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from wellspring_tui.jobs.model import Part

_PART = 2
_MOST_JOBS = 3
_ROUNDS_TO_THE_END = 40
_FAULTS = sorted(frozenset().union(*POSSIBLE.values()) - KILLS - {Fault.SLOW})
_ORDER = list(Step)
_STEPS_BACK = {
    (Step.CREATING, Step.UPLOADED),  # the service said: not now
    (Step.CREATED, Step.UPLOADED),  # its batch failed for a reason that passes
    (Step.CREATED, Step.PLANNED),  # the same, and the file goes up again
}


class _NextCall:
    """The plan of a line on which one call goes wrong: the next that can."""

    def __init__(self) -> None:
        self.fault: Fault | None = None

    def __call__(self, call: Call) -> Fault | None:
        if self.fault not in POSSIBLE.get(call.asks, ()):
            return None
        fault, self.fault = self.fault, None
        return fault


class Carrying(RuleBasedStateMachine):
    """Two processes, one home, one service, and a line between them."""

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self._service = SmallService()
        self._plan = _NextCall()
        behind = self._open.enter_context(ScriptedService(self._service))
        line = self._open.enter_context(FaultyLine(behind.base_url, self._plan))
        home = load_settings(home=self._folder / "home", service="local")
        limits = {"max_requests": _PART, "backoff_seconds": 0.0}
        set_up = sent_to(home, line.base_url, **limits)
        self._processes = [self._open.enter_context(Wellspring(set_up)) for _ in range(2)]
        self._one = self._processes[0]
        self._seen: dict[str, Part] = {}
        line.retry_after_seconds = 0.001

    @precondition(lambda self: self._one.count_jobs() < _MOST_JOBS)
    @rule(requests=st.integers(1, 5))
    def submit(self, requests: int) -> None:
        """A job of one to three parts."""
        path = self._folder / "asked.jsonl"
        path.write_bytes(jsonl(request(f"request-{number}") for number in range(requests)))
        self._one.submit(path, OPTIONS)

    @rule(process=st.integers(0, 1), again=st.integers(1, 3))
    def tick(self, process: int, again: int) -> None:
        """A process does a few rounds."""
        for _ in range(again):
            self._processes[process].tick()

    @rule()
    def pass_time(self) -> None:
        """The service goes on."""
        self._service.advance()

    @rule(fault=st.sampled_from(_FAULTS))
    def fail_next(self, fault: Fault) -> None:
        """The next call that can goes wrong this way."""
        self._plan.fault = fault

    @rule(number=st.integers(0, _MOST_JOBS - 1))
    def cancel(self, number: int) -> None:
        """One of the jobs that are still open is cancelled."""
        still_open = [job for job in self._one.jobs() if job.open]
        if number < len(still_open):
            self._one.cancel(still_open[number].id)

    @invariant()
    def no_part_has_two_batches(self) -> None:
        """However a batch's creation went."""
        tokens = Counter(batch["metadata"]["wellspring_part"] for batch in self._service.batches)
        assert set(tokens.values()) <= {1}
        # One that failed its validation is given up, and its part has another, later.
        running = Counter(
            batch["metadata"]["wellspring_part"].rpartition("-")[0]
            for batch in self._service.batches
            if batch["status"] != "failed"
        )
        assert set(running) <= {part.id for part in self._parts()}
        assert set(running.values()) <= {1}

    @invariant()
    def parts_go_forward(self) -> None:
        """But for the steps back that are meant."""
        for part in self._parts():
            before = self._seen.get(part.id, part)
            gone_back = _ORDER.index(part.step) < _ORDER.index(before.step)
            assert not gone_back or (before.step, part.step) in _STEPS_BACK
            if before.step is Step.COLLECTED:
                assert part == before
            self._seen[part.id] = part

    @invariant()
    def all_requests_are_accounted_for(self) -> None:
        """At any time."""
        for job in self._one.jobs():
            assert job.completed + job.failed + job.missing == job.requests
            assert min(job.completed, job.failed, job.missing) >= 0
            assert job.collected == all(
                part.step is Step.COLLECTED for part in self._one.detail(job.id).parts
            )

    def teardown(self) -> None:
        """In the end all jobs are over, and every answer that was given is on disk."""
        with self._open:
            self._plan.fault = None
            for _ in range(_ROUNDS_TO_THE_END):
                self._service.advance()
                self._one.tick()
            for job in self._one.jobs():
                assert job.collected
                with self._one.results(job.id).index as index:
                    totals = index.totals()
                assert totals.answered + totals.failed + totals.missing == job.requests
                assert (job.completed, job.failed) == (totals.answered, totals.failed)
                assert job.cancel_asked or job.all_answered
            self.no_part_has_two_batches()

    def _parts(self) -> list[Part]:
        return [part for job in self._one.jobs() for part in self._one.detail(job.id).parts]


TestCarrying = Carrying.TestCase
TestCarrying.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
