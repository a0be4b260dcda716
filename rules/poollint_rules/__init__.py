"""The built-in rules. `RULES` is the only list of them: by hand, alphabetical."""

from typing import Any

from poollint import Rule
from poollint_rules.budget.autoscale_overshoot import autoscale_overshoot
from poollint_rules.budget.clients_exceed_pooler import clients_exceed_pooler
from poollint_rules.budget.connection_budget_exceeded import connection_budget_exceeded
from poollint_rules.budget.contradictory_number import contradictory_number
from poollint_rules.budget.deploy_overshoot import deploy_overshoot
from poollint_rules.budget.ignored_url_parameter import ignored_url_parameter
from poollint_rules.budget.memory_exceeded import memory_exceeded
from poollint_rules.budget.no_room_for_superuser import no_room_for_superuser
from poollint_rules.budget.pool_exceeds_cores import pool_exceeds_cores
from poollint_rules.budget.pooler_bypassed import pooler_bypassed
from poollint_rules.budget.pooler_exceeds_server import pooler_exceeds_server
from poollint_rules.budget.pooler_file_limit import pooler_file_limit
from poollint_rules.budget.serverless_without_pooler import serverless_without_pooler
from poollint_rules.budget.unknown_number import unknown_number
from poollint_rules.leak.connection_leak import connection_leak
from poollint_rules.leak.open_transaction import open_transaction
from poollint_rules.leak.pool_never_closed import pool_never_closed
from poollint_rules.lifetime.connection_held_over_io import connection_held_over_io
from poollint_rules.lifetime.connection_per_request import connection_per_request
from poollint_rules.lifetime.nested_acquire import nested_acquire
from poollint_rules.lifetime.pool_before_fork import pool_before_fork
from poollint_rules.lifetime.pool_per_request import pool_per_request
from poollint_rules.lifetime.shared_connection import shared_connection
from poollint_rules.pool.impossible_pool import impossible_pool
from poollint_rules.pool.oversized_pool import oversized_pool
from poollint_rules.pool.pool_without_health_check import pool_without_health_check
from poollint_rules.pool.pool_without_recycle import pool_without_recycle
from poollint_rules.pool.pool_without_timeout import pool_without_timeout
from poollint_rules.pool.serverless_pool import serverless_pool
from poollint_rules.pool.unbounded_pool import unbounded_pool
from poollint_rules.session.cursor_with_hold import cursor_with_hold
from poollint_rules.session.driver_prepared_statements import driver_prepared_statements
from poollint_rules.session.ineffective_outside_transaction import ineffective_outside_transaction
from poollint_rules.session.listen_notify import listen_notify
from poollint_rules.session.server_side_cursor import server_side_cursor
from poollint_rules.session.session_advisory_lock import session_advisory_lock
from poollint_rules.session.session_pinned import session_pinned
from poollint_rules.session.session_set import session_set
from poollint_rules.session.session_set_on_connect import session_set_on_connect
from poollint_rules.session.session_startup_parameter import session_startup_parameter
from poollint_rules.session.session_temp_table import session_temp_table
from poollint_rules.session.sql_prepare import sql_prepare
from poollint_rules.session.statement_mode_transaction import statement_mode_transaction
from poollint_rules.setting.duplicate_setting import duplicate_setting
from poollint_rules.setting.idle_transaction_unlimited import idle_transaction_unlimited
from poollint_rules.setting.ineffective_setting import ineffective_setting
from poollint_rules.setting.invalid_setting import invalid_setting
from poollint_rules.setting.misplaced_setting import misplaced_setting
from poollint_rules.setting.open_authentication import open_authentication
from poollint_rules.setting.plaintext_clients import plaintext_clients
from poollint_rules.setting.query_wait_unlimited import query_wait_unlimited
from poollint_rules.setting.removed_setting import removed_setting
from poollint_rules.setting.secret_in_config import secret_in_config
from poollint_rules.setting.superuser_pooler import superuser_pooler
from poollint_rules.setting.timeout_order import timeout_order
from poollint_rules.setting.unknown_setting import unknown_setting

RULES: tuple[Rule[Any], ...] = (
    autoscale_overshoot,
    clients_exceed_pooler,
    connection_budget_exceeded,
    connection_held_over_io,
    connection_leak,
    connection_per_request,
    contradictory_number,
    cursor_with_hold,
    deploy_overshoot,
    driver_prepared_statements,
    duplicate_setting,
    idle_transaction_unlimited,
    ignored_url_parameter,
    impossible_pool,
    ineffective_outside_transaction,
    ineffective_setting,
    invalid_setting,
    listen_notify,
    memory_exceeded,
    misplaced_setting,
    nested_acquire,
    no_room_for_superuser,
    open_authentication,
    open_transaction,
    oversized_pool,
    plaintext_clients,
    pool_before_fork,
    pool_exceeds_cores,
    pool_never_closed,
    pool_per_request,
    pool_without_health_check,
    pool_without_recycle,
    pool_without_timeout,
    pooler_bypassed,
    pooler_exceeds_server,
    pooler_file_limit,
    query_wait_unlimited,
    removed_setting,
    secret_in_config,
    server_side_cursor,
    serverless_pool,
    serverless_without_pooler,
    session_advisory_lock,
    session_pinned,
    session_set,
    session_set_on_connect,
    session_startup_parameter,
    session_temp_table,
    shared_connection,
    sql_prepare,
    statement_mode_transaction,
    superuser_pooler,
    timeout_order,
    unbounded_pool,
    unknown_number,
    unknown_setting,
)
