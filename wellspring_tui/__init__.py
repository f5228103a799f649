"""Wellspring: batch jobs on the OpenAI Batch API, from a prompts file to answers by section.

    with Wellspring.open() as wellspring:
        job = wellspring.submit("prompts.json")
        wellspring.watch(job.id, Progress(print))
        for answer in wellspring.answers(job.id):
            print(answer.section, answer.prompt_type, answer.text)

`WellspringBatchProcessor` does the same step by step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellspring_tui.answers.model import Usage
    from wellspring_tui.answers.plain import PlainAnswer
    from wellspring_tui.errors import (
        BusyError,
        CredentialsError,
        GoneError,
        InputError,
        JobNotFoundError,
        NetworkError,
        PromptsFileError,
        RefusedError,
        ServiceError,
        SettingsError,
        StoppedError,
        StorageError,
        TooExpensiveError,
        WellspringError,
    )
    from wellspring_tui.jobs.as_batch import JobBatch
    from wellspring_tui.jobs.model import Job, JobDetail, JobsQuery
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.processor import WellspringBatchProcessor
    from wellspring_tui.progress import Progress
    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.wellspring import Wellspring

__version__ = "0.1.0"
__all__ = [
    "BusyError",
    "CredentialsError",
    "Estimate",
    "GoneError",
    "InputError",
    "Job",
    "JobBatch",
    "JobDetail",
    "JobNotFoundError",
    "JobsQuery",
    "NetworkError",
    "PlainAnswer",
    "Progress",
    "PromptsFileError",
    "RefusedError",
    "RequestOptions",
    "ServiceError",
    "SettingsError",
    "StoppedError",
    "StorageError",
    "TooExpensiveError",
    "Usage",
    "Wellspring",
    "WellspringBatchProcessor",
    "WellspringError",
    "__version__",
]

_HOMES = {
    "answers.model": ("Usage",),
    "answers.plain": ("PlainAnswer",),
    "jobs.as_batch": ("JobBatch",),
    "jobs.model": ("Job", "JobDetail", "JobsQuery"),
    "processor": ("WellspringBatchProcessor",),
    "progress": ("Progress",),
    "prompts.model": ("RequestOptions",),
    "jobs.spending": ("Estimate",),
    "wellspring": ("Wellspring",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Public names come from their modules when first asked for: importing this costs nothing."""
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
