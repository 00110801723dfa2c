// The photos of one cell of the matrix, the most wrong first. A key corrects a label where it is seen; the photo stays
// where it lies, whatever cell it belongs to now, until another cell is looked at.

const WIDE = "eyespy.gallery.tile"
const LINE = 26 // a tile's words
const EDGES = 8
const EYES = 8 / 3 // the shape of the picture of both eyes
const EAGER = 12
const NEARLY = 40 // photos ahead of the eye below which more are asked for
const TWICE = 10 // photos asked for again: corrections elsewhere shift the rest
const TICK = 500
const SOON = 30
const PATIENCE = 1500
const KEPT_UNDO = 50
const FADES = 5000

function widest() {
  try { return Number(localStorage.getItem(WIDE)) || 280 } catch { return 280 }
}

class Gallery {
  constructor(parent) {
    this.find = name => parent.querySelector(name)
    const { find } = this
    Object.assign(this, { frame: find(".gallery"), scroll: find(".scroll"), dialog: find(".light"), help: find(".gallery-keys") })
    Object.assign(this, { slider: find(".size input"), photos: [], nodes: new Map(), done: [], at: 0, scope: null, total: 0 })
    Object.assign(this, { data: null, outbox: null, shape: 1, whole: false, asked: -Infinity, columns: 1, row: 150, last: "", refused: "" })
    this.deliver = this.ask = this.chooseCell = this.chooseFor = () => {}
    this.slider.value = widest()
    this.leave = () => this.dialog.close()
    this.loupe = new Loupe(find(".light .loupe"), this)
    this.listen(parent.host)
  }

  listen(host) {
    this.watch = new ResizeObserver(() => this.arrange())
    this.watch.observe(this.scroll)
    this.settle = new ResizeObserver(() => this.stretch())
    this.settle.observe(host?.closest?.('[data-testid="stMainBlockContainer"]') ?? document.body)
    this.onResize = () => this.stretch()
    this.onKey = event => this.press(event)
    this.onLeave = event => { if (this.outbox?.unsaved) event.preventDefault() }
    addEventListener("resize", this.onResize)
    addEventListener("beforeunload", this.onLeave)
    document.addEventListener("keydown", this.onKey)
    this.slider.addEventListener("input", () => this.resize(0))
    this.find(".help").onclick = () => this.help.showModal()
    this.help.querySelector(".shut").onclick = () => this.help.close()
    this.help.addEventListener("keydown", event => {
      event.stopPropagation()
      if (event.key === "?") this.help.close()
    })
    this.scroll.addEventListener("scroll", () => this.more())
    this.listenToTiles()
    this.listenToLoupe()
    this.clock = setInterval(() => this.tick(), TICK)
  }

  listenToTiles() {
    const indexOf = event => this.indexOf(event.target.closest(".tile")?.dataset.photo)
    this.scroll.addEventListener("click", event => { if (indexOf(event) >= 0) this.go(indexOf(event)) })
    this.scroll.addEventListener("dblclick", event => { if (indexOf(event) >= 0) this.open(indexOf(event)) })
  }

  listenToLoupe() {
    for (const key of "bnsu") this.loupe.keys[key] = () => this.act(key)
    this.dialog.addEventListener("keydown", event => {
      event.stopPropagation()
      if (this.loupe.press(event)) event.preventDefault()
    })
    this.dialog.addEventListener("keyup", event => this.loupe.letGo(event))
    this.dialog.addEventListener("close", () => {
      this.loupe.rest()
      if (this.photos.length) this.go(this.at)
    })
  }

  close() {
    clearInterval(this.clock)
    clearTimeout(this.fading)
    this.loupe.end()
    this.watch.disconnect()
    this.settle.disconnect()
    removeEventListener("resize", this.onResize)
    removeEventListener("beforeunload", this.onLeave)
    document.removeEventListener("keydown", this.onKey)
  }

  // ---- what comes from the server

