"""What the tests of carried jobs look at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wellspring_tui.prompts.model import RequestOptions

if TYPE_CHECKING:
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import Batch
    from wellspring_tui.wellspring import Wellspring

OPTIONS = RequestOptions()
CREATION = ("POST", "/batches")


def batches_of(remote: Service, job: Job) -> list[Batch]:
    """Every batch that was ever made for a job."""
    return [batch for batch in remote.batches() if batch.metadata.get("wellspring_job") == job.id]


def is_whole(wellspring: Wellspring, remote: Service, job: Job) -> None:
    """A job is collected with every answer on disk, from one batch a part."""
    ended = wellspring.job(job.id)
    assert (ended.status, ended.all_answered, ended.missing) == ("completed", True, 0)
    parts = wellspring.detail(job.id).parts
    assert sorted(batch.id for batch in batches_of(remote, job)) == sorted(
        str(part.batch_id) for part in parts
    )
    results = wellspring.results(job.id)
    assert results.index.totals().answered == job.requests
    assert all(json.loads(results.response_line(one) or b"") for one in results.index.answers())
    results.index.close()
    assert list(wellspring.settings.places.data.rglob("*.tmp")) == []
