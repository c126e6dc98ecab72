"""What leads where: the same answers as networkx gives, on random graphs."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from oyiflow.verify.graph import descendants

NODES = "abcdefgh"
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=16)


@given(edges=EDGES, start=st.sampled_from(NODES))
def test_descendants_are_those_that_networkx_finds(edges: list[tuple[str, str]], start: str) -> None:
    graph: dict[str, list[str]] = {}
    for one, other in edges:
        graph.setdefault(one, []).append(other)
    peer = nx.DiGraph(edges)
    peer.add_node(start)
    in_a_circle = any(start in (other, *nx.descendants(peer, other)) for other in peer.successors(start))
    assert descendants(graph, [start]) == nx.descendants(peer, start) | ({start} if in_a_circle else set())
