"""The words that name entities."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.entities.prompts import load_prompts


def test_default_prompts_name_the_entities() -> None:
    names = load_prompts().names
    assert {
        "ball",
        "yellow card",
        "red card",
        "referee",
        "player",
        "goalkeeper",
        "goal",
        "corner flag",
        "scoreboard",
    } <= set(names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("entity = 3 =", "not TOML"),
        ("", "names no entity"),
        ('[[entity]]\nprompts = ["a"]', "lacks 'name'"),
        ('[[entity]]\nname = "a"\nprompts = []', "needs a name, a prompt"),
        ('[[entity]]\nname = "a"\nprompts = ["a"]\n[[entity]]\nname = "a"\nprompts = ["b"]', "same name"),
    ],
)
def test_broken_prompts_say_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=message):
        load_prompts(path)


def test_colours_do_not_change_what_is_found(tmp_path: Path) -> None:
    text = asset("prompts", "football.toml").read_text()
    for name, content in (
        ("a", text),
        ("b", text.replace("#FFDE3B", "#000000")),
        ("c", text.replace("the ball", "a ball")),
    ):
        (tmp_path / f"{name}.toml").write_text(content)
    prints = [load_prompts(tmp_path / f"{n}.toml").fingerprint() for n in "abc"]
    assert prints[0] == prints[1] != prints[2]
