// Opens the page of report in Chromium and does what a reader does. stdin:
// {"page", "limited", "screens": folder or null}; stdout: what was found, one
// member for each function of `looks`.
const {chromium} = require("playwright-core");
const fs = require("fs");
const path = require("path");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PHONE = {width: 390, height: 844};
const DESKTOP = {width: 1280, height: 900};

const firstCells = page => page.$$eval(
  ".rows tbody tr td:first-child bdi", cells => cells.map(one => one.textContent));
const status = page => page.textContent(".count");
const column = (page, title) => page.$$eval(".rows", ([table], name) => {
  const index = [...table.tHead.rows[0].cells]
    .findIndex(cell => cell.textContent === name);
  return [...table.tBodies[0].rows].map(row => row.cells[index].textContent);
}, title);

// What axe has to say of an element.
const axeOf = (page, selector, options = {}) => page.evaluate(
  async ([where, how]) => {
    const {violations} = await axe.run(where, how);
    return violations.map(one => `${one.id}: ` +
      one.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(" | "));
  }, [selector, options]);

// Of the page with all tables open, in both schemes, and of what opens above.
async function accessibility(page) {
  await page.evaluate(AXE);
  await page.evaluate(() => {
    for (const one of document.querySelectorAll("details:not(.more)"))
      one.open = true;
  });
  const found = await axeOf(page, "html");
  await page.emulateMedia({colorScheme: "dark"});
  found.push(...await axeOf(page, "html", {runOnly: ["color-contrast"]}));
  for (const [opened, shown] of [
    ["text=Filters", ".more[open]"], ["text=Columns", ".more[open]"],
    [".rows .link", "dialog[open]"]]) {
    await page.click(opened);
    found.push(...await axeOf(page, shown));
    await page.keyboard.press("Escape");
  }
  await page.emulateMedia({colorScheme: "light"});
  return found;
}

async function search(page) {
  const found = {};
  for (const words of ["UNAL", "noor user updated", "nobody has this", ""]) {
    await page.fill("input[type=search]", words);
    await page.waitForTimeout(160);
    found[words] = {status: await status(page), rows: await firstCells(page)};
  }
  return found;
}

async function sort(page) {
  const button = page.locator(".rows thead button", {hasText: "Inactive since"});
  const found = [];
  for (let i = 0; i < 3; i++) {
    await button.click();
    found.push({
      way: await page.$$eval(".rows th[aria-sort]",
                             all => all.map(one => one.ariaSort)),
      cells: await column(page, "Inactive since"),
      focus: await page.evaluate(() => document.activeElement.textContent),
    });
  }
  return found;
}

async function filter(page) {
  const found = {};
  await page.click("text=Filters");
  await page.selectOption("label:has-text('Last modified status') select",
                          "no_actor");
  found.chosen = await status(page);
  await page.check("text=New since the run before");
  found.none = await status(page);
  await page.uncheck("text=New since the run before");
  await page.keyboard.press("Escape");
  found.closed = await page.$eval(".more", one => !one.open);
  await page.click(".chip");
  found.all = await status(page);
  await page.locator("tr[data-value=before_log] button").click();
  found.bar = await status(page);
  found.chip = await page.textContent(".chip");
  found.focus = await page.evaluate(() => document.activeElement.className);
  await page.click(".chip");
  return found;
}

async function pages(page) {
  const found = {};
  await page.selectOption(".size select", "25");
  found.first = await status(page);
  found.back = await page.isDisabled("text=← Previous");
  await page.click("text=Next →");
  found.second = await status(page);
  found.forth = await page.isDisabled("text=Next →");
  found.rows = (await firstCells(page)).length;
  await page.selectOption(".size select", "50");
  return found;
}

async function columns(page) {
  await page.click("text=Columns");
  await page.getByLabel("Account id", {exact: true}).check();
  await page.getByLabel("E-mail", {exact: true}).uncheck();
  await page.keyboard.press("Escape");
  const heads = await page.$$eval(".rows thead th",
                                  all => all.map(one => one.textContent));
  await page.click("text=Columns");
  await page.getByLabel("Account id", {exact: true}).uncheck();
  await page.getByLabel("E-mail", {exact: true}).check();
  await page.keyboard.press("Escape");
  return heads;
}

