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

// Which photos to fetch next: those ahead in the direction of travel, with the nearest behind among the first.
function neighbours(at, direction, ahead, behind) {
  const order = []
  for (let i = 1; i <= Math.max(ahead, behind); i++) {
    if (i <= ahead) order.push(at + direction * i)
    if (i <= behind) order.push(at - direction * i)
  }
  return order
}

// A shift that keeps the picture over its frame; `room` is by how much the picture is larger.
const within = (shift, room) => clamp(shift, -Math.max(0, room / 2), Math.max(0, room / 2))

// A component takes what the window has left below its top, less what the page keeps under it.
function stretched(frame, below) {
  const top = frame.getBoundingClientRect().top + (document.scrollingElement?.scrollTop ?? 0)
  frame.style.height = `${Math.max(320, innerHeight - Math.max(0, top) - below)}px`
}

// Many steps of one gesture make one rerun of the page.
function later(act) {
  let waiting = 0
  return value => {
    clearTimeout(waiting)
    waiting = setTimeout(() => act(value), 250)
  }
}
