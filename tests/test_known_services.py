"""Services that are known need a key and nothing else; others may start from one of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.channels import profile_of, real_time_channel
from wellspring_tui.errors import CredentialsError, InputError, SettingsError
from wellspring_tui.jobs.fitting import refuse_unfit
from wellspring_tui.known_services import known_services
from wellspring_tui.service_profiles import ServiceProfile
from wellspring_tui.settings import Settings, load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no settings in it, in a current folder with no `.env` in it."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.chdir(tmp_path)
    return path


def configured(home: Path, text: str, service: str | None = None) -> Settings:
    """Settings with this in `config.toml`."""
    (home / "config.toml").write_text(text)
    return load_settings(home=home, service=service)


@pytest.mark.parametrize("name", known_services())
def test_each_says_where_it_is_or_who_answers(home: Path, name: str) -> None:
    profile = load_settings(home=home, service=name).profile()
    assert profile.name == name
    assert profile.is_local == (name in ("vllm", "smollm2"))
    if not profile.is_local:
        assert (profile.base_url or profile.base_url_variable or "").startswith(("http", "AZURE"))
        assert profile.key_variable != "OPENAI_API_KEY" or name == "openai"


def test_a_key_is_all_that_groq_takes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789")
    settings = load_settings(home=home, service="groq")
    profile = settings.profile()
    assert profile.base_url == "https://api.groq.com/openai/v1"
    assert settings.key(profile) == "gsk_0123456789"


def test_azure_has_its_address_from_a_variable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "0123456789")
    settings = load_settings(home=home, service="azure")
    with pytest.raises(CredentialsError, match=r"no address .* azure\. Set AZURE_OPENAI_ENDPOINT"):
        settings.key(settings.profile())
    for given in ("https://me.openai.azure.com", "https://me.openai.azure.com/openai/v1/"):
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", given)
        settings = load_settings(home=home, service="azure")
        assert settings.profile().base_url == "https://me.openai.azure.com/openai/v1"
        assert settings.key(settings.profile()) == "0123456789"
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "me.openai.azure.com")
    settings = load_settings(home=home, service="azure")
    with pytest.raises(CredentialsError, match="https://"):
        settings.key(settings.profile())


def test_a_service_of_ones_own_may_be_like_a_known_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
        [services.mine]
        like = "azure"
        base_url = "https://mine.openai.azure.com/openai/v1"
        key_variable = "MINE_KEY"
        max_requests = 7
    """
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://other.openai.azure.com")
    settings = configured(home, text, "mine")
    mine, azure = settings.profile(), settings.profile("azure")
    assert (mine.name, mine.max_requests, mine.key_variable) == ("mine", 7, "MINE_KEY")
    assert mine.base_url == "https://mine.openai.azure.com/openai/v1"
    assert (mine.waits_for_files, mine.prices, mine.batch_price) == (True, "azure", 0.5)
    assert (azure.name, azure.max_requests, azure.key_variable) == (
        *("azure", 100_000, "AZURE_OPENAI_API_KEY"),
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("like = 'azur'\nbase_url = 'http://x'", "no known service “azur” to be like"),
        ("like = 'mine'\nbase_url = 'http://x'", "no known service “mine” to be like"),
        ("like = 'vllm'\nbase_url = 'http://x'", "only one of base_url, model_server"),
        ("model_server = 'http://x'\nsmall_model = 'smollm2'", "only one of"),
        ("base_url = 'http://x'\nwindows = ['24h']", "windows"),
        ("base_url = 'http://x'\nwindows = ['24h', 'a week']", "windows"),
        ("base_url = 'http://x'\nbatch_price = 0", "batch_price"),
    ],
)
def test_a_mistake_in_it_is_named(home: Path, table: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        configured(home, f"[services.mine]\n{table}")


def test_only_what_is_set_up_is_offered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def names(settings: Settings) -> set[str]:
        return {profile.name for profile in settings.in_use}

    assert names(load_settings(home=home)) == {"openai", "local"}
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789")
    assert names(load_settings(home=home)) == {"openai", "local", "groq"}
    assert names(load_settings(home=home, service="ogx")) == {"openai", "local", "groq", "ogx"}
    assert "nebius" in names(configured(home, "[services.nebius]\nmax_requests = 5\n"))


def test_who_answers_is_told_in_words(home: Path) -> None:
    settings = configured(home, "[services.mine]\nsmall_model = '/models/tiny.Q4.gguf'\n")
    told = {name: settings.profile(name).answered_by for name in settings.services}
    assert told["openai"] is None
    assert told["local"] == "simulated answers"
    assert told["vllm"] == "the model server http://localhost:8000"
    assert told["smollm2"] == "SmolLM2-135M-Instruct on this machine"
    assert told["mine"] == "tiny on this machine"


def test_services_that_others_answer_for_share_no_folder(home: Path) -> None:
    places = load_settings(home=home).places
    folders = {places.builtin(name) for name in ("local", "vllm", "a/b", "a b", "..")}
    assert len(folders) == 5
    assert all(folder.parent == home for folder in folders)


@pytest.mark.parametrize(
    ("windows", "window", "fits"),
    [
        (("24h", "24h"), "24h", True),
        (("24h", "24h"), "1d", True),
        (("24h", "24h"), "48h", False),
        (("24h", "24h"), "12h", False),
        (("24h", "24h"), "", False),
        (("24h", "24h"), "soon", False),
        (("24h", "24h"), "²4h", False),
        (("24h", "7d"), "168h", True),
        (("24h", "7d"), "169h", False),
        (None, "soon", True),
    ],
)
def test_a_window_that_a_service_has_not_is_refused_before_anything_is_sent(
    windows: tuple[str, str] | None, window: str, *, fits: bool
) -> None:
    profile = ServiceProfile("acme", windows=windows)
    if fits:
        refuse_unfit(profile, window)
        return
    with pytest.raises(InputError, match=r"acme has no window of .*It takes .*24h"):
        refuse_unfit(profile, window)


PRICES = {
    # No batch prices listed: half of the real-time ones.
    "azure": ("gpt-4o-mini", "0.15", "0.6", "0.5"),
    # Listed, and half.
    "groq": ("openai/gpt-oss-20b", "0.075", "0.3", "0.5"),
    "openai": ("gpt-4o-mini", "0.15", "0.6", "0.5"),
}


@pytest.mark.parametrize("name", PRICES)
def test_a_job_is_priced_as_its_own_service_does(
    home: Path, prompts_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    model, into, out, factor = PRICES[name]
    with Wellspring(load_settings(home=home, service=name)) as wellspring:
        options = wellspring.request_options(model=model, max_tokens=1_000)
        found = wellspring.check(prompts_path, options)
        cost = wellspring.estimate(found)
    real_time = (found.tokens * Decimal(into) + 4_000 * Decimal(out)) / 1_000_000
    assert cost.real_time == real_time
    assert cost.batch == cost.upper == real_time * Decimal(factor)


@pytest.mark.parametrize(
    ("name", "model", "real_time_known"),
    [
        ("azure", "the-teams-own-deployment", False),
        ("groq", "llama-3.3-70b-versatile", True),  # 25 to 50 %: nobody says which
        ("groq", "gpt-4o-mini", False),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", True),
        ("nebius", "gpt-4o-mini", False),
        ("dashscope", "gpt-4o-mini", False),
        ("ogx", "gpt-4o-mini", False),
    ],
)
def test_a_price_that_nobody_tells_is_unknown_and_not_openais(
    home: Path, prompts_path: Path, name: str, model: str, *, real_time_known: bool
) -> None:
    with Wellspring(load_settings(home=home, service=name)) as wellspring:
        found = wellspring.check(prompts_path, wellspring.request_options(model=model))
        cost = wellspring.estimate(found)
        assert cost.batch is None
        assert (cost.real_time is not None) == real_time_known
        assert cost.upper == cost.real_time
        if not real_time_known:
            with pytest.raises(InputError, match="unknown"):
                wellspring.keep_to_limit(found, max_cost=Decimal(100))


def test_a_service_of_ones_own_has_the_prices_that_its_table_names(
    home: Path, prompts_path: Path
) -> None:
    text = '[services.mine]\nbase_url = "http://127.0.0.1:9"\n'
    costs = []
    for more in ("", 'prices = "openai"\n', 'prices = "deepseek"\nbatch_price = 0.25\n'):
        with Wellspring(configured(home, text + more, "mine")) as wellspring:
            model = "deepseek-chat" if "deepseek" in more else "gpt-4o-mini"
            options = wellspring.request_options(model=model)
            costs.append(wellspring.estimate(wellspring.check(prompts_path, options)))
    unknown, openai, deepseek = costs
    assert (unknown.batch, unknown.real_time) == (None, None)
    assert openai.batch is not None
    assert openai.real_time == openai.batch * 2
    assert deepseek.batch is not None
    assert deepseek.real_time == deepseek.batch * 4


def test_a_key_of_openai_sets_up_nothing_else(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789")
    settings = load_settings(home=home)
    assert [profile.name for profile in settings.in_use] == ["openai", "local", "groq"]


def test_in_real_time_a_service_takes_what_its_batches_refuse(home: Path) -> None:
    settings = load_settings(home=home)
    groq = profile_of(settings, real_time_channel("groq"))
    refuse_unfit(groq, "30d", ["/v1/embeddings"])
    with pytest.raises(InputError, match=r"can't be asked in real time"):
        refuse_unfit(groq, "24h", ["/v1/audio/transcriptions"])
    assert groq.answered_by is None
    assert not profile_of(settings, real_time_channel("azure")).waits_for_files
    assert profile_of(settings, real_time_channel("nebius")).max_requests == 50_000
    assert profile_of(settings, real_time_channel("siliconflow")).max_requests == 5_000


def test_without_an_address_nothing_is_sent_in_real_time_either(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "0123456789")
    with (
        Wellspring(load_settings(home=home, service="azure")) as wellspring,
        pytest.raises(CredentialsError, match=r"no address for the service azure$|azure\. Set"),
    ):
        wellspring.submit(Wellspring.sample(), now=True)
    assert not (home / "real-time").exists()