  show(data) {
    const first = this.data === null
    this.data = data
    this.outbox ??= new Outbox(new Memory(data.namespace))
    this.outbox.deliver = this.deliver
    for (const dropped of this.outbox.hear(data)) this.revert(this.done.findLast(each => each.id === dropped.photo))
    if (data.refused.length) this.refused = data.refused.at(-1).sentence
    this.take(data.stretch)
    this.paintCells()
    this.frame.classList.toggle("readonly", Boolean(data.closed))
    this.stretch()
    this.arrange()
    this.paint()
    this.outbox.send()
    this.more()
    if (first && document.activeElement === document.body && this.photos.length) this.node(0).focus({ preventScroll: true })
  }

  // A further stretch of what is shown is added; another list takes its place. Known tiles keep their pictures.
  take(stretch) {
    if (stretch?.scope !== this.data.scope) return
    if (stretch.scope !== this.scope) this.begin(stretch)
    const known = new Set(this.photos.map(photo => photo.id))
    this.photos.push(...stretch.photos.filter(photo => !known.has(photo.id)))
    Object.assign(this, { total: stretch.total, whole: stretch.whole, asked: -Infinity })
    this.lay()
    for (const { kind, photo, value } of this.outbox.boxes.flatMap(box => box.operations)) {
      if (kind === "say" && this.indexOf(photo) >= 0) this.stand(this.photos[this.indexOf(photo)], corrected(value)) // on its way
    }
  }

  begin({ scope, list, photos }) {
    const here = list === this.list ? this.photos[this.at]?.id : null
    Object.assign(this, { scope, list, photos: [], done: [], at: 0, last: "", shape: usual(photos, this.shape) })
    this.wanted = here
    if (!here) this.scroll.scrollTop = 0
  }

  lay() {
    const before = this.scroll.scrollTop
    const wanted = this.indexOf(this.wanted)
    if (wanted >= 0) this.at = wanted
    this.wanted = null
    let eager = EAGER
    const tiles = this.photos.map(photo => this.refreshed(photo, eager-- > 0))
    for (const id of this.nodes.keys()) if (this.indexOf(id) < 0) this.nodes.delete(id)
    this.scroll.replaceChildren(...tiles)
    this.scroll.scrollTop = before
    if (this.dialog.open && this.photos.length) this.loupe.paint()
  }

  // A tile that shows the same photo keeps its element, and so its pictures; only its words are written anew.
  refreshed(photo, eager) {
    const made = this.nodes.get(photo.id) ?? shot(photo, eager)
    this.nodes.set(photo.id, made)
    relabel(made, photo)
    return made
  }

  tick() {
    if (!this.data) return
    this.outbox.send()
    this.more()
    this.paintWords()
  }

