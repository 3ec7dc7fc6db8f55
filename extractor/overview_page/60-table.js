// The table of the rows in view, a page of them at a time.

let view = [];
const head = make("thead");
const body = make("tbody");
const count = make("p", {class: "count", role: "status"});
const where = make("span", {class: "where"});
const back = make("button", {type: "button", onclick: () => turn(-1)},
                  "← Previous");
const forth = make("button", {type: "button", onclick: () => turn(1)},
                   "Next →");

const shownColumns = () => [...columns.keys()].filter(i => columns[i].shown);
const pageCount = () => Math.max(1, Math.ceil(view.length / state.size));

function turn(by) {
  state.page = Math.min(Math.max(state.page + by, 0), pageCount() - 1);
  drawRows();
}

function sortBy(index) {
  if (state.sort === null || state.sort.index !== index)
    state.sort = {index, down: false};
  else if (!state.sort.down)
    state.sort = {index, down: true};
  else
    state.sort = null;
  update();
  head.querySelector(`[data-index="${index}"]`)?.focus();
}

function headCell(index) {
  const column = columns[index];
  const sort = state.sort !== null && state.sort.index === index
    ? state.sort.down ? "descending" : "ascending"
    : null;

  return make("th", {scope: "col", "aria-sort": sort},
              make("button", {type: "button", "data-index": index,
                              title: column.about ?? null,
                              onclick: () => sortBy(index)}, column.title));
}

function bodyCell(row, index, first) {
  const text = textOf(row, index);
  const cell = make("td");

  if (first) {
    cell.append(make("button", {type: "button", class: "link",
                                "aria-haspopup": "dialog",
                                onclick: () => showDetail(row)},
                     make("bdi", {}, text ?? "(no name)")));
    if (isNew(row))
      cell.append(make("span", {class: "new"}, "new"));
  } else if (text === null) {
    cell.className = "none";
    cell.append("–");
  } else {
    cell.title = text;
    cell.append(make("bdi", {}, text));
  }
  return cell;
}

function drawRows() {
  const indexes = shownColumns();
  const start = state.page * state.size;
  const numbers = view.slice(start, start + state.size);

  head.replaceChildren(make("tr", {}, ...indexes.map(headCell)));
  body.replaceChildren(...numbers.map(number => {
    const row = data.rows[number];

    return make("tr", {},
                ...indexes.map((index, i) => bodyCell(row, index, i === 0)));
  }));
  where.textContent = `Page ${counted(state.page + 1)} of ` +
    counted(pageCount());
  back.disabled = state.page === 0;
  forth.disabled = state.page + 1 >= pageCount();
  count.textContent = view.length === 0
    ? "No row matches."
    : `Rows ${counted(start + 1)} to ${counted(start + numbers.length)} of ` +
      counted(view.length) +
      (view.length < data.rows.length
        ? `, chosen from ${counted(data.rows.length)}` : "");
}

// After any change of what is in view.
function update() {
  view = visibleRows();
  state.page = 0;
  drawRows();
  drawChips();
}
