"""The import graph of the package: `python -m tests.house.graph` prints floors, arrows and circles.

A room is a folder or module directly under src/l3c. Its floor is the longest chain of imports below it, from 1. Imports
inside functions count, and modules that are named by a string to be imported later; what only a type checker sees does
not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from tests.house.sources import imports, modules, top

LEAVES = frozenset({"_engine", "__version__"})
"""What every room may import, and which stands on no floor: the compiled module and the package's version."""

Graph = Mapping[str, frozenset[str]]


@cache
def module_graph() -> dict[str, frozenset[str]]:
    """Module below l3c to the modules below l3c that it imports."""
    known = modules()
    graph = {}
    for name, path in known.items():
        named = (text for text in _strings(ast.parse(path.read_text())) if text.removeprefix("l3c.") in known)
        wanted = [*imports(path), *named]
        found = {target for wish in wanted if (target := _module_of(wish, known)) is not None}
        graph[name] = frozenset(found - {name})
    return graph


def _strings(tree: ast.Module) -> Iterator[str]:
    """Those that begin as names of modules, as tables of what is imported later have them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("l3c."):
            yield node.value


def _module_of(name: str, known: Mapping[str, object]) -> str | None:
    """The module below l3c that an import of this full name reads; None of other packages' and of leaves."""
    parts = name.split(".")
    if parts[0] != "l3c" or (len(parts) > 1 and parts[1] in LEAVES):
        return None
    for end in range(len(parts), 1, -1):
        if (module := ".".join(parts[1:end])) in known:
            return module
    return ""


def room_graph() -> dict[str, frozenset[str]]:
    """Room to the rooms that it imports; "" is the package itself."""
    graph: dict[str, set[str]] = {}
    for name, targets in module_graph().items():
        room = top(f"l3c.{name}")
        graph.setdefault(room, set()).update(top(f"l3c.{target}") for target in targets)
    return {room: frozenset(targets - {room}) for room, targets in graph.items()}


def circles(graph: Graph) -> list[list[str]]:
    """Sets of nodes that reach one another, sorted."""
    reach = {node: _reached(graph, node) for node in graph}
    found = {tuple(sorted(other for other in reach[node] if node in reach[other])) for node in graph}
    return sorted(list(circle) for circle in found if len(circle) > 1)


def _reached(graph: Graph, start: str) -> set[str]:
    """What a node imports, directly or not, and itself if it comes back to it."""
    seen: set[str] = set()
    left = list(graph[start])
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left.extend(graph.get(node, ()))
    return seen


def floors(graph: Graph) -> dict[str, int]:
    """Node to floor; rooms of a circle stand on one floor."""
    together = {node: frozenset(circle) for circle in circles(graph) for node in circle}

    @cache
    def floor(group: frozenset[str]) -> int:
        below = {target for node in group for target in graph.get(node, ())} - group
        return 1 + max((floor(together.get(target, frozenset({target}))) for target in below), default=0)

    return {node: floor(together.get(node, frozenset({node}))) for node in graph}


def back_arrows(graph: Graph) -> list[tuple[str, str]]:
    """Arrows that do not lead to a lower floor."""
    level = floors(graph)
    return sorted((node, target) for node in graph for target in graph[node] if level[target] >= level[node])


def main() -> None:
    rooms, files = room_graph(), module_graph()
    level = floors(rooms)
    for number in range(max(level.values()), 0, -1):
        print(f"floor {number:2}: {', '.join(sorted(room or 'l3c' for room in rooms if level[room] == number))}")
    print(f"rooms {len(rooms)}, floors {max(level.values())}, arrows {sum(map(len, rooms.values()))}")
    print(f"arrows that do not lead down: {back_arrows(rooms)}")
    print(f"circles of rooms: {circles(rooms)}")
    print(f"circles of modules: {circles(files)}")


if __name__ == "__main__":
    main()
