"""Run the benches named, or all there are: every module here that has `figures()`."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING

from tests import bench
from tests.bench.measure import HEADING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.measure import Figure


def benches() -> dict[str, Callable[[], Iterator[Figure]]]:
    """The benches by name."""
    names = [found.name for found in pkgutil.iter_modules(bench.__path__) if found.name[0] != "_"]
    modules = {name: importlib.import_module(f"{bench.__name__}.{name}") for name in names}
    return {
        name: vars(module)["figures"]
        for name, module in modules.items()
        if "figures" in vars(module)
    }


def main(wanted: list[str]) -> int:
    """Print the figures; 2 when there is no bench of a name."""
    known = benches()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"No bench {', '.join(unknown)}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    print(HEADING)
    for name in wanted or known:
        for figure in known[name]():
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
