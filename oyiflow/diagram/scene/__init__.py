"""From a drawing to a scene: geometry stays what the layout made it; colours, badges and words for the ear are added."""

from __future__ import annotations

from oyiflow.diagram.scene.painter import paint
from oyiflow.diagram.scene.primitives import Scene
from oyiflow.diagram.scene.theme import DARK, LIGHT, PRINT, THEMES, Theme

__all__ = ["DARK", "LIGHT", "PRINT", "THEMES", "Scene", "Theme", "paint"]
