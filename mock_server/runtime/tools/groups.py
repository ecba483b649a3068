"""All runtime functions that know no feature."""

from __future__ import annotations

from mock_server.config import Config
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.runtime.settings import runtime_settings
from mock_server.runtime.tools.crypto import CryptoFunctions
from mock_server.runtime.tools.encoding import EncodingFunctions
from mock_server.runtime.tools.http import HttpFunctions
from mock_server.runtime.tools.localcache import LocalCacheFunctions
from mock_server.runtime.tools.logger import LoggerFunctions
from mock_server.runtime.tools.metrics import Metrics, MetricsFunctions
from mock_server.runtime.tools.satori import SatoriAccess, SatoriFunctions
from mock_server.runtime.tools.sql import SqlFunctions
from mock_server.runtime.tools.surroundings import SurroundingsFunctions
from mock_server.runtime.tools.time import TimeFunctions
from mock_server.sql.database import Database
from server_kit import Clock


def tool_functions(
    config: Config, clock: Clock, metrics: Metrics, database: Database
) -> tuple[RuntimeFunctions, ...]:
    """Return the groups of one server.

    Args:
        config: Its settings.
        clock: Its time.
        metrics: What modules count.
        database: Where they run SQL.
    """
    return (
        CryptoFunctions(),
        EncodingFunctions(),
        HttpFunctions(config.onesignal.url, config.runtime.allow_http),
        LocalCacheFunctions(clock.time),
        LoggerFunctions(),
        MetricsFunctions(metrics),
        SatoriAccess(),
        SatoriFunctions(),
        SqlFunctions(database),
        SurroundingsFunctions(config.runtime.path, runtime_settings(config)),
        TimeFunctions(clock),
    )
