"""Wellspring, the one door: all four faces come in here.

Rooms are entered, and imported, when something is first wanted of them: a list of
jobs needs the ledger and nothing else.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.carrying import Carrying
from wellspring_tui.errors import CredentialsError, InputError
from wellspring_tui.jobs.model import ADOPTED, IMPORTED, INDEX_NAME, Job, new_job_id
from wellspring_tui.private import make_folder
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line, storable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from typing import Self

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Offer
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.prompts.filed import Headings
    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.services.connections import Connections
    from wellspring_tui.settings import Settings

_GIVEN_KEY = "api_key="
"""No variable can be called so."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job would cost, in dollars; None where a price is unknown.

    Input tokens are estimated; output is counted at its limit, so a job costs at most
    about this.
    """

    input_tokens: int
    output_limit: int | None
    batch: Decimal | None
    real_time: Decimal | None
    free: bool = False
    """The built-in service costs nothing; the figures say what OpenAI would take."""


class Wellspring(Carrying):
    """Check prompts files, submit them, carry the jobs, read the answers.

    Methods raise errors of `wellspring_tui.errors`. One object may be used from several
    threads; several processes may use one home.
    """

    @classmethod
    def open(
        cls,
        home: str | os.PathLike[str] | None = None,
        *,
        service: str | None = None,
        api_key: str | None = None,
    ) -> Self:
        """Wellspring as it is set up here; close it after use, or use it in a `with`.

        `home` is where everything is kept and `service` where jobs go, both as the settings
        say if not given. `api_key` is the key of that service, for this object only: it is
        never written anywhere. Raises SettingsError, StorageError.
        """
        from wellspring_tui.settings import load_settings

        settings = load_settings(home=None if home is None else Path(home), service=service)
        opened = cls(settings if api_key is None else _with_key(settings, api_key))
        # In a notebook nobody closes it.
        weakref.finalize(opened, _close, opened.ledger, opened._connections)
        return opened

    @staticmethod
    def sample() -> Path:
        """The prompts file that comes with the package."""
        return Path(__file__).with_name("samples") / "garden-handbook.json"

    # -- in --------------------------------------------------------------------

    def request_options(self, **given: object) -> RequestOptions:
        """Request options: what is given (and not None), then what is set, then the defaults."""
        from wellspring_tui.prompts.model import RequestOptions

        chosen = dict(self.settings.request_defaults)
        chosen.update((name, value) for name, value in given.items() if value is not None)
        return RequestOptions(**chosen)  # type: ignore[arg-type]

    def request_options_from_text(self, fields: Mapping[str, str]) -> RequestOptions:
        """Request options from what a person typed; an empty field leaves its parameter out.

        Raises InputError for a field that makes no sense.
        """
        values: dict[str, object] = {name: text or None for name, text in fields.items()}
        for name, kind, word in (("temperature", float, "number"), ("max_tokens", int, "count")):
            text = fields.get(name, "")
            try:
                values[name] = kind(text) if text else None
            except ValueError:
                raise InputError(
                    f"expected a {word}, found “{one_line(text, 20)}”", where=name
                ) from None
        if not values.get("model"):
            raise InputError("a model is needed", where="model")
        return replace(self.request_options(), **values)  # type: ignore[arg-type]

    def check(
        self,
        path: str | os.PathLike[str],
        options: RequestOptions | None = None,
        progress: Progress | None = None,
    ) -> Survey:
        """Read a whole prompts file and tell what is in it; nothing is sent or written.

        Problems are in the survey. Raises PromptsFileError for a file that can't be read.
        """
        from wellspring_tui.prompts.checking import survey
        from wellspring_tui.prompts.opening import open_prompts

        heard = progress or Progress()
        found, requests = survey(
            open_prompts(Path(path)),
            options or self.request_options(),
            lambda done: heard.step("Reading prompts", done),
        )
        for _ in requests:
            pass  # the survey fills as they go by
        return found

    def estimate(self, found: Survey, service: str | None = None) -> Estimate:
        """What a checked file would cost on a service."""
        from wellspring_tui.answers.model import Usage

        def total(*, batch: bool) -> Decimal | None:
            known = {model: self._prices.rates(model, batch=batch) for model in found.models}
            if found.output_limit is None or None in known.values():
                return None
            costs = (
                rate.cost(Usage(found.tokens_by_model[model], found.output_by_model[model]))
                for model, rate in known.items()
                if rate is not None
            )
            return sum(costs, Decimal(0))

        return Estimate(
            found.tokens,
            found.output_limit,
            total(batch=True),
            total(batch=False),
            self.settings.profile(service).is_local,
        )

    def submit(
        self,
        path: str | os.PathLike[str],
        options: RequestOptions | None = None,
        *,
        service: str | None = None,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] = (),
        source: Path | None = None,
        filed: Headings | None = None,
        hold_creation: bool = False,
        progress: Progress | None = None,
    ) -> Job:
        """Make a job of a prompts file. It is in the ledger when this returns; `tick` sends it.

        `source` is the user's own file when `path` is a copy of it. `filed` tells section and
        prompt type of ready-made requests, by custom_id. With `hold_creation` the input files
        go up, and their batches are created once `ask_for_creation` says so.

        Raises PromptsFileError for a file with problems, CredentialsError without a key.
        """
        from wellspring_tui.answers.index import AnswerIndex
        from wellspring_tui.jobs.labels import clean_tags
        from wellspring_tui.jobs.planning import Planner, planned_parts, removed_on_failure
        from wellspring_tui.prompts.checking import survey
        from wellspring_tui.prompts.filed import under
        from wellspring_tui.prompts.model import FileKind
        from wellspring_tui.prompts.opening import open_prompts

        self.refuse_if_read_only()
        heard = progress or Progress()
        origin = source or Path(path)
        options = options or self.request_options()
        labels = clean_tags(tags)
        profile = self.settings.profile(service)
        self.settings.key(profile)
        found, requests = survey(
            under(filed, open_prompts(Path(path))),
            options,
            lambda done: heard.step("Reading prompts", done),
        )
        job_id = new_job_id()
        inputs = make_folder(self.settings.places.inputs(job_id))
        outputs = make_folder(self.settings.places.outputs(job_id))
        with removed_on_failure(inputs, outputs):
            planner = Planner(inputs, profile)
            try:
                with AnswerIndex.create(outputs / INDEX_NAME) as index:
                    count = index.add_requests(planner.placed(requests))
            finally:
                planner.close()
            found.raise_if_unsendable()
            job = Job(
                id=job_id,
                name=storable(name or origin.stem),
                description=description and storable(description),
                source=storable(str(origin.absolute())),
                kind=found.kind.value,
                service=profile.name,
                endpoint=found.endpoint or options.endpoint,
                model=_models(found),
                window=options.window,
                requests=count,
                tokens_estimated=found.tokens,
                created_at=datetime.now(UTC),
                parts=len(planner.parts),
                tags=labels,
                options=None if found.kind is FileKind.REQUESTS else options,
            )
            parts = planned_parts(job_id, planner.parts, hold_creation=hold_creation)
            self.ledger.add_job(job, parts)
        return job

    def ask_for_creation(
        self,
        file_id: str,
        *,
        service: str | None = None,
        description: str | None = None,
        progress: Progress | None = None,
    ) -> Job:
        """Let the job of an uploaded input file go on to its batches; `tick` creates them.

        A job that went on before stays as it is. A file that was uploaded elsewhere becomes a
        job, unless the service has a batch of it. Raises InputError, ServiceError.
        """
        from wellspring_tui.jobs.uploaded import Taker

        self.refuse_if_read_only()
        profile = self.settings.profile(service)
        self.settings.key(profile)
        known = self.ledger.creations.job_of_file(profile.name, file_id)
        if known is None:
            taker = Taker(
                self.ledger, self.settings.places, self._connections.to(profile.name), profile.name
            )
            window = self.request_options().window
            return taker.take(file_id, window, description, progress or Progress())
        self.ledger.creations.ask_for(known, description)
        return self.ledger.job(known)

    def options_for(self, kind: str) -> RequestOptions:
        """Request options as the newest job of that kind of file had them, or as they are set."""
        return self.ledger.labels.options_for(kind) or self.request_options()

    # -- from elsewhere --------------------------------------------------------

    def adopt(
        self,
        batch_ids: Iterable[str],
        *,
        service: str | None = None,
        progress: Progress | None = None,
    ) -> list[Job]:
        """Make a job of each batch that was made elsewhere; `tick` carries it from there.

        Raises InputError, and adopts none, when one has a job already or is not known.
        """
        from wellspring_tui.jobs.adopting import Adopter

        self.refuse_if_read_only()
        wanted = list(dict.fromkeys(batch_ids))
        for batch_id in wanted:
            self.ledger.arrivals.refuse_known(batch_id)
        profile = self.settings.profile(service)
        adopter = Adopter(
            self.ledger, self.settings.places, self._connections.to(profile.name), profile.name
        )
        return adopter.adopt(wanted, progress or Progress())

    def look_for_batches(
        self, service: str | None = None, progress: Progress | None = None
    ) -> list[Offer]:
        """Look through all batches of a service for those made elsewhere. Raises ServiceError."""
        name = self.settings.profile(service).name
        return self.ledger.offers.found(name, self._connections.to(name), progress or Progress())

    def import_files(
        self,
        output: Path,
        *,
        errors: Path | None = None,
        input: Path | None = None,  # noqa: A002 - the Batch API's own word
        name: str | None = None,
        progress: Progress | None = None,
    ) -> Job:
        """Make a job, ended and collected, of a batch's files on disk; they are copied.

        Without the file of requests the answers' custom_ids tell sections and prompt types.
        Raises InputError for a file that is not what it should be.
        """
        from wellspring_tui.jobs.importing import Importer, ResultFiles

        self.refuse_if_read_only()
        importer = Importer(self.ledger, self.settings.places, self._accounts.used)
        return importer.make_job(ResultFiles(output, errors, input), name, progress or Progress())

    def recent_files(self, limit: int = 3) -> list[Path]:
        """The prompts files of the last jobs that are still there, newest first."""
        sources = dict.fromkeys(
            Path(job.source)
            for job in self.ledger.jobs(stop=20)
            if job.kind not in (ADOPTED, IMPORTED)  # these were made of no prompts file
        )
        return [path for path in sources if path.is_file()][:limit]


def _close(ledger: Ledger, connections: Connections) -> None:
    connections.close()
    ledger.close()


def _with_key(settings: Settings, key: str) -> Settings:
    """The same settings with a key for the chosen service, and for no other.

    Raises CredentialsError for none.
    """
    if not key.strip():
        raise CredentialsError("the API key is empty")
    # Several services may name one variable, and this key is not meant for all of them.
    profile = replace(settings.profile(), key_variable=_GIVEN_KEY)
    return replace(
        settings,
        services={**settings.services, profile.name: profile},
        environment={**settings.environment, _GIVEN_KEY: key.strip()},
    )


def _models(found: Survey) -> str:
    """The model of a job; of several, the most used and how many more."""
    (model, _), *others = found.models.most_common()
    return f"{model} +{len(others)}" if others else model
