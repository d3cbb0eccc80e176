"""Captions composed from truth: what a region or a picture shows, in words.

A caption is a text together with the facts it states. It is true of a region exactly if its facts are
among the region's, so every caption of a batch can be judged against every region of it, and no true
caption is ever taught as false because it was written for another region.
"""

from __future__ import annotations

import colorsys
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spotting_core.entities.truth import TrueFrame, TrueMatch

_PERSON_WORDS = {
    "player": ["player", "football player", "outfield player"],
    "goalkeeper": ["goalkeeper", "keeper"],
    "referee": ["referee", "match official"],
    "assistant referee": ["assistant referee", "linesman"],
}
_THING_TEXTS = {
    "ball": ["the ball", "a football", "a small white ball", "the ball on the pitch"],
    "yellow card": ["a yellow card", "the referee's yellow card", "a yellow card held up", "a yellow booking card"],
    "red card": ["a red card", "the referee's red card", "a red card held up", "a red sending-off card"],
    "goal": ["the goal", "a goal with its net", "the goal frame", "a goal with white posts"],
    "corner flag": ["a corner flag", "the flag at the corner of the pitch", "a corner post"],
    "scoreboard": ["the scoreboard", "the score graphic", "the clock and score in the picture"],
}
_PATTERN_WORDS = {
    "vstripe": "striped",
    "sash": "sashed",
    "sleeve": "contrast-sleeved",
    "plain": "plain",
    "pin": "pinstriped",
    "dots": "dotted",
    "yoke": "yoked",
    "fade": "fading",
    "chevron": "chevroned",
}
_CAMERA_TEXTS = {
    "Main camera center": ["the main camera", "a wide view of the pitch"],
    "Main camera left": ["the main camera on the left", "a wide view of the pitch"],
    "Main camera right": ["the main camera on the right", "a wide view of the pitch"],
    "Close-up player or field referee": ["a close-up", "a close-up on the field"],
    "Main behind the goal": ["a view from behind the goal"],
    "Close-up behind the goal": ["a close-up from behind the goal"],
    "Spider camera": ["a view from above", "the spider camera"],
    "Inside the goal": ["a view from inside the goal"],
    "Close-up corner": ["a close-up at the corner"],
    "Public": ["the crowd", "spectators in the stands"],
}
_PLACE_TEXTS = {
    "centre circle": "in the centre circle",
    "penalty area": "in the penalty area",
    "touch line": "near the touch line",
    "midfield": "in midfield",
    "goal line": "near the goal line",
}

# The words between the words of the tables above, as the functions below write them.
_GLUE = ("a an the in and of is", "person someone", "shirt wearing", "the referee shows is shown", "in view",
         "players in", "replay", "football match")  # fmt: skip


@dataclass(frozen=True)
class Caption:
    """A text and the facts it states."""

    text: str
    facts: frozenset[str]


def colour_name(rgb: Sequence[float]) -> str:
    """Everyday name of a colour given as 0 to 255."""
    hue, light, saturation = colorsys.rgb_to_hls(*(c / 255 for c in rgb[:3]))
    if light > 0.85 or (light > 0.72 and saturation < 0.2):
        return "white"
    if light < 0.12:
        return "black"
    if saturation < 0.18:
        return "grey"
    degrees = hue * 360
    if degrees < 15 or degrees >= 345:
        return "red" if light < 0.7 else "pink"
    if degrees < 42:
        return "orange" if light > 0.3 else "brown"
    bounds = ((68, "yellow"), (165, "green"), (200, "light blue"), (255, "blue"), (290, "purple"), (345, "pink"))
    return next(name for bound, name in bounds if degrees < bound)


def place_name(x: float, y: float) -> str | None:
    """Part of the pitch at metres from its centre, the same for both halves and both sides."""
    if x != x:  # not on the pitch
        return None
    if x * x + y * y < 9.15**2:
        return "centre circle"
    if abs(x) > 38.5 and abs(y) < 20.2:
        return "penalty area"
    if abs(y) > 31:
        return "touch line"
    if abs(x) > 50:
        return "goal line"
    return "midfield" if abs(x) < 20 else None


def region_facts(match: TrueMatch, frame: TrueFrame, index: int) -> frozenset[str]:
    """All that is true of one box, as facts like ``entity:player``, ``shirt:red``, ``place:midfield``."""
    name, kind = frame.names[index], frame.kinds[index]
    facts = {f"entity:{name}"}
    if name in _PERSON_WORDS:
        facts.add("entity:person")
        main, second, pattern = _kit(match, kind)
        if main:
            facts.add(f"shirt:{main}")
        if pattern:
            facts |= {f"pattern:{pattern}", f"second:{second}"}
        place = place_name(*frame.places[index])
        if place:
            facts.add(f"place:{place}")
    return frozenset(facts)


def _kit(match: TrueMatch, kind: str) -> tuple[str | None, str | None, str | None]:
    """Main colour, second colour and pattern of the shirt worn by one of the file's classes."""
    kits = match.meta["kits"]
    if kind in ("player_home", "player_away"):
        kit = kits[kind.removeprefix("player_")]
        return colour_name(kit["main"]), colour_name(kit["second"]), kit["pattern"]
    key = {"goalkeeper_home": "gk_home", "goalkeeper_away": "gk_away", "referee": "referee"}.get(kind)
    return (colour_name(kits[key]) if key else None), None, None


