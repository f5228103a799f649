"""Where a service goes ways of its own on the wire, though it speaks the same protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

    import openai

    from wellspring_tui.service_profiles import ServiceProfile

_FILES = "/files"


@dataclass(frozen=True, slots=True)
class Ways:
    """What one service wants otherwise than OpenAI."""

    upload_path: str = _FILES
    upload_purpose: str = "batch"
    names_model: bool = False

    @classmethod
    def of(cls, profile: ServiceProfile) -> Self:
        """The ways of a service by its profile."""
        return cls(profile.upload_path, profile.upload_purpose, profile.names_model)

    def upload(self, sdk: openai.OpenAI, name: str, file: IO[bytes]) -> bytes:
        """Upload an input file as `name`, as a stream; the service's answer."""
        import httpx2

        if self.upload_path == _FILES:
            purpose = self.upload_purpose
            return sdk.files.with_raw_response.create(
                file=(name, file),
                purpose=purpose,  # type: ignore[arg-type]  # other services have others
            ).content
        # Together's reference, “Upload file”: the name is a field of its own there.
        answer: httpx2.Response = sdk.post(
            self.upload_path,
            cast_to=httpx2.Response,
            body={"purpose": self.upload_purpose, "file_name": name},
            files=[("file", (name, file))],
            options={"headers": {"Content-Type": "multipart/form-data"}},
        )
        return answer.content

    def beside_creation(
        self, model: str, output_life_seconds: int | None = None
    ) -> dict[str, object] | None:
        """What the creation of a batch tells besides; None for nothing."""
        told: dict[str, object] = {}
        if self.names_model and model:  # as SiliconFlow's guide has it
            told["replace"] = {"model": model}
        if output_life_seconds is not None:
            life = {"anchor": "created_at", "seconds": output_life_seconds}
            told["output_expires_after"] = life
        return told or None


USUAL = Ways()
