// The table in its place, and the page around it.

document.getElementById("table").append(
  make("div", {class: "tools", role: "search"}, searchField(), filterSheet(),
       columnSheet(),
       make("button", {type: "button", class: "main",
                       title: "The rows in view, all columns, " +
                         "as a CSV for spreadsheets",
                       onclick: () => download(view)}, "Download CSV")),
  chips,
  count,
  make("div", {class: "scroll", tabindex: "0", role: "region",
               "aria-label": "Table of the rows"},
       make("table", {class: "rows"},
            make("caption", {class: "unseen"},
                 "Rows; the names of the columns sort them"), head, body)),
  make("div", {class: "pages", role: "group", "aria-label": "Pages"},
       back, where, forth, sizeField()));
update();

// A bar of a panel shows its rows.
for (const bar of document.querySelectorAll("tr[data-column]")) {
  const index = columnOf(bar.dataset.column);
  const label = bar.querySelector("bdi");

  if (index < 0)
    continue;
  label.replaceWith(make("button", {
    type: "button",
    class: "link",
    title: "Show these rows",
    onclick: () => {
      setEqual(index, bar.dataset.value);
      document.getElementById("rows").scrollIntoView();
      chips.querySelector("button:last-child")
        ?.focus({preventScroll: true});
    },
  }, label.cloneNode(true)));
}

// On paper nothing can be opened.
const opened = [];

addEventListener("beforeprint", () => {
  for (const element of document.querySelectorAll("details:not(.more)")) {
    if (element.open)
      continue;
    element.open = true;
    opened.push(element);
  }
});
addEventListener("afterprint", () => {
  for (const element of opened.splice(0))
    element.open = false;
});
