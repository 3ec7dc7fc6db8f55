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

const DAY_SECONDS = 86400;
const days = new Map(); // day since 1970 -> 2026-11-23

function dayText(day) {
  let text = days.get(day);

  if (text === undefined) {
    text = new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10);
    days.set(day, text);
  }
  return text;
}

const two = number => (number < 10 ? "0" : "") + number;

// 2026-11-23 02:00; exact: with seconds, and thousandths where there are any.
function timeText(seconds, exact) {
  const ms = Math.round(seconds * 1000);
  const whole = Math.floor(ms / 1000);
  const day = Math.floor(whole / DAY_SECONDS);
  const rest = whole - day * DAY_SECONDS;
  const text = dayText(day) + " " + two(Math.floor(rest / 3600)) + ":" +
    two(Math.floor(rest / 60) % 60);

  if (!exact)
    return text;
  return text + ":" + two(rest % 60) +
    (ms % 1000 === 0 ? "" : (ms / 1000 - whole).toFixed(3).slice(1));
}

function textOf(row, index, exact) {
  const value = valueOf(row, index);

  if (value === null)
    return null;
  switch (columns[index].type) {
  case "time":
    return timeText(value, exact);
  case "date":
    return dayText(Math.floor(value / DAY_SECONDS));
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
