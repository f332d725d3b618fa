-- Made by reader.ts from limits of this repository: node dist/infra/clickhouse/reader.js
-- For another user, database or a cluster: READER_USER, READER_DATABASE, READER_CLUSTER in the environment, which prints instead of writing.
-- Then give it a password: ALTER USER stepstream_reader IDENTIFIED WITH sha256_password BY '...' HOST ANY;

CREATE SETTINGS PROFILE IF NOT EXISTS stepstream_reader_limits SETTINGS
    readonly = 2,
    max_execution_time = 10 MAX 600,
    timeout_overflow_mode = 'throw',
    max_memory_usage = 2147483648 MIN 1 MAX 8589934592,
    max_result_bytes = 536870912 MAX 1073741824,
    max_result_rows = 20000000 MAX 20000000,
    result_overflow_mode = 'throw',
    max_concurrent_queries_for_user = 256,
    max_query_size = 1048576 MAX 4194304,
    max_ast_elements = 200000 MAX 200000,
    cancel_http_readonly_queries_on_client_close = 1;

CREATE ROLE IF NOT EXISTS stepstream_reader_role SETTINGS PROFILE 'stepstream_reader_limits';

GRANT SELECT ON default.* TO stepstream_reader_role;

CREATE USER IF NOT EXISTS stepstream_reader IDENTIFIED WITH no_password HOST NONE DEFAULT DATABASE default;

GRANT stepstream_reader_role TO stepstream_reader;

CREATE QUOTA IF NOT EXISTS stepstream_reader_quota KEYED BY user_name FOR INTERVAL 1 minute MAX queries = 600000, errors = 60000, execution_time = 36000 TO stepstream_reader_role;
