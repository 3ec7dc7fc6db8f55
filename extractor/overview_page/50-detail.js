// All of one row in a dialog.

const detail = make("dialog", {"aria-labelledby": "detail-head"});

function headOf(row) {
  const name = columnOf("display_name");
  const index = name >= 0 && row[name] !== null ? name : 0;

  return textOf(row, index) ?? "Row";
}

function showDetail(row) {
  const list = make("dl");

  columns.forEach((column, i) => {
    const term = make("dt", {}, column.title);
    const text = textOf(row, i, true);

    if (column.about)
      term.append(make("small", {}, column.about));
    list.append(term, text === null
      ? make("dd", {class: "none"}, "–")
      : make("dd", {}, make("bdi", {}, text)));
  });
  detail.replaceChildren(
    make("h3", {id: "detail-head"}, make("bdi", {}, headOf(row))),
    make("button", {type: "button", class: "close", "aria-label": "Close",
                    onclick: () => detail.close()}, "×"),
    list);
  detail.showModal();
}

detail.addEventListener("click", event => {
  if (event.target === detail)
    detail.close();
});
document.body.append(detail);