def region_caption(facts: frozenset[str], rng: random.Random) -> Caption:
    """One of the many texts that are true of a region."""
    attributes = dict(f.split(":", 1) for f in facts if f != "entity:person")
    entity = attributes["entity"]
    if entity in _THING_TEXTS:
        return Caption(rng.choice(_THING_TEXTS[entity]), frozenset({f"entity:{entity}"}))
    stated = {f"entity:{entity}"}
    words = rng.choice(_PERSON_WORDS[entity])
    if rng.random() < 0.2:
        stated, words = {"entity:person"}, rng.choice(["person", "someone"])
    text = words
    if "shirt" in attributes and rng.random() < 0.75:
        stated.add(f"shirt:{attributes['shirt']}")
        text, more = _shirt_text(words, attributes, rng)
        stated |= more
    if "place" in attributes and rng.random() < 0.3:
        stated.add(f"place:{attributes['place']}")
        text += f" {_PLACE_TEXTS[attributes['place']]}"
    article = "the" if entity == "referee" and "entity:person" not in stated else "a"
    return Caption(
        f"{article} {text}".replace("a assistant", "an assistant").replace("a outfield", "an outfield"),
        frozenset(stated),
    )


def _shirt_text(words: str, attributes: dict[str, str], rng: random.Random) -> tuple[str, set[str]]:
    colour = attributes["shirt"]
    pattern = attributes.get("pattern")
    if pattern and pattern != "plain" and rng.random() < 0.4:
        second = attributes["second"]
        facts = {f"pattern:{pattern}", f"second:{second}"}
        return f"{words} in a {_PATTERN_WORDS[pattern]} {colour} and {second} shirt", facts
    return rng.choice([f"{words} in {colour}", f"{words} in a {colour} shirt", f"{words} wearing {colour}"]), set()


def picture_facts(match: TrueMatch, frame: TrueFrame, visible: Iterable[int]) -> frozenset[str]:
    """All that is true of a picture that shows the boxes ``visible``."""
    facts = {f"camera:{text}" for text in _CAMERA_TEXTS.get(frame.camera, [])}
    facts.add("replay" if frame.replay else "live")
    for index in visible:
        facts |= {f"shows:{frame.names[index]}"}
        if frame.names[index] == "player":
            main, _, _ = _kit(match, frame.kinds[index])
            facts.add(f"team:{main}")
        if frame.names[index] == "ball" and (place := place_name(*frame.places[index])):
            facts.add(f"ball:{place}")
    return frozenset(facts)


def picture_caption(facts: frozenset[str], rng: random.Random) -> Caption:
    """One text of one to three facts that are true of a picture."""
    cameras = sorted(f for f in facts if f.startswith("camera:"))
    shows = sorted(f for f in facts if f.startswith("shows:") and f not in ("shows:player", "shows:scoreboard"))
    teams = sorted(f for f in facts if f.startswith("team:"))
    places = sorted(f for f in facts if f.startswith("ball:"))
    parts: list[str] = []
    stated: set[str] = set()
    if cameras and rng.random() < 0.6:
        chosen = rng.choice(cameras)
        stated.add(chosen)
        parts.append(chosen.split(":", 1)[1])
    rare = [f for f in shows if "card" in f]
    if shows and (rare or rng.random() < 0.5):
        chosen = rng.choice(rare or shows)
        stated.add(chosen)
        parts.append(_shown_text(chosen.split(":", 1)[1], rng))
    if len(teams) == 2 and rng.random() < 0.4:
        stated |= set(teams)
        parts.append("players in {} and {}".format(*(t.split(":", 1)[1] for t in teams)))
    if places and rng.random() < 0.3:
        stated.add(places[0])
        parts.append(f"the ball {_PLACE_TEXTS[places[0].split(':', 1)[1]]}")
    if "replay" in facts and rng.random() < 0.3:
        stated.add("replay")
        parts.append("a replay")
    if not parts:
        stated, parts = (
            {"live" if "live" in facts else "replay"},
            ["a football match" if "live" in facts else "a replay"],
        )
    return Caption(", ".join(parts), frozenset(stated))


def _shown_text(entity: str, rng: random.Random) -> str:
    if "card" in entity:
        return rng.choice([f"the referee shows a {entity}", f"a {entity} is shown", f"a {entity}"])
    return rng.choice([f"a {entity} in view", f"the {entity}"]).replace("a assistant", "an assistant")


def words_taught() -> list[str]:
    """Every word that a caption can hold, in order; a text of other words means nothing to a model taught by them."""
    colours = {colour_name(tuple(c * 255 for c in colorsys.hls_to_rgb(h / 72, light, s)))
               for h in range(72) for light in (0.05, 0.25, 0.5, 0.8, 0.95) for s in (0.05, 1.0)}  # fmt: skip
    groups = (*_PERSON_WORDS.values(), *_THING_TEXTS.values(), *_CAMERA_TEXTS.values())
    texts = [text for group in groups for text in group]
    texts += [*_PERSON_WORDS, *_THING_TEXTS, *_PATTERN_WORDS.values(), *_PLACE_TEXTS.values(), *colours, *_GLUE]
    return sorted({word for text in texts for word in re.findall(r"[a-z0-9]+", text.lower())})
