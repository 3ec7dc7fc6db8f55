// The join with DuckDB: node duckdb_peer.mjs PAGES OUT.csv.gz
// Every column is named, so nothing is sniffed and the rest is skipped; the
// log is read once.
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.BENCH_NODE, "package.json"));
const { DuckDBInstance } = require("@duckdb/node-api");
const [folder, out] = process.argv.slice(2);

const ITEM = "STRUCT(id VARCHAR, name VARCHAR, typeName VARCHAR)";
const SIZE = "maximum_object_size = 67108864";

const script = `
CREATE TEMP TABLE users AS
SELECT accountId AS id, first(displayName) AS name,
       first(NOT active AND accountType <> 'app') AS wanted
FROM read_json('${folder}/users/*.json', format = 'array', ${SIZE}, columns = {
  accountId: 'VARCHAR', accountType: 'VARCHAR', displayName: 'VARCHAR',
  active: 'BOOLEAN'})
WHERE accountId <> 'unknown' GROUP BY accountId;

CREATE TEMP TABLE records AS
SELECT r.id AS id, r.created AS created, r.authorKey AS key,
       r.authorAccountId AS author,
       CASE WHEN r.objectItem.typeName = 'USER'
                 THEN [coalesce(r.objectItem.id, r.objectItem.name)]
            WHEN r.category = 'group management'
                 THEN [coalesce(i.id, i.name) FOR i IN r.associatedItems
                       IF i.typeName = 'USER']
       END AS names
FROM (SELECT unnest(records) AS r
      FROM read_json('${folder}/audit/*.json', format = 'unstructured', ${SIZE},
        columns = {records: 'STRUCT(id BIGINT, created VARCHAR,
          category VARCHAR, authorKey VARCHAR, authorAccountId VARCHAR,
          objectItem ${ITEM}, associatedItems ${ITEM}[])[]'}));

CREATE TEMP TABLE keys AS
SELECT key, first(account) AS account FROM (
  SELECT key, accountId AS account
  FROM read_json('${folder}/keys/*.json', format = 'array', ${SIZE},
                 columns = {key: 'VARCHAR', accountId: 'VARCHAR'})
  WHERE accountId NOT IN ('', 'unknown')
  UNION ALL
  SELECT key, author FROM records
  WHERE key IS NOT NULL AND author IS NOT NULL)
GROUP BY key;

CREATE TEMP TABLE events AS
SELECT coalesce(u.id, s.account) AS account, e.id, e.created,
       coalesce(e.author, a.account, e.key) AS author
FROM (SELECT unnest(names) AS name, id, created, key, author
      FROM records WHERE names IS NOT NULL) AS e
LEFT JOIN users AS u ON u.id = e.name
LEFT JOIN keys AS s ON s.key = e.name
LEFT JOIN keys AS a ON a.key = e.key;

COPY (
  SELECT u.id AS account_id, u.name AS display_name,
         n.e.created AS last_modified_at,
         CASE WHEN n.e.author IS NOT NULL THEN n.e.author
              WHEN epoch_ms(strptime(n.e.created, '%Y-%m-%dT%H:%M:%S.%g%z'))
                   - epoch_ms(strptime(n.l.created,
                                       '%Y-%m-%dT%H:%M:%S.%g%z'))
                   <= 15 * 60 * 1000 THEN n.l.author
         END AS last_modified_by_id,
         n.e.id AS last_modified_event
  FROM users AS u LEFT JOIN (
    SELECT account,
           max({created: created, named: author IS NOT NULL, id: id,
                author: author}) AS e,
           max({created: created, id: id, author: author})
             FILTER (author IS NOT NULL) AS l
    FROM events WHERE account IS NOT NULL GROUP BY account) AS n
  ON n.account = u.id
  WHERE u.wanted ORDER BY u.id
) TO '${out}' (FORMAT csv, HEADER, COMPRESSION gzip);
`;

const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();
await connection.run(script);
connection.closeSync();
