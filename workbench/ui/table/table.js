// A table. Rows come in by show(data); order, search and what is being typed stay here, in the browser.

const ORDER = "eyespy.order."
const FEW = 12
const AT_ONCE = 60
const AGAIN = 1500

const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare
const folded = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()

function remembered(scope) {
  try { return JSON.parse(sessionStorage.getItem(ORDER + scope)) } catch { return null }
}

function remember(scope, order) {
  try { sessionStorage.setItem(ORDER + scope, JSON.stringify(order)) } catch { /* private window: it lasts as long as the page */ }
}

function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

class Ledger {
  constructor(root) {
    const find = name => root.querySelector(name)
    Object.assign(this, { frame: find(".ledger"), scroll: find(".scroll"), head: find("thead tr"), body: find("tbody") })
    Object.assign(this, { bar: find(".bar"), search: find(".find"), status: find(".status"), lists: find(".lists"), keys: find(".keys") })
    Object.assign(this, { lines: new Map(), rows: [], columns: [], pending: new Map(), seq: Date.now(), sent: 0, drawn: "" })
    this.opened = this.edits = () => {}
    this.listen(find(".help"), root.host)
  }

  // ---- life

  show(data) {
    const first = this.scope === undefined
    Object.assign(this, { scope: data.scope, tall: data.tall, rows: data.rows })
    if (first) this.order = remembered(data.scope)
    find_label(this.body, data.label)
    this.drawHead(data.columns)
    this.forgetHeard(data.heard)
    const known = new Set(data.rows.map(row => row.id))
    for (const [id, line] of this.lines) if (!known.has(id)) { line.node.remove(); this.lines.delete(id) }
    const fresh = data.rows.filter(row => !this.lines.has(row.id))
    for (const row of data.rows) this.fill(row)
    // A row that is moved loses what is being typed in it: whoever types gets new rows below.
    if (this.body.contains(this.body.getRootNode().activeElement)) this.body.append(...fresh.map(row => this.lines.get(row.id).node))
    else if (fresh.length || first) this.arrange()
    this.widen()
    this.search.toggleAttribute("data-idle", data.rows.length <= FEW)
    this.bar.toggleAttribute("data-few", data.rows.length <= FEW)
    this.bar.toggleAttribute("data-plain", data.rows.length <= 1 && !data.tall)
    this.tellCount()
    this.stretch()
    if (first && data.tall && document.activeElement === document.body) this.body.querySelector("a")?.focus({ preventScroll: true })
  }

  listen(helpButton, host) {
    this.settle = new ResizeObserver(() => this.stretch())
    this.settle.observe(host?.closest?.('[data-testid="stMainBlockContainer"]') ?? document.body)
    this.onResize = () => this.stretch()
    this.onKey = event => this.press(event)
    addEventListener("resize", this.onResize)
    document.addEventListener("keydown", this.onKey)
    this.search.addEventListener("input", () => this.arrange())
    this.body.addEventListener("keydown", event => this.step(event))
    helpButton.onclick = () => this.keys.showModal()
    this.keys.querySelector(".shut").onclick = () => this.keys.close()
    this.keys.addEventListener("keydown", event => { if (event.key === "?") this.keys.close() })
  }

  close() {
    clearTimeout(this.later)
    clearTimeout(this.again)
    this.settle.disconnect()
    removeEventListener("resize", this.onResize)
    document.removeEventListener("keydown", this.onKey)
  }

  // A tall table takes what the window has left; its rows then turn below its heading.
  stretch() {
    const top = this.frame.getBoundingClientRect().top + (document.scrollingElement?.scrollTop ?? 0)
    this.frame.style.maxHeight = this.tall ? `${Math.max(240, innerHeight - Math.max(0, top) - 14)}px` : ""
  }

  // ---- heading and rows

  drawHead(columns) {
    this.columns = columns
    this.lists.replaceChildren(...columns.filter(column => column.kind === "edit").map(column => this.suggestions(column)))
    const said = JSON.stringify(columns.map(column => [column.name, column.title, column.kind]))
    if (said === this.drawn) return
    this.drawn = said
    this.head.replaceChildren(...columns.map(column => this.heading(column)))
  }

  heading(column) {
    const cell = element("th")
    cell.scope = "col"
    cell.dataset.kind = column.kind
    cell.dataset.name = column.name
    const button = element("button", "", column.title)
    button.type = "button"
    button.title = column.help
    button.onclick = () => this.sortBy(column.name)
    cell.append(button)
    return cell
  }

  suggestions(column) {
    const list = element("datalist")
    list.id = `options-${column.name}`
    list.append(...column.options.map(text => Object.assign(element("option"), { value: text })))
    return list
  }

  fill(row) {
    let line = this.lines.get(row.id)
    const said = JSON.stringify([row, this.drawn])
    if (!line || line.drawn !== this.drawn || line.locked !== row.locked) {
      const node = element("tr")
      node.dataset.row = row.id
      node.append(...this.columns.map(column => this.cell(row, column)))
      line?.node.replaceWith(node)
      line = { node, drawn: this.drawn, locked: row.locked }
      this.lines.set(row.id, line)
    }
    if (said !== line.said) this.columns.forEach((column, at) => this.write(line.node.children[at], row, column))
    line.said = said
    line.row = row
  }

  cell(row, column) {
    const cell = element("td")
    cell.dataset.kind = column.kind
    if (column.kind === "open" && row.href) cell.append(this.link(row))
    if (column.kind === "edit" && !row.locked) cell.append(this.field(row, column))
    return cell
  }

