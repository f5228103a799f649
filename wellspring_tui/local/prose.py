"""Sentences that read like a model's answer, on the topic of the prompt.

The same prompt always gives the same text; the first line says that it is simulated.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

NOTE = "*Simulated by Wellspring's built-in service: no model was asked.*"

_READ_CHARACTERS = 8_000
_TOPIC_CHARACTERS = 60
_SHORT_PROMPT_CHARACTERS = 60

_QUOTED = re.compile(r"[\"“«„]([^\"“”«»„\n]{3,80})[\"”»“]")
_WORD = re.compile(r"[^\W\d_][\w'-]*")
_RUN = re.compile(r"[^\W_][\w'-]*(?:[ ][^\W_][\w'-]*)*")
_MARKUP = re.compile(r"[|*_`#<>\[\]\\~]+")
_SPACE = re.compile(r"\s+")

_STOP_TEXT = """
    a about above after again all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each either else ever
    every few for from further get give given had has have having he her here hers him his how
    i if in include including into is it its itself just let like made make many may me might
    more most much must my need needs no nor not of off on once one only or other our out over
    own per please same shall she should so some such than that the their them then there these
    they this those through to too under until up upon us use used using very via want was way
    we well were what when where whether which while who whom whose why will with within
    without would you your
    answer ask batch brief briefly compare create describe design detail detailed discuss
    draft exactly explain extract find format generate hello identify list name objective
    output outline propose provide question reply respond response return rewrite say section
    short show specific suggest summarise summarize summary task tell text think translate
    word words write
"""
_STOP_WORDS = frozenset(_STOP_TEXT.split())
_FALLBACK = ("question", "context", "evidence", "outcome")

_OPENINGS = (
    "{topic} is best understood by looking at {a} and {b} together rather than one at a time.",
    "Most questions about {topic} come down to how {a} relates to {b} in practice.",
    "A useful way into {topic} is to start from {a} and ask what it means for {b}.",
    "With {topic}, the first decisions about {a} shape nearly everything that follows.",
    "There is no single right approach to {topic}, but {a} and {b} are where experts begin.",
    "Anyone who works on {topic} meets the same tension early: {a} against {b}.",
)
_CONTINUATIONS = (
    "The details vary, yet the pattern is steady enough to plan with.",
    "What follows keeps to the points that change a decision.",
    "It helps to separate what is known about {c} from what is only assumed.",
    "Where {c} is uncertain, a range says more than a single figure.",
    "Small differences in {c} add up over time, so they deserve an early look.",
    "The weight of each point depends on how far along {c} already is.",
)
_POINTS = (
    "**{word}**: define it in one sentence before anything is measured.",
    "**{word}**: the usual source of delay, and the cheapest one to prevent.",
    "**{word}**: compare it with two similar cases, not with an average.",
    "**{word}**: decide who owns it, and until when.",
    "**{word}**: small in the beginning, hard to change later.",
    "**{word}**: write down the assumption behind every number.",
    "**{word}**: matters most where it meets {a}.",
    "**{word}**: look at the spread as well as at the typical value.",
    "**{word}**: reviewed too rarely in most of the published examples.",
    "**{word}**: the point on which readers will ask for evidence first.",
)
_STEPS = (
    "Collect what is already documented on {a}, with dates and sources.",
    "Agree on the terms, above all on what counts as {b}.",
    "Draft a first version and test it on a single, well-known case.",
    "Ask someone who disagrees to read the part about {c}.",
    "Put numbers beside each claim, and a range beside each number.",
    "Separate what must be decided now from what can wait.",
    "Set a date on which {a} is looked at again.",
    "Publish the result together with its limits.",
)
_ROW_NOTES = (
    "rises with scale",
    "stable in most cases",
    "depends on {a}",
    "review every quarter",
    "needs a second source",
    "falls after the first year",
    "closely tied to {b}",
)
_LEVELS = ("low", "moderate", "high", "very high")
_CLOSINGS = (
    "In short, {topic} rewards early attention to {a}; the rest can be corrected on the way.",
    "Taken together, this makes {b} the part of {topic} to settle first.",
    "If only one thing is done about {topic}, it should be a clear view of {a}.",
    "For {topic}, a modest plan that is followed beats a perfect one that is not.",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a prompt is about, as far as its words tell."""

    topic: str
    words: tuple[str, ...]
    is_short: bool


