// Runs SQL in a DuckDB of its own: stdin {"sql": [TEXT…]}, stdout a list with
// the rows of each as objects, values as DuckDB itself writes them in JSON.
const {DuckDBInstance} = require("@duckdb/node-api");
const fs = require("fs");

async function main() {
  const {sql} = JSON.parse(fs.readFileSync(0, "utf8"));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const results = [];

  for (const text of sql)
    results.push((await connection.runAndReadAll(text)).getRowObjectsJson());
  fs.writeSync(1, JSON.stringify(results));
}

main().catch(error => {
  console.error(error.message);
  process.exit(1);
});
