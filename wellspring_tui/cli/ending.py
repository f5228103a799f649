"""How the program ends: an exit code, and one sentence for what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.cli.output import ReaderGoneError, say
from wellspring_tui.errors import ExitCode, WellspringError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wellspring_tui.cli.chosen import Chosen

# What a shell reports for a program that its closed pipe ended (128 + SIGPIPE).
_READER_GONE = 141
# EX_SOFTWARE of sysexits.h: a defect, which none of the codes that scripts rely on may hide.
_DEFECT = 70


def ended(work: Callable[[], int | None], chosen: Chosen) -> int:
    """Do the work; the exit code it ends with."""
    try:
        return int(work() or ExitCode.OK)
    except ReaderGoneError:
        return _READER_GONE
    except KeyboardInterrupt:
        say("stopped.")
        return ExitCode.INTERRUPTED
    except Exception as error:
        code, sentence = _told(error, chosen)
        say(sentence)
        return code


def _told(error: Exception, chosen: Chosen) -> tuple[int, str]:
    """The exit code and the sentence for what went wrong."""
    match error:
        case WellspringError():
            return error.exit_code, str(error)
        case UnicodeEncodeError():
            # Python smuggles foreign bytes in arguments and file names as lone surrogates.
            return ExitCode.INPUT, "a file name or an argument is not valid UTF-8. Rename the file."
        case _:
            # A defect of ours: the person gets a sentence, the log the rest.
            from wellspring_tui.cli.log import record

            return _DEFECT, record(error, chosen)
