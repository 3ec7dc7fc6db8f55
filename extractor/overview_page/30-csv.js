// The rows of the view as a CSV for spreadsheets: RFC 4180, UTF-8 with its
// mark, all columns. A text that a spreadsheet would take for a formula gets
// an apostrophe; empty and unquoted is null, "" an empty text.

function csvCell(row, index) {
  let text = textOf(row, index, true);

  if (text === null)
    return "";
  if (columns[index].type === "text" && /^[=+\-@\t\r]/.test(text))
    text = "'" + text;
  return text === "" || /[",\r\n]/.test(text) || text !== text.trim()
    ? `"${text.replaceAll('"', '""')}"`
    : text;
}

function csvParts(numbers) {
  const parts = ["\ufeff" + columns.map(column => column.name).join(",") +
                 "\r\n"];

  for (const number of numbers) {
    const row = data.rows[number];

    parts.push(columns.map((_, i) => csvCell(row, i)).join(",") + "\r\n");
  }
  return parts;
}

function download(numbers) {
  const link = document.createElement("a");
  const url = URL.createObjectURL(new Blob(csvParts(numbers),
                                           {type: "text/csv"}));

  link.href = url;
  link.download = `${data.dataset}-${data.run}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
