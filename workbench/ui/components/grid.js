// The contact sheet. What lies on it comes in by show(data); the selection and the place stay here, in the browser.

const SIZE = "eyespy.tile"
const CAPTION = 26
const FRAME = 8
// The first tiles ask for their pictures at once; a lazy one would wait until the whole sheet is laid out.
const AT_ONCE = 36

function remembered() {
  try { return Number(localStorage.getItem(SIZE)) || 200 } catch { return 200 }
}

function remember(size) {
  try { localStorage.setItem(SIZE, size) } catch { /* private window: the size lasts as long as the page */ }
}

const ids = photos => photos.map(photo => photo.id)
const adds = event => event.ctrlKey || event.metaKey

class Sheet {
  constructor(root) {
    const find = name => root.querySelector(name)
    Object.assign(this, { frame: find(".sheet"), scroll: find(".scroll"), slider: find(".size input") })
    Object.assign(this, { status: find(".status"), help: find(".sheet-keys"), dialog: find(".light") })
    Object.assign(this, { photos: [], groups: [], nodes: new Map(), selected: new Set() })
    Object.assign(this, { at: 0, anchor: 0, columns: 1, aspect: 1, below: 0, scope: null, written: null })
    this.tell = () => {}
    this.slider.value = remembered()
    this.leave = () => this.dialog.close()
    this.loupe = new Loupe(find(".loupe"), this)
    this.keys = this.keyTable()
    this.listen(find(".help"), root.host)
  }

  // ---- life

  show(data) {
    const said = JSON.stringify(data)
    const first = this.written === null
    if (said === this.written) return
    this.written = said
    Object.assign(this, { aspect: data.aspect, below: data.below })
    this.lay(data)
    this.stretch()
    this.arrange()
    this.paint()
    if (this.dialog.open) this.loupe.paint()
    if (first && document.activeElement === document.body && this.photos.length) this.node(0).focus({ preventScroll: true })
  }

  lay({ groups, scope }) {
    const here = scope === this.scope ? this.scroll.scrollTop : 0
    this.groups = groups.filter(group => group.photos.length)
    this.photos = this.groups.flatMap(group => group.photos)
    this.keep(scope === this.scope, new Set(ids(this.photos)))
    this.scope = scope
    let eager = AT_ONCE
    this.scroll.replaceChildren(...this.groups.map(group => section(group, group.photos.map(photo => this.refreshed(photo, eager--)))))
    this.scroll.scrollTop = here
  }

  // Selection and place outlive a new run of the page, but not another session.
  keep(same, known) {
    for (const id of this.nodes.keys()) if (!known.has(id)) this.nodes.delete(id)
    this.selected = new Set(same ? [...this.selected].filter(id => known.has(id)) : [])
    this.at = same ? clamp(this.at, 0, Math.max(0, known.size - 1)) : 0
    if (!same) this.anchor = 0
  }

  // A tile that says the same as before keeps its element, and so its picture.
  refreshed(photo, eager) {
    const said = JSON.stringify(photo)
    const old = this.nodes.get(photo.id)
    if (old?.said === said) return old
    const made = Object.assign(tile(photo, eager > 0), { said })
    this.nodes.set(photo.id, made)
    return made
  }

  listen(helpButton, host) {
    this.watch = new ResizeObserver(() => this.arrange())
    this.watch.observe(this.scroll)
    // Streamlit's own rows above may still be finding their height when the sheet first measures itself.
    this.settle = new ResizeObserver(() => this.stretch())
    this.settle.observe(host?.closest?.('[data-testid="stMainBlockContainer"]') ?? document.body)
    this.onResize = () => this.stretch()
    this.onKey = event => this.press(event)
    addEventListener("resize", this.onResize)
    document.addEventListener("keydown", this.onKey)
    this.slider.addEventListener("input", () => this.resize(0))
    helpButton.onclick = () => this.help.showModal()
    this.help.querySelector(".shut").onclick = () => this.help.close()
    this.help.addEventListener("keydown", event => { if (event.key === "?") this.help.close() })
    this.listenToPointer()
    this.listenToLoupe()
  }

  listenToLoupe() {
    this.dialog.addEventListener("keydown", event => {
      event.stopPropagation()
      if (this.loupe.press(event)) event.preventDefault()
    })
    this.dialog.addEventListener("keyup", event => this.loupe.letGo(event))
    this.dialog.addEventListener("close", () => {
      this.loupe.rest()
      this.go(this.at)
    })
  }

  close() {
    this.loupe.end()
    this.watch.disconnect()
    this.settle.disconnect()
    removeEventListener("resize", this.onResize)
    document.removeEventListener("keydown", this.onKey)
  }