  // The next stretch, when the eye comes near the end, or the first where the page was drawn again without one.
  more() {
    if (!this.data || performance.now() - this.asked < PATIENCE) return
    if (this.scope !== this.data.scope) return this.want(0)
    const rows = Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / (this.row + GAP))
    if (this.whole || this.photos.length - Math.max(this.at, rows * this.columns) > NEARLY) return
    this.want(Math.max(0, this.photos.filter(photo => !photo.moved).length - TWICE))
  }

  want(start) {
    this.asked = performance.now()
    this.ask({ scope: this.data.scope, start })
  }

  // ---- size and paint

  node(index) { return this.nodes.get(this.photos[index].id) }

  indexOf(id) { return this.photos.findIndex(photo => photo.id === id) }

  stretch() { stretched(this.frame, this.data?.below ?? 0) }

  arrange() {
    if (!this.scroll.clientWidth) return
    const { paddingLeft, paddingRight } = getComputedStyle(this.scroll)
    const width = this.scroll.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)
    const { columns, tile } = fit(width, Number(this.slider.value))
    // The frame's width is its shape times the height, and the eyes take the rest: solved for the height.
    const shape = this.shape
    const high = Math.round((tile - EDGES - 4) / (shape + EYES))
    Object.assign(this, { columns, row: high + LINE + 4 })
    for (const [name, value] of [["columns", columns], ["tile", `${tile}px`], ["row", `${this.row}px`], ["whole", `${Math.round(high * shape)}px`]]) {
      this.scroll.style.setProperty(`--${name}`, value)
    }
  }

  resize(by) {
    this.slider.value = Number(this.slider.value) + by
    try { localStorage.setItem(WIDE, this.slider.value) } catch { /* it lasts as long as the page */ }
    this.arrange()
    if (this.photos.length) this.node(this.at).scrollIntoView({ block: "nearest" })
  }

  paintCells() {
    const { cells, cell } = this.data
    const said = JSON.stringify([cells, cell])
    if (said === this.celled) return
    this.celled = said
    const box = this.find(".cells")
    const focused = box.getRootNode().activeElement?.dataset?.cell
    box.replaceChildren(...cells.map(each => this.cellButton(each, each.name === cell)))
    if (focused) box.querySelector(`[data-cell="${focused}"]`)?.focus()
  }

  cellButton({ name, title, count, wrong, key, help }, chosen) {
    const made = element("button")
    made.type = "button"
    made.title = help
    Object.assign(made.dataset, { cell: name, wrong })
    made.setAttribute("aria-pressed", chosen)
    made.append(element("span", "", title), element("b", "", count))
    if (key) made.append(element("kbd", "", key))
    made.onclick = () => this.chooseCell(name)
    return made
  }

  paint() {
    this.photos.forEach((photo, index) => {
      const each = this.nodes.get(photo.id)
      each.setAttribute("aria-selected", index === this.at)
      each.tabIndex = index === this.at ? 0 : -1
    })
    this.scroll.hidden = !this.photos.length
    this.find(".nothing").hidden = Boolean(this.photos.length)
    this.find(".nothing").textContent = this.scope === this.data.scope ? this.data.empty : ""
    this.paintWords()
  }

  paintWords() {
    const say = (name, text) => { if (this.find(name).textContent !== text) this.find(name).textContent = text }
    say(".last", this.last)
    say(".unsaved", this.outbox.unsaved ? `${this.outbox.unsaved} unsaved` : "")
    say(".refused", this.refused)
    say(".closed", this.data.closed)
  }

  painted() { this.find(".loupe .place").textContent = `${this.at + 1} of ${Math.max(this.total, this.photos.length)}` }

  // ---- place

  go(index) {
    this.at = index
    this.photos.forEach((photo, other) => {
      const each = this.nodes.get(photo.id)
      each.tabIndex = other === index ? 0 : -1
      each.setAttribute("aria-selected", other === index)
    })
    this.node(index).focus({ preventScroll: true })
    this.node(index).scrollIntoView({ block: "nearest" })
    this.more()
  }

  open(index) {
    this.at = index
    this.dialog.showModal()
    this.loupe.open()
  }

  // ---- corrections

  act(key) {
    const photo = this.photos[this.at]
    if (!photo) return
    if (this.data.closed) return this.tell(this.data.closed)
    if (key === "u") return this.undo()
    this.done = [...this.done.slice(1 - KEPT_UNDO), { id: photo.id, value: photo.value, said: photo.said, mine: photo.mine ?? false }]
    const value = this.data.answers[key]
    this.stand(photo, corrected(value))
    this.tell(`${photo.name}: ${value}; U takes it back`)
    this.put({ kind: "say", photo: photo.id, value })
  }

  undo() {
    const gesture = this.done.at(-1)
    if (!gesture) {
      return this.tell("No correction of this list to take back")
    }
    const index = this.revert(gesture)
    this.tell(`Taken back: ${this.photos[index]?.name ?? "a photo"} is ${gesture.value} again`)
    this.put({ kind: "undo", photo: gesture.id, value: null })
    if (index >= 0 && !this.dialog.open) this.go(index)
  }

  tell(text) {
    this.last = text
    clearTimeout(this.fading)
    if (text) this.fading = setTimeout(() => this.tell(""), FADES)
    this.paintWords()
  }

  revert(gesture) {
    if (!gesture) return -1
    this.done = this.done.filter(each => each !== gesture)
    const index = this.indexOf(gesture.id)
    if (index >= 0) this.stand(this.photos[index], gesture)
    return index
  }

  // What stands for a photo now; `moved` says that it belongs to another cell.
  stand(photo, { value, said, mine }) {
    photo.was ??= photo.value
    Object.assign(photo, { value, said, mine, moved: value !== photo.was, note: `labelled ${said}` })
    relabel(this.nodes.get(photo.id), photo)
    if (this.dialog.open) this.loupe.paint()
  }

  put(operation) {
    this.refused = ""
    this.outbox.add([operation])
    clearTimeout(this.soon)
    this.soon = setTimeout(() => this.outbox.send(), SOON)
    this.paintWords()
  }

  // ---- keys

  press(event) {
    const path = event.composedPath()
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.data) return
    if (this.help.open || this.dialog.open || document.querySelector('[data-testid="stDialog"]')) return
    const typing = path[0].matches?.("input:not([type=range]), textarea, select, [contenteditable]")
    if (!typing && this.cellOf(event.key)) return event.preventDefault()
    const ours = path[0] === document.body || path.includes(this.scroll)
    if (ours && this.photos.length && (this.command(event) || this.move(event))) event.preventDefault()
  }

  cellOf(key) {
    const cell = this.data.cells.find(each => each.key && each.key === key)
    if (cell) this.chooseCell(cell.name)
    return Boolean(cell)
  }

  command(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (key in this.data.answers || key === "u") {
      if (!event.repeat) this.act(key) // a key that is held down says nothing of what comes next
      return true
    }
    const keys = {
      Enter: () => this.open(this.at),
      o: () => this.open(this.at),
      w: () => this.chooseFor("why"),
      f: () => this.chooseFor("similar"),
      "?": () => this.help.showModal(),
      "+": () => this.resize(40),
      "=": () => this.resize(40),
      "-": () => this.resize(-40),
    }
    keys[key]?.()
    return key in keys
  }

  move(event) {
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / (this.row + GAP)))
    const to = step(event.key, this.at, rowsOf([this.photos.length], this.columns), page)
    if (to !== null) this.go(to)
    return to !== null
  }
}