def subject(prompt: str) -> Subject:
    """Find a prompt's topic (a quoted title, or its weightiest words) and its main words."""
    text = _SPACE.sub(" ", prompt[:_READ_CHARACTERS]).strip()
    counted = Counter(
        word.lower()
        for word in _WORD.findall(text)
        if len(word) > 3 and word.lower() not in _STOP_WORDS
    )
    words = sorted(counted, key=lambda word: (-counted[word], -len(word), word))[:8]
    words += [word for word in _FALLBACK if word not in words][: max(0, 4 - len(words))]
    quoted = _QUOTED.search(text)
    topic = quoted[1] if quoted else _longest_run(text) or words[0]
    topic = _SPACE.sub(" ", _MARKUP.sub(" ", topic)).strip() or words[0]
    return Subject(
        topic=topic[:_TOPIC_CHARACTERS].strip(),
        words=tuple(word[:_TOPIC_CHARACTERS] for word in words),
        is_short=len(text) <= _SHORT_PROMPT_CHARACTERS,
    )


def _longest_run(text: str) -> str:
    """The longest group of neighbouring words that carry meaning, in the first sentences."""
    runs: list[str] = []
    for phrase in _RUN.findall(text[:400]):
        run: list[str] = []
        for word in phrase.split(" "):
            if word.lower() not in _STOP_WORDS and len(run) < 5:
                run.append(word)
            elif run:
                runs.append(" ".join(run))
                run = []
        runs.append(" ".join(run))
    return max(runs, key=len, default="")


def answer(about: Subject, random: Random) -> str:
    """50 to 400 words of Markdown."""
    names = dict(zip("abc", random.sample(about.words, 3), strict=True))
    names["topic"] = about.topic
    parts = [NOTE, f"## {_capital(about.topic)}", _paragraph(names, random)]
    parts += ["### Key points", _bullets(about, names, random)]
    if not about.is_short:
        parts += ["### How to go about it", _numbered(names, random)]
        parts += ["### At a glance", _table(about, names, random)]
        parts += [_paragraph(names, random) for _ in range(random.randrange(3))]
    parts.append(random.choice(_CLOSINGS).format_map(names))
    return "\n\n".join(parts)


def _paragraph(names: dict[str, str], random: Random) -> str:
    sentences = [random.choice(_OPENINGS), *random.sample(_CONTINUATIONS, random.randint(1, 3))]
    return " ".join(_capital(sentence.format_map(names)) for sentence in sentences)


def _bullets(about: Subject, names: dict[str, str], random: Random) -> str:
    words = random.sample(about.words, min(len(about.words), random.randint(3, 6)))
    points = random.sample(_POINTS, len(words))
    return "\n".join(
        f"- {point.format(word=_capital(word), **names)}"
        for word, point in zip(words, points, strict=True)
    )


def _numbered(names: dict[str, str], random: Random) -> str:
    steps = random.sample(_STEPS, random.randint(3, 6))
    return "\n".join(
        f"{number}. {step.format_map(names)}" for number, step in enumerate(steps, start=1)
    )


def _table(about: Subject, names: dict[str, str], random: Random) -> str:
    rows = ["| Aspect | Share (invented) | Weight | Remark |", "| --- | ---: | --- | --- |"]
    for word in about.words[: random.randint(3, 5)]:
        share = f"{random.randint(3, 48)} %"
        note = random.choice(_ROW_NOTES).format_map(names)
        rows.append(f"| {_capital(word)} | {share} | {random.choice(_LEVELS)} | {note} |")
    return "\n".join(rows)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