  // ---- size and paint

  node(index) { return this.nodes.get(this.photos[index].id) }

  arrange() {
    if (!this.scroll.clientWidth) return
    const { paddingLeft, paddingRight } = getComputedStyle(this.scroll)
    const width = this.scroll.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)
    const { columns, tile: wide } = fit(width, Number(this.slider.value))
    this.columns = columns
    this.row = Math.round((wide - FRAME) / this.aspect) + CAPTION + FRAME
    this.scroll.style.setProperty("--columns", columns)
    this.scroll.style.setProperty("--tile", `${wide}px`)
    this.scroll.style.setProperty("--row", `${this.row}px`)
  }

  stretch() { stretched(this.frame, this.below) }

  resize(by) {
    this.slider.value = Number(this.slider.value) + by
    remember(this.slider.value)
    this.arrange()
    if (this.photos.length) this.node(this.at).scrollIntoView({ block: "nearest" })
  }

  paint() {
    this.photos.forEach((photo, index) => {
      const each = this.nodes.get(photo.id)
      each.classList.toggle("on", this.chosen(index))
      each.setAttribute("aria-selected", this.chosen(index))
      each.tabIndex = index === this.at ? 0 : -1
    })
    const all = this.photos.length
    this.status.textContent = this.selected.size ? `${this.selected.size} of ${all} selected` : `${all} photos`
  }

  // ---- selection and place; the loupe uses photos, at, chosen, toggle, go and leave as well

  chosen(index) { return this.selected.has(this.photos[index].id) }

  choose(wanted) {
    this.selected = new Set(wanted)
    this.paint()
    this.tell(ids(this.photos).filter(id => this.selected.has(id)))
  }

  toggle(index) {
    const { id } = this.photos[index]
    this.anchor = index
    this.choose(this.selected.has(id) ? [...this.selected].filter(each => each !== id) : [...this.selected, id])
  }

  chooseTo(index) { this.choose(span(this.anchor, index).map(each => this.photos[each].id)) }

  go(index) {
    this.at = index
    this.paint()
    this.node(index).focus({ preventScroll: true })
    this.node(index).scrollIntoView({ block: "nearest" })
  }

  open(index) {
    this.at = index
    this.dialog.showModal()
    this.loupe.open()
  }

  // ---- pointer

  listenToPointer() {
    const indexOf = event => ids(this.photos).indexOf(event.target.closest(".tile")?.dataset.photo)
    this.scroll.addEventListener("click", event => {
      const index = indexOf(event)
      if (index >= 0) this.pick(index, event)
      else if (!event.target.closest(".heading")) this.choose([])
    })
    this.scroll.addEventListener("dblclick", event => {
      const index = indexOf(event)
      if (index >= 0) this.open(index)
    })
    let before = []
    rubberBand(this.scroll, () => this.photos.map(photo => this.nodes.get(photo.id)), {
      start: event => { before = event.shiftKey || adds(event) ? [...this.selected] : [] },
      touched: indices => {
        const wanted = new Set([...before, ...indices.map(index => this.photos[index].id)])
        if (wanted.size !== this.selected.size || [...wanted].some(id => !this.selected.has(id))) this.choose(wanted)
      },
    })
  }

  pick(index, event) {
    if (event.shiftKey) this.chooseTo(index)
    else if (adds(event)) this.toggle(index)
    else {
      this.anchor = index
      this.choose([this.photos[index].id])
    }
    this.go(index)
  }

  // ---- keys

  keyTable() {
    return {
      " ": () => this.toggle(this.at),
      Enter: () => this.open(this.at),
      o: () => this.open(this.at),
      Escape: () => this.choose([]),
      "?": () => this.help.showModal(),
      "+": () => this.resize(20),
      "=": () => this.resize(20),
      "-": () => this.resize(-20),
    }
  }

  press(event) {
    const path = event.composedPath()
    const ours = path[0] === document.body || path.includes(this.scroll)
    if (!ours || event.defaultPrevented || event.altKey || !this.photos.length) return
    if (this.help.open || this.dialog.open) return
    if (this.act(event) || (!adds(event) && this.move(event))) event.preventDefault()
  }

  act(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (adds(event)) {
      if (key === "a") this.choose(ids(this.photos))
      return key === "a"
    }
    this.keys[key]?.()
    return key in this.keys
  }

  move(event) {
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / this.row))
    const rows = rowsOf(this.groups.map(group => group.photos.length), this.columns)
    const to = step(event.key, this.at, rows, page)
    if (to === null) return false
    if (event.shiftKey) this.chooseTo(to)
    else this.anchor = to
    this.go(to)
    return true
  }
}
