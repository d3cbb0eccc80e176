"""The player of a playlist as a Streamlit component: its clips one after another, over all its matches."""

from __future__ import annotations

from typing import Any

from app.components.standing import mount, standing_component

_HTML = """
<div class="workspace playlist" data-standing tabindex="-1">
  <div class="player" role="group" aria-label="Player of the playlist">
    <div class="stage">
      <video aria-label="The clip" playsinline muted preload="auto"></video>
      <video aria-hidden="true" class="behind" playsinline muted preload="auto"></video>
      <svg class="sketch" hidden role="img" aria-label="What is drawn on this picture"></svg>
      <div class="plate"></div><div class="stage-note" hidden></div>
    </div>
    <div class="bar"><i class="gone"></i></div>
    <div class="transport">
      <button class="button" data-act="toggle" title="One after another (Space)"><span>Play all</span></button>
      <button class="ic" data-act="previous" title="Previous clip (P)" aria-label="Previous clip"></button>
      <button class="ic" data-act="next" title="Next clip (N)" aria-label="Next clip"></button>
      <button class="ic" data-act="stop" title="Stop (Escape)" aria-label="Stop"></button>
      <span class="present" role="status"></span><span class="spring"></span>
      <button class="ic" data-act="sound" title="Sound (S)" aria-label="Sound"></button>
      <button class="ic" data-act="full" title="Whole screen (F)" aria-label="Whole screen"></button>
    </div>
  </div>
  <div class="queue-place"><ol class="queue" aria-label="Clips in their order"></ol></div>
</div>
"""


def playlist_player(clips: list[dict[str, Any]], *, key: str) -> None:
    """Mount the player.

    Arguments:
        clips: in their order [{match, half, name, short, group, glyph, light, dark, clock, title, length, caption,
            start, end (seconds of the half), slow {from, to, speed}, freezes [{time, seconds, strokes}], video (link or
            None), missing (why there is no video)}].
        key: of the widget.
    """
    component = standing_component("playlist", _HTML, "workspace.css", "playlist.css")
    mount(component, {"clips": clips}, key=key, module="clips/playlist_player.js", events={})
