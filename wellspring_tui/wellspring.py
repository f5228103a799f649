"""Wellspring, the one door: all four faces come in here.

Rooms are entered, and imported, when something is first wanted of them: a list of
jobs needs the ledger and nothing else.
"""

from __future__ import annotations

import weakref
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.carrying import Carrying
from wellspring_tui.errors import CredentialsError
from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from decimal import Decimal
    from typing import Self

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Job, Offer
    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.jobs.submitting import Submitter
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.prompts.filed import Headings
    from wellspring_tui.prompts.images import ImageOpener
    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.services.connections import Connections
    from wellspring_tui.settings import Settings

_GIVEN_KEY = "api_key="
"""No variable can be called so."""


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
        """Request options: what is given (and not None), then what is set, then the defaults.

        A `schema` is a path or a dict: a JSON Schema that every answer is asked to fit, and is
        checked against. Those of the chosen service come before those of all. Raises InputError.
        """
        from wellspring_tui.prompts.model import RequestOptions

        usual = self.settings.profile().max_tokens
        chosen: dict[str, object] = {} if usual is None else {"max_tokens": usual}
        chosen.update(self.settings.request_defaults)
        chosen.update((name, value) for name, value in given.items() if value is not None)
        if "schema" in chosen:
            from wellspring_tui.prompts.schemas import schema_from

            chosen["schema"] = schema_from(chosen["schema"])
        return RequestOptions(**chosen)  # type: ignore[arg-type]

    def check(
        self,
        path: str | os.PathLike[str],
        options: RequestOptions | None = None,
        progress: Progress | None = None,
    ) -> Survey:
        """Read a whole prompts file and tell what is in it; nothing is sent or written.

        Problems are in the survey. Raises PromptsFileError for a file that can't be read.
        """
        return self.needs(Path(path), options or self.request_options(), progress=progress).found

    def needs(
        self,
        path: Path,
        options: RequestOptions,
        *,
        service: str | None = None,
        open_image: ImageOpener | None = None,
        progress: Progress | None = None,
    ) -> Needs:
        """`check`, and into which parts a file would be cut, and how a service has room."""
        return self._submitter(service).look(path, options, progress or Progress(), open_image)

    def needs_again(self, before: Needs, service: str | None = None) -> Needs | None:
        """`needs` of a file that was read already; None when a service cuts it otherwise."""
        return self._submitter(service).look_again(before)

    def estimate(self, found: Survey, service: str | None = None, *, now: bool = False) -> Estimate:
        """What a checked file would cost on a service, in batches or `now`.

        It tells as well how much is likely to be answered.
        """
        from wellspring_tui.jobs.expecting import expected_by_model
        from wellspring_tui.jobs.spending import estimate

        profile = self.settings.profile(service)
        local, known = profile.is_local, self.settings.services.values()
        by = None if local else self._price_list(service)
        expected = expected_by_model(
            found,
            self.ledger.lengths,
            # Each built-in service has its own answers; of real models all tell alike.
            among=[profile.name] if local else [one.name for one in known if one.is_local],
            outside=not local,
        )
        return estimate(found, self._prices, free=local, now=now, by=by, expected=expected)

    def keep_to_limit(
        self,
        found: Survey,
        service: str | None = None,
        max_cost: Decimal | None = None,
        *,
        now: bool = False,
    ) -> None:
        """Raises TooExpensiveError when a checked file may cost more than `max_cost` dollars.

        Without `max_cost` the limit of the settings counts, if they have one.
        """
        from wellspring_tui.jobs.spending import keep_to

        limit = self.settings.max_cost if max_cost is None else max_cost
        if limit is not None:
            keep_to(limit, self.estimate(found, service, now=now))

    def refuse_unfit(
        self,
        needs: Needs,
        options: RequestOptions,
        service: str | None = None,
        *,
        now: bool = False,
    ) -> None:
        """Raises InputError when a service is known to refuse a job's window or endpoint."""
        from wellspring_tui.jobs.fitting import refuse_unfit

        endpoints = (part.endpoint for part in needs.parts)
        refuse_unfit(self._way_to(service, now=now), options.window, endpoints)

    def submit(
        self,
        path: str | os.PathLike[str],
        options: RequestOptions | None = None,
        *,
        service: str | None = None,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] = (),
        source: str | os.PathLike[str] | None = None,
        filed: Headings | None = None,
        open_image: ImageOpener | None = None,
        hold_creation: bool = False,
        now: bool = False,
        max_cost: Decimal | float | str | None = None,
        told_cost: Callable[[Estimate], None] | None = None,
        progress: Progress | None = None,
    ) -> Job:
        """Make a job of a prompts file. It is in the ledger when this returns; `tick` sends it.

        `source` is the user's own file when `path` is a copy of it. `filed` tells section and
        prompt type of ready-made requests, by custom_id. `open_image` opens the images that
        prompts name by path; by default any that this user may read, from the file's folder.
        With `hold_creation` the input files go up, and their batches are created once
        `ask_for_creation` says so. With `now` it waits for no batch: the built-in service asks
        the same provider in real time, at that price. `max_cost` (dollars, or "none") goes
        before the limit in the settings, and holds for its retries too; `told_cost` hears what
        it may cost before there is a job.

        Raises PromptsFileError for a file with problems, CredentialsError without a key,
        TooExpensiveError for a job that may cost more.
        """
        from wellspring_tui.jobs.labels import clean_tags
        from wellspring_tui.jobs.spending import limit_from

        def allow(found: Survey) -> None:
            self.keep_to_limit(found, service, limit, now=now)
            if told_cost is not None:
                told_cost(self.estimate(found, service, now=now))

        self.refuse_if_read_only()
        limit = limit_from(max_cost)
        submitter = self._submitter(service, now=now)
        self.settings.key(submitter.profile)
        return submitter.submit(
            Path(path),
            options or self.request_options(),
            name=name,
            description=description,
            tags=clean_tags(tags),
            source=Path(source or path),
            filed=filed,
            open_image=open_image,
            hold_creation=hold_creation,
            max_cost=limit,
            allow=allow,
            progress=progress or Progress(),
        )

    def _submitter(self, service: str | None, *, now: bool = False) -> Submitter:
        from wellspring_tui.jobs.submitting import Submitter

        return Submitter(self.ledger, self.settings.places, self._way_to(service, now=now))

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
            options = self.request_options()
            return taker.take(file_id, options, description, progress or Progress())
        self.ledger.creations.ask_for(known, description)
        return self.ledger.job(known)

    def options_for(self, kind: str) -> RequestOptions:
        """Request options as the newest job of that kind of file had them, or as they are set.

        But for a schema: that belongs to the prompts that it was made for.
        """
        latest = self.ledger.labels.options_for(kind)
        return self.request_options() if latest is None else replace(latest, schema=None)

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
        output: str | os.PathLike[str],
        *,
        errors: str | os.PathLike[str] | None = None,
        input: str | os.PathLike[str] | None = None,  # noqa: A002 - the Batch API's own word
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
        files = (None if one is None else Path(one) for one in (errors, input))
        return importer.make_job(ResultFiles(Path(output), *files), name, progress or Progress())


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
