// {"schema", "rows"} -> what Ajv finds wrong with each row, draft 2020-12.
const Ajv = require("ajv/dist/2020");
const formats = require("ajv-formats");

const request = JSON.parse(require("fs").readFileSync(0, "utf8"));
const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
formats(ajv);
const check = ajv.compile(request.schema);
const wrong = request.rows.map((row) =>
  check(row) ? [] : check.errors.map((e) => `${e.instancePath} ${e.message}`));
process.stdout.write(JSON.stringify(wrong));
