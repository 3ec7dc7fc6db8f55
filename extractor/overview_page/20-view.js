// Which rows are shown, and in which order.

const state = {
  words: [],
  equal: new Map(), // column index -> the text its cells must have
  onlyNew: false,
  sort: null,       // {index, down}
  page: 0,
  size: 50,
};

const haystacks = [];
const sortKeys = new Map();

function haystack(number) {
  let text = haystacks[number];

  if (text === undefined) {
    const row = data.rows[number];
    const parts = [];

    for (let i = 0; i < width; i++) {
      if (columns[i].type !== "boolean" && row[i] !== null)
        parts.push(textOf(row, i));
    }
    text = haystacks[number] = fold(parts.join("\n"));
  }
  return text;
}

function matches(number) {
  const row = data.rows[number];

  if (state.onlyNew && !isNew(row))
    return false;
  for (const [index, text] of state.equal) {
    if (valueOf(row, index) !== text)
      return false;
  }
  return state.words.every(word => haystack(number).includes(word));
}

// One key a row, so that no text is folded twice.
function keysOf(index) {
  let keys = sortKeys.get(index);

  if (keys === undefined) {
    const type = columns[index].type;

    keys = data.rows.map(row => {
      const value = valueOf(row, index);

      if (value === null)
        return null;
      return type === "text" ? fold(value) : Number(value);
    });
    sortKeys.set(index, keys);
  }
  return keys;
}

// What is empty comes last, whichever way.
function sorted(numbers) {
  if (state.sort === null)
    return numbers;
  const keys = keysOf(state.sort.index);
  const way = state.sort.down ? -1 : 1;

  return numbers.sort((a, b) => {
    const x = keys[a];
    const y = keys[b];

    if (x === y)
      return a - b;
    if (x === null || y === null)
      return x === null ? 1 : -1;
    return x < y ? -way : way;
  });
}

function visibleRows() {
  const numbers = [];

  for (let i = 0; i < data.rows.length; i++) {
    if (matches(i))
      numbers.push(i);
  }
  return sorted(numbers);
}
