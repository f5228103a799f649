"""Run the benches named, or all there are: every module here that has `figures()`.

One that is `ONLY_BY_NAME` is run when it is named.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING

from tests import bench
from tests.bench.measure import HEADING

if TYPE_CHECKING:
    from types import ModuleType


def benches() -> dict[str, ModuleType]:
    """The benches by name."""
    names = [found.name for found in pkgutil.iter_modules(bench.__path__) if found.name[0] != "_"]
    modules = {name: importlib.import_module(f"{bench.__name__}.{name}") for name in names}
    return {name: module for name, module in modules.items() if "figures" in vars(module)}


def main(wanted: list[str]) -> int:
    """Print the figures; 2 when there is no bench of a name."""
    known = benches()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"No bench {', '.join(unknown)}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    print(HEADING)
    usual = [name for name, module in known.items() if "ONLY_BY_NAME" not in vars(module)]
    for name in wanted or usual:
        for figure in known[name].figures():
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