// The shape that most photos have, within what a tile has room for.
function usual(photos, before) {
  const shapes = photos.map(photo => photo.shape).filter(Boolean).sort((a, b) => a - b)
  return shapes.length ? clamp(shapes[shapes.length >> 1], 0.6, 1.5) : before
}

// ---- a tile: the frame small, both eyes as large as they go, and what is said of it

function shot(photo, eager) {
  const made = element("div", "tile")
  made.setAttribute("role", "option")
  made.dataset.photo = photo.id
  made.tabIndex = -1
  const seen = element("div", "seen")
  seen.append(picture("whole", photo.thumb, eager), photo.eyes ? picture("both", photo.eyes, eager) : faceless())
  const words = element("div", "caption")
  words.append(badge(photo), element("span", "stands"))
  made.append(seen, words)
  return made
}

const corrected = value => ({ value, said: `${value} · you, now`, mine: true })

function relabel(made, photo) {
  made.querySelector(".stands").textContent = photo.said
  made.querySelector(".badge").replaceWith(badge(photo))
  made.classList.toggle("corrected", Boolean(photo.mine))
  made.title = [[photo.session, photo.name].join(" / "), photo.label, photo.said].filter(Boolean).join("\n")
  made.setAttribute("aria-label", [photo.name, photo.label, `labelled ${photo.said}`].filter(Boolean).join(", "))
}

const galleries = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const gallery = galleries.get(parentElement) ?? new Gallery(parentElement)
  galleries.set(parentElement, gallery)
  gallery.deliver = sent => setTriggerValue("sent", sent)
  gallery.ask = wanted => setTriggerValue("wanted", wanted)
  gallery.chooseCell = name => setTriggerValue("cell", name)
  gallery.chooseFor = view => setTriggerValue("photo", { view, photo: gallery.photos[gallery.at]?.id ?? "" })
  gallery.show(data[0])
  return () => {
    gallery.close()
    galleries.delete(parentElement)
  }
}
