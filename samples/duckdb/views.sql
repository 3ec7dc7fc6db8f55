-- Paths are relative to the folder DuckDB is started in.
CREATE OR REPLACE VIEW inactive_users_runs AS
SELECT *
FROM read_csv('out/dataset=inactive_users/dt=*/run=*/*.csv.gz',
    header = true,
    all_varchar = true,
    delim = ',',
    quote = '"',
    escape = '"',
    nullstr = '',
    allow_quoted_nulls = false,
    hive_partitioning = true,
    hive_types = {dataset: VARCHAR, dt: DATE, run: VARCHAR});

CREATE OR REPLACE VIEW inactive_users AS
SELECT * EXCLUDE (dataset),
    CAST(last_modified_at AS TIMESTAMP) AS modified,
    CAST(inactive_since AS TIMESTAMP) AS since
FROM inactive_users_runs
WHERE run = (SELECT max_by(run, extract_as_of) FROM inactive_users_runs);

CREATE OR REPLACE VIEW newly_inactive_users AS
SELECT account_id, display_name, since, last_modified_by_name
FROM inactive_users
WHERE first_observed_inactive_at = extract_as_of;

CREATE OR REPLACE VIEW deactivations_by AS
SELECT deactivated_by_name, count(*) AS accounts
FROM inactive_users
WHERE deactivated_at IS NOT NULL
GROUP BY ALL
ORDER BY accounts DESC, deactivated_by_name;
