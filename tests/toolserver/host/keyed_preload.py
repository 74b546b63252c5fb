"""What the fork server of a host under test loads: the platform's tools, and the one whose provider takes our key."""

from tests.toolserver.host.keyed_tool import PlaceOrder
from toolserver.tools.registry import ADAPTERS

ADAPTERS[PlaceOrder.name] = PlaceOrder()

import toolserver.process.preload  # noqa: E402, F401