  link(row) {
    const link = element("a")
    link.onclick = event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      this.opened(row.id)
    }
    return link
  }

  field(row, column) {
    const field = element("input")
    field.type = "text"
    field.placeholder = "add"
    field.autocomplete = "off"
    field.maxLength = 64
    field.spellcheck = false
    field.setAttribute("list", `options-${column.name}`)
    field.onchange = () => this.changed(row.id, column.name, field)
    return field
  }

  write(cell, row, column) {
    const value = row.cells[column.name] ?? ""
    const inner = cell.firstElementChild
    if (inner?.matches("input")) {
      inner.setAttribute("aria-label", `${column.title}, ${row.label}`)
      inner.dataset.kept = value
      const waits = this.pending.has(this.address(row.id, column.name))
      inner.classList.toggle("waiting", waits)
      if (!waits && inner.getRootNode().activeElement !== inner) inner.value = value
    } else if (inner) {
      inner.href = row.href
      inner.textContent = inner.title = value
    } else {
      cell.textContent = cell.title = value
      cell.classList.toggle("none", value === 0 || value === "–")
    }
  }

  // ---- edits: sent until they are heard

  address(row, column) { return JSON.stringify([row, column]) }

  changed(row, column, field) {
    const before = field.dataset.kept
    const value = field.value.trim()
    field.value = value
    if (value === before) return
    this.pending.set(this.address(row, column), { seq: ++this.seq, row, column, before, value })
    field.classList.add("waiting")
    this.send()
  }

  // The whole list each time, and again until it is heard: a message may be lost with the run that it met.
  send() {
    clearTimeout(this.again)
    if (!this.pending.size) return
    this.sent += 1
    this.edits([...this.pending.values()].map(edit => ({ ...edit, sent: this.sent })))
    this.again = setTimeout(() => this.send(), AGAIN)
  }

  forgetHeard(heard) {
    for (const [where, edit] of this.pending) {
      if (edit.seq > heard) continue
      this.pending.delete(where)
      this.lines.get(edit.row) && (this.lines.get(edit.row).said = null)
    }
  }

  // ---- order and search

  sortBy(name) {
    const down = this.order?.name === name ? !this.order.down : this.columns.find(each => each.name === name).kind === "number"
    this.order = { name, down }
    remember(this.scope, this.order)
    this.arrange()
  }

  arrange() {
    const { name, down } = this.order ?? {}
    const value = row => row.cells[name] ?? ""
    const sorted = [...this.rows]
    if (name) sorted.sort((a, b) => (value(a) === "") - (value(b) === "") || compare(`${value(a)}`, `${value(b)}`) * (down ? -1 : 1))
    const wanted = folded(this.search.value)
    for (const row of sorted) {
      this.lines.get(row.id).node.hidden = !!wanted && !folded(Object.values(row.cells).join(" ")).includes(wanted)
    }
    this.attach(sorted.map(row => this.lines.get(row.id).node))
    for (const cell of this.head.children) {
      if (cell.dataset.name === name) cell.setAttribute("aria-sort", down ? "descending" : "ascending")
      else cell.removeAttribute("aria-sort")
    }
    this.tellCount()
  }

  // What the window can show is there at once; laying out some hundred rows more waits until it is painted.
  attach(nodes) {
    clearTimeout(this.later)
    const seen = nodes.filter(node => !node.hidden)
    const near = new Set(seen.slice(0, AT_ONCE))
    this.body.replaceChildren(...near)
    const rest = nodes.filter(node => !near.has(node))
    const known = node => this.lines.get(node.dataset.row)?.node === node
    if (rest.length) this.later = setTimeout(() => this.body.append(...rest.filter(known)), 60)
  }

  // Columns are as wide as their longest text from the start, so that rows that come later move nothing.
  widen() {
    this.columns.forEach((column, at) => {
      const longest = Math.max(0, ...this.rows.map(row => `${row.cells[column.name] ?? ""}`.length))
      this.head.children[at].style.minWidth = this.rows.length > AT_ONCE ? `calc(${Math.min(longest, 40)}ch + 20px)` : ""
    })
  }

  tellCount() {
    const there = this.rows.filter(row => !this.lines.get(row.id).node.hidden).length
    this.status.textContent = there < this.rows.length ? `${there} of ${this.rows.length}` : ""
  }

  // ---- keys

  press(event) {
    const [target] = event.composedPath()
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (target.closest?.("input, textarea, select, dialog, [contenteditable]") || document.querySelector("[role=dialog]")) return
    if (event.key === "?" && !this.bar.hasAttribute("data-plain")) this.keys.showModal()
    else if (event.key === "/" && !this.search.hasAttribute("data-idle")) this.search.focus()
    else return
    event.preventDefault()
  }

  step(event) {
    const target = event.target
    const typing = target.matches("input")
    if (event.key === "Escape" && typing) {
      target.value = target.dataset.kept
      return
    }
    const by = typing
      ? { Enter: event.shiftKey ? -1 : 1 }[event.key]
      : { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    const cell = target.closest("td")
    const rows = [...this.body.children].filter(node => !node.hidden)
    const next = rows[rows.indexOf(cell.parentElement) + by]?.children[[...cell.parentElement.children].indexOf(cell)]
    const there = next?.querySelector("a, input")
    if (there) there.focus()
    else if (typing) target.blur()
  }
}

function find_label(body, label) { body.closest("table").setAttribute("aria-label", label) }

const ledgers = new WeakMap()

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const ledger = ledgers.get(parentElement) ?? new Ledger(parentElement)
  ledgers.set(parentElement, ledger)
  ledger.opened = row => setTriggerValue("opened", row)
  ledger.edits = edits => setStateValue("edits", edits)
  ledger.show(data)
  return () => {
    ledger.close()
    ledgers.delete(parentElement)
  }
}
