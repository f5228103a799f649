"""Everything that can go wrong, as one tree.

    WellspringError
    ├── InputError                what the user gave can't be used
    │   ├── PromptsFileError      a prompts file, with the line or key
    │   ├── SettingsError         config.toml, .env or the environment
    │   ├── TooExpensiveError     a job may cost more than its limit
    │   └── JobNotFoundError      no job or batch of that id in the ledger
    ├── ServiceError              the service, the network or the credentials
    │   ├── CredentialsError      no key, or one the service refuses
    │   ├── NetworkError          no answer came; what was asked may have been done
    │   ├── RefusedError          the service said no, and will say it again
    │   ├── BusyError             the service said: not now
    │   └── GoneError             the service does not know that file or batch
    ├── StorageError              the disk or the ledger
    └── StoppedError              the user stopped it

Each error knows what happened, where, and what to do; `str()` of it is one
sentence that a user can act on.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line answers with."""

    OK = 0
    FAILURES = 1
    INPUT = 2
    SERVICE = 3
    INTERRUPTED = 130


class WellspringError(Exception):
    """Something a user can be told in one sentence."""

    exit_code = ExitCode.FAILURES

    def __init__(self, what: str, *, where: str | None = None, todo: str | None = None) -> None:
        """`what` happened, `where` (file, line, key) and what `todo` about it."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        return f"{sentence.rstrip('.')}. {self.todo}" if self.todo else sentence


class InputError(WellspringError):
    """What the user gave can't be used."""

    exit_code = ExitCode.INPUT


class PromptsFileError(InputError):
    """A prompts file can't be read, or holds nothing that can be sent."""


class SettingsError(InputError):
    """A setting has a value that can't be used."""


class TooExpensiveError(InputError):
    """A job may cost more than its limit, or nobody knows what it costs; nothing was sent."""


class JobNotFoundError(InputError):
    """The ledger knows no job, and no batch, of that id."""


class ServiceError(WellspringError):
    """The service, the network or the credentials stand in the way."""

    exit_code = ExitCode.SERVICE


class CredentialsError(ServiceError):
    """There is no key, or the service refuses it."""


class NetworkError(ServiceError):
    """No answer came. What was asked may or may not have been done."""


class RefusedError(ServiceError):
    """The service said no, and would say it again."""


class BusyError(ServiceError):
    """The service can't do it now; later it may."""

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        todo: str | None = None,
        retry_after_seconds: float | None = None,
        in_doubt: bool = False,
    ) -> None:
        """`in_doubt`: it failed on the way, and what was asked may have been done."""
        super().__init__(what, where=where, todo=todo)
        self.retry_after_seconds = retry_after_seconds
        self.in_doubt = in_doubt


class GoneError(ServiceError):
    """The service does not know that file or batch, or no longer."""


class StorageError(WellspringError):
    """The disk or the ledger stands in the way."""

    exit_code = ExitCode.INPUT


class StoppedError(WellspringError):
    """The user stopped it."""

    exit_code = ExitCode.INTERRUPTED
