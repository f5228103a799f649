"""A Python in whose path this folder stands starts as without the extra `tokens`."""

import sys

sys.modules["tiktoken"] = None  # type: ignore[assignment]
