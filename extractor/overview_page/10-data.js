"use strict";

// The rows, and a cell of them as a value, as a text and as what is searched.

const data = JSON.parse(document.getElementById("data").textContent);
const columns = data.columns;
const width = columns.length;

const columnOf = name => columns.findIndex(column => column.name === name);

function valueOf(row, index) {
  const cell = row[index];
  const values = columns[index].values;

  return cell !== null && values ? values[cell] : cell;
}

const isNew = row => row.length > width;
const hasNew = data.rows.some(isNew);

// 2026-11-23 02:00:00, and thousandths where there are any.
function timeText(seconds, length) {
  const text = new Date(Math.round(seconds * 1000)).toISOString();
  const end = seconds % 1 !== 0 && length > 16 ? 23 : length;

  return text.slice(0, end).replace("T", " ");
}

function textOf(row, index, exact) {
  const value = valueOf(row, index);

  if (value === null)
    return null;
  switch (columns[index].type) {
  case "time":
    return timeText(value, exact ? 19 : 16);
  case "date":
    return timeText(value, 10);
  case "boolean":
    return value ? "true" : "false";
  default:
    return String(value);
  }
}

// Without case and accents.
function fold(text) {
  if (/[^\x00-\x7f]/.test(text))
    text = text.normalize("NFKD").replace(/\p{M}/gu, "");
  return text.toLowerCase();
}
