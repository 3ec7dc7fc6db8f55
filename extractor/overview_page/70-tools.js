// Search, filters, columns, download.

const FILTER_VALUES_MAX = 30;
const SEARCH_DELAY_MS = 120;
const chips = make("div", {class: "chips"});
const selects = new Map();

function setEqual(index, text) {
  if (text === null)
    state.equal.delete(index);
  else
    state.equal.set(index, text);
  if (selects.has(index))
    selects.get(index).value = text ?? "";
  update();
}

function drawChips() {
  chips.replaceChildren(...[...state.equal].map(([index, text]) => {
    const label = `${columns[index].title}: ${text}`;

    return make("button", {type: "button", class: "chip",
                           "aria-label": `${label}, remove this filter`,
                           onclick: () => setEqual(index, null)}, label);
  }));
}

function searchField() {
  let timer;
  const field = make("input", {
    type: "search",
    "aria-label": "Search all columns",
    placeholder: "Search all columns",
    "aria-keyshortcuts": "/",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        state.words = fold(field.value).split(/\s+/).filter(Boolean);
        update();
      }, SEARCH_DELAY_MS);
    },
  });

  document.addEventListener("keydown", event => {
    const typing = event.target.closest("input, select, textarea, dialog");

    if (event.key !== "/" || event.ctrlKey || event.metaKey || typing)
      return;
    event.preventDefault();
    field.focus();
  });
  return field;
}

// A sheet closes when something outside it is used, or by Escape.
function sheet(title, kind, ...children) {
  const element = make("details", {class: "more"},
                       make("summary", {}, title),
                       make("div", {class: `sheet ${kind}`}, ...children));

  document.addEventListener("pointerdown", event => {
    if (!element.contains(event.target))
      element.open = false;
  });
  element.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !element.open)
      return;
    element.open = false;
    element.querySelector("summary").focus();
  });
  return element;
}

function check(title, checked, change) {
  const box = make("input", {type: "checkbox", checked,
                             onchange: () => change(box.checked)});

  return make("label", {class: "check"}, box, title);
}

function filterField(index) {
  const select = make("select", {
    onchange: () => setEqual(index, select.value || null),
  }, make("option", {value: ""}, "any"),
  ...columns[index].values.map(text => make("option", {value: text}, text)));

  selects.set(index, select);
  return make("label", {class: "field"}, columns[index].title, select);
}

function filterSheet() {
  const fields = [...columns.keys()].filter(i => {
    const {values, person} = columns[i];

    return values && !person && values.length > 1 &&
      values.length <= FILTER_VALUES_MAX;
  }).map(filterField);

  if (hasNew)
    fields.push(check("New since the run before", false, on => {
      state.onlyNew = on;
      update();
    }));
  return fields.length > 0 ? sheet("Filters", "two", ...fields) : "";
}

function columnSheet() {
  return sheet("Columns", "two", ...columns.map(
    column => check(column.title, column.shown === true, on => {
      column.shown = on;
      drawRows();
    })));
}

function sizeField() {
  const select = make("select", {
    onchange: () => {
      state.size = Number(select.value);
      state.page = 0;
      drawRows();
    },
  }, ...[25, 50, 100, 250].map(
    size => make("option", {selected: size === state.size}, String(size))));

  return make("label", {class: "size"}, "Rows a page", select);
}
