"""One connection a service, made when it is first asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wellspring_tui.settings import refuse_without_address

if TYPE_CHECKING:
    from wellspring_tui.services.builtin import BuiltinService
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import ServiceProfile, Settings


class Connections:
    """The connections of one process; the built-in service is started when it is needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._builtin: dict[str, BuiltinService] = {}
        self._services: dict[str, Service] = {}
        self._changing = threading.Lock()

    def to(self, name: str) -> Service:
        """The connection to a service; the built-in one is started when it does not run."""
        from wellspring_tui.services.client import Service
        from wellspring_tui.services.ways import Ways

        profile = self._settings.profile(name)
        with self._changing:
            base_url = self._base_url(profile)
            known = self._services.get(name)
            if known is not None and known.base_url == base_url:
                return known
            if known is not None:
                known.close()
            self._services[name] = Service(base_url, self._settings.key(profile), Ways.of(profile))
            return self._services[name]

    def _base_url(self, profile: ServiceProfile) -> str:
        if profile.base_url is not None:
            return profile.base_url
        refuse_without_address(profile)
        if profile.name not in self._builtin:
            from wellspring_tui.services.builtin import BuiltinService

            settings = self._settings
            self._builtin[profile.name] = BuiltinService(
                settings.places.builtin(profile.name),
                settings.pace_seconds,
                profile,
                settings.environment,
            )
        return self._builtin[profile.name].base_url()

    def close(self) -> None:
        """Close every connection, and let go of the built-in services."""
        for service in self._services.values():
            service.close(for_good=True)
        self._services.clear()
        for builtin in self._builtin.values():
            builtin.release()
