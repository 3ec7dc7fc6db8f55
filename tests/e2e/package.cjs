// Data Packages before validators that are not rollcall's. stdin:
//   {"profile": PATH or null, "packages": [{"descriptor": {…}, "base": DIR or null}]}
// The descriptor is checked by ajv against the profile of PATH, and by
// datapackage against its own; then every row of every table of DIR is read
// and cast by its schema; null: no rows. stdout: for each package {"profile": [TEXTS] or
// null, "package": [TEXTS], "tables": {NAME: {"rows": N, "errors": [TEXTS]}}}.
const fs = require("fs");
const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;
const {Package} = require("datapackage");

function compile(path) {
  const ajv = new Ajv({strict: false, allErrors: true, logger: false});
  addFormats(ajv);
  return ajv.compile(JSON.parse(fs.readFileSync(path, "utf8")));
}

async function readTable(resource) {
  try {
    return {rows: (await resource.read()).length, errors: []};
  } catch (error) {
    const all = error.multiple ? error.errors : [error];
    return {rows: 0, errors: all.map(one => one.message)};
  }
}

async function check(validate, {descriptor, base}) {
  const result = {profile: null, package: [], tables: {}};

  if (validate !== null) {
    validate(descriptor);
    result.profile = (validate.errors || []).map(
      error => `${error.instancePath} ${error.message}`);
  }
  const package = await Package.load(descriptor, {basePath: base || "."});
  result.package = package.errors.map(error => error.message);
  for (const resource of package.resources)
    if (base !== null && resource.tabular)
      result.tables[resource.name] = await readTable(resource);
  return result;
}

async function main() {
  const {profile, packages} = JSON.parse(fs.readFileSync(0, "utf8"));
  const validate = profile === null ? null : compile(profile);
  const results = [];

  for (const one of packages)
    results.push(await check(validate, one));
  fs.writeSync(1, JSON.stringify(results));
}

main().catch(error => {
  console.error(error.stack);
  process.exit(1);
});
