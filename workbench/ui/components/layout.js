// Where tiles lie and where a key leads: plain values in, plain values out.

const GAP = 6

const clamp = (value, low, high) => Math.max(low, Math.min(high, value))

// As many columns as fit with tiles of at least `wanted` pixels; they then share the whole width.
function fit(width, wanted) {
  const columns = Math.max(1, Math.floor((width + GAP) / (wanted + GAP)))
  return { columns, tile: Math.floor((width - GAP * (columns - 1)) / columns) }
}

// The rows that the eye sees: a group begins a new row.
function rowsOf(sizes, columns) {
  const rows = []
  let start = 0
  for (const size of sizes) {
    for (let i = 0; i < size; i += columns) rows.push({ start: start + i, length: Math.min(columns, size - i) })
    start += size
  }
  return rows
}

// The tile that `key` leads to from tile `at`, or null when the key does not move. `page` is in rows.
function step(key, at, rows, page) {
  const bottom = rows[rows.length - 1]
  const last = bottom.start + bottom.length - 1
  const along = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[key]
  if (along !== undefined) return clamp(along, 0, last)
  const down = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page }[key]
  if (down === undefined) return null
  const row = rows.findIndex(each => at < each.start + each.length)
  const to = rows[clamp(row + down, 0, rows.length - 1)]
  return to.start + Math.min(at - rows[row].start, to.length - 1)
}

function span(a, b) {
  const low = Math.min(a, b)
  return Array.from({ length: Math.abs(a - b) + 1 }, (_, i) => low + i)
}

const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
