// The join with Node.js: node node_peer.mjs PAGES OUT.csv.gz
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const ACTOR_WITHIN_MS = 15 * 60 * 1000;
const [folder, out] = process.argv.slice(2);

function* pages(part) {
  for (const name of readdirSync(`${folder}/${part}`).sort())
    yield JSON.parse(readFileSync(`${folder}/${part}/${name}`, "utf8"));
}

const accounts = new Map();
for (const page of pages("users"))
  for (const row of page)
    if (row.accountId !== "unknown" && !accounts.has(row.accountId))
      accounts.set(row.accountId, row);

const keys = new Map();
for (const page of pages("keys"))
  for (const row of page)
    if (row.accountId && row.accountId !== "unknown")
      keys.set(row.key, row.accountId);

// Newer, or as new and names its author, or the higher id.
const above = (a, b) =>
  a.created !== b.created ? a.created > b.created
  : !a.author !== !b.author ? !b.author
  : a.id > b.id;

const keep = (events, name, event) => {
  const known = events.get(name);
  if (known === undefined || above(event, known)) events.set(name, event);
};

const newest = new Map();
const authored = new Map();
for (const page of pages("audit")) {
  for (const record of page.records) {
    const { authorKey, authorAccountId, objectItem } = record;
    if (authorKey && authorAccountId) keys.set(authorKey, authorAccountId);
    const names = [];
    if (objectItem.typeName === "USER")
      names.push(objectItem.id || objectItem.name);
    if (record.category === "group management")
      for (const item of record.associatedItems ?? [])
        if (item.typeName === "USER") names.push(item.id || item.name);
    if (names.length === 0) continue;
    const event = { created: record.created, id: record.id,
                    author: authorAccountId ?? authorKey };
    for (const name of names) {
      keep(newest, name, event);
      if (event.author) keep(authored, name, event);
    }
  }
}

const merged = (events) => {
  const found = new Map();
  for (const [name, event] of events) {
    const account = accounts.has(name) ? name : keys.get(name);
    if (account !== undefined) keep(found, account, event);
  }
  return found;
};

const time = (event) => Date.parse(event.created.replace("+0000", "Z"));
const quoted = (text) =>
  /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const last = merged(newest);
const lenders = merged(authored);
const lines = ["account_id,display_name,last_modified_at," +
               "last_modified_by_id,last_modified_event"];
for (const id of [...accounts.keys()].sort()) {
  const user = accounts.get(id);
  if (user.active || user.accountType === "app") continue;
  const event = last.get(id);
  const cells = [id, quoted(user.displayName ?? "")];
  if (event === undefined) {
    cells.push("", "", "");
  } else {
    const lender = lenders.get(id);
    const author = event.author ??
      (lender && time(event) - time(lender) <= ACTOR_WITHIN_MS
        ? lender.author : "");
    cells.push(event.created, keys.get(author) ?? author, event.id);
  }
  lines.push(cells.join(","));
}
writeFileSync(out, gzipSync(lines.join("\n") + "\n", { level: 6 }));
