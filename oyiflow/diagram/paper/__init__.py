"""A chart on paper: pages with a title block, a legend, and the list of articles that the chart carries out."""

from __future__ import annotations

from oyiflow.diagram.paper.articles import Article, articles_of
from oyiflow.diagram.paper.legend import with_legend
from oyiflow.diagram.paper.sheet import sheets
from oyiflow.diagram.paper.size import Colophon, Style

__all__ = ["Article", "Colophon", "Style", "articles_of", "sheets", "with_legend"]
