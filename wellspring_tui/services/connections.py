"""One connection a service, made when it is first asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wellspring_tui.service_profiles import refuse_without_address

if TYPE_CHECKING:
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.services.builtin import BuiltinService
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


class Connections:
    """The connections of one process, by channel; a built-in service is started when it is needed.

    There is one for simulated answers, one for each model that answers, and one in front of
    each provider that is asked in real time: what runs in the one can never be answered by
    another.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._builtin: dict[str, BuiltinService] = {}
        self._services: dict[str, Service] = {}
        self._changing = threading.Lock()

    def to(self, name: str) -> Service:
        """The connection to what a channel leads through."""
        from wellspring_tui.channels import profile_of
        from wellspring_tui.services.client import Service
        from wellspring_tui.services.ways import Ways

        profile = profile_of(self._settings, name)
        refuse_without_address(profile)
        with self._changing:
            builtin = self._builtin_of(profile) if profile.base_url is None else None
            base_url = profile.base_url or (builtin.base_url() if builtin else "")
            known = self._services.get(name)
            if known is not None and known.base_url == base_url:
                return known
            if known is not None:
                known.close()
            if builtin is None:
                self._services[name] = Service(
                    base_url, self._settings.key(profile), Ways.of(profile)
                )
            else:
                password = builtin.password(base_url)
                self._services[name] = Service(base_url, password, trouble=builtin.trouble)
            return self._services[name]

    def _builtin_of(self, profile: ServiceProfile) -> BuiltinService:
        from wellspring_tui.channels import folder_of
        from wellspring_tui.services.builtin import BuiltinService
        from wellspring_tui.services.provider import Provider

        known = self._builtin.get(profile.name)
        if known is not None:
            return known
        settings = self._settings
        provider, data = None, settings.places.builtin(profile.name)
        if profile.answers_for is not None:
            behind = settings.profile(profile.answers_for)
            provider = Provider(str(behind.base_url), settings.key(behind))
            data = folder_of(settings.places, behind)
        made = BuiltinService(
            data, settings.pace_seconds, profile, settings.environment, provider=provider
        )
        self._builtin[profile.name] = made
        return made

    def close(self) -> None:
        """Close every connection, and let go of the built-in services."""
        for service in self._services.values():
            service.close(for_good=True)
        self._services.clear()
        for builtin in self._builtin.values():
            builtin.release()