// Without a mouse from the top of the page to a row and back.
async function keyboard(page) {
  const found = {};
  const active = () => page.evaluate(
    () => document.activeElement.textContent || document.activeElement.type);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Tab");
  found.first = await active();
  await page.keyboard.press("/");
  found.slash = await active();
  await page.keyboard.type("hostile");
  await page.waitForTimeout(160);
  found.count = await status(page);
  for (let i = 0; i < 40 && await page.evaluate(
    () => !document.activeElement.matches(".rows tbody .link")); i++)
    await page.keyboard.press("Tab");
  found.row = await active();
  await page.keyboard.press("Enter");
  found.dialog = await page.$eval("dialog", one => one.open);
  found.inside = await page.evaluate(
    () => document.querySelector("dialog").contains(document.activeElement));
  found.terms = (await page.$$("dialog dt")).length;
  await page.keyboard.press("Escape");
  found.closed = await page.$eval("dialog", one => !one.open);
  found.back = await active();
  await page.fill("input[type=search]", "");
  await page.waitForTimeout(160);
  return found;
}

async function download(page) {
  await page.fill("input[type=search]", "example.test");
  await page.waitForTimeout(160);
  const [got] = await Promise.all([page.waitForEvent("download"),
                                   page.click("text=Download CSV")]);
  const text = fs.readFileSync(await got.path(), "utf8");
  await page.fill("input[type=search]", "");
  await page.waitForTimeout(160);
  return {name: got.suggestedFilename(), text};
}

async function shapes(page, screens) {
  const found = {};
  const shot = name => screens &&
    page.screenshot({path: path.join(screens, name), fullPage: true});
  for (const [name, size] of [["phone", PHONE], ["desktop", DESKTOP]]) {
    await page.setViewportSize(size);
    found[name] = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth,
      window: innerWidth,
      // Texts of a chart that lie over one another.
      crowded: [...document.querySelectorAll("svg[role=img]")].filter(svg => {
        const boxes = [...svg.querySelectorAll("text.name, text.tick")]
          .filter(one => one.textContent !== "")
          .map(one => one.getBoundingClientRect())
          .filter(box => box.width > 0);
        return boxes.some((a, i) => boxes.slice(i + 1).some(
          b => a.left < b.right && b.left < a.right && a.top < b.bottom &&
            b.top < a.bottom));
      }).map(svg => svg.getAttribute("aria-labelledby")),
    }));
    await shot(`${name}.png`);
  }
  await page.emulateMedia({colorScheme: "dark"});
  found.dark = await page.evaluate(() => [document.body, ...document
    .querySelectorAll("section")].map(one => getComputedStyle(one)
    .backgroundColor));
  await shot("dark.png");
  await page.emulateMedia({colorScheme: "light"});
  return found;
}

async function print(page, screens) {
  await page.emulateMedia({media: "print"});
  const found = await page.evaluate(() => {
    dispatchEvent(new Event("beforeprint"));
    const seen = selector => [...document.querySelectorAll(selector)]
      .some(one => one.checkVisibility() && one.getClientRects().length > 0);
    const result = {tools: seen(".tools, nav, .pages"),
                    table: seen("details .plain td"), rows: seen(".rows td"),
                    charts: seen("svg[role=img]")};
    return result;
  });
  const pdf = await page.pdf({format: "A4", path: screens
    ? path.join(screens, "print.pdf") : undefined});
  found.pages = pdf.toString("latin1").match(/\/Type \/Page\b/g).length;
  found.closed = await page.evaluate(() => {
    dispatchEvent(new Event("afterprint"));
    return document.querySelectorAll("details[open]").length === 0;
  });
  await page.emulateMedia({media: "screen"});
  return found;
}

// In this order: what is opened by one stays open for the next.
const looks = {keyboard, print, shapes, search, sort, filter, pages, columns,
               download, accessibility};

async function main() {
  const {page: file, limited, screens} = JSON.parse(fs.readFileSync(0, "utf8"));
  const browser = await chromium.launch({executablePath: "/usr/bin/chromium",
                                         args: ["--no-sandbox"]});
  const context = await browser.newContext({viewport: DESKTOP,
                                            reducedMotion: "reduce"});
  const page = await context.newPage();
  const found = {noise: [], requests: []};

  page.on("console", one => found.noise.push(one.text()));
  page.on("pageerror", one => found.noise.push(String(one)));
  page.on("request", one => found.requests.push(one.url()));
  await page.goto("file://" + file);
  found.scripts = await page.evaluate(() => typeof window.alerted);
  for (const [name, look] of Object.entries(looks))
    found[name] = await look(page, screens);
  await page.goto("file://" + limited);
  found.limited = {note: await page.textContent(".limited"),
                   status: await status(page)};
  await browser.close();
  fs.writeSync(1, JSON.stringify(found));
}

main().catch(error => {
  console.error(error.stack);
  process.exit(1);
});
