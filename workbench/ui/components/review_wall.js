// The wall of tiles of a step: where they lie, how large, which of them the eye is at, and which it has seen.

const LINE = 26 // a tile's words
const EDGES = 8
const EYES = 8 / 3 // the shape of the picture of both eyes
const EAGER = 30
const HEADING = 34
const LEAST = { eyes: 250, whole: 236, small: 150 }
const MOST = { eyes: 700, whole: 560, small: 360 }
const USUAL = { eyes: 320, whole: 280, small: 170 }
const SIZES = "eyespy.review.tile."

// Beside the eyes the frame says who it is: of a wide one its middle does that.
const besideEyes = shape => Math.min(0.9, shape)

// The pixels that the pictures of a tile of width `tile` take downwards.
const HIGH = {
  eyes: (tile, shape) => Math.round((tile - EDGES - 4) / (besideEyes(shape) + EYES)),
  whole: (tile, shape) => Math.round((tile - EDGES) * Math.min(1.15, 1 / shape) + ((tile - EDGES) * 3) / 8 + 4),
  small: (tile, shape) => Math.round((tile - EDGES) / shape),
}

const rowHeight = (look, tile, shape) => HIGH[look](tile, shape) + LINE + 4

// The fewest columns with which all tiles lie on the screen at once; of the usual size where none do.
function fitAll(count, look, { width, height, shape }) {
  for (const wanted of span(1, 24)) {
    const made = fit(width, (width - GAP * (wanted - 1)) / wanted)
    const rows = Math.ceil(count / made.columns)
    if (made.tile <= MOST[look] && made.tile >= LEAST[look] && rows * (rowHeight(look, made.tile, shape) + GAP) <= height) return made
    if (made.tile < LEAST[look]) break
  }
  return fit(width, USUAL[look])
}

function usual(photos) {
  const shapes = photos.map(photo => photo.shape).filter(Boolean).sort((a, b) => a - b)
  return shapes.length ? clamp(shapes[shapes.length >> 1], 0.6, 1.6) : 2 / 3
}

function shot(photo, look, eager) {
  const made = element("div", "tile")
  made.setAttribute("role", "option")
  made.dataset.photo = photo.id
  made.tabIndex = -1
  const seen = element("div", "seen")
  seen.append(picture("whole", photo.thumb, eager))
  if (look === "eyes") seen.append(photo.eyes ? picture("both", photo.eyes, eager) : faceless())
  if (look === "whole" && photo.eyes) seen.append(picture("both", photo.eyes, eager))
  const words = element("div", "caption")
  words.append(element("span", "name", photo.name.split("/").pop()), element("span", "badge"))
  made.append(seen, words)
  return made
}

// Whether what is to be judged is there to be seen.
const arrived = made => [...made.querySelectorAll("img")].slice(-1).every(image => image.complete)

class Wall {
  // `hooks`: moved(index) when the eye goes elsewhere, opened(index) at a double click, saw() when pictures arrived.
  constructor(scroll, hooks) {
    Object.assign(this, { scroll, hooks, photos: [], sizes: [], nodes: new Map(), at: 0, columns: 1, row: 150, shape: 2 / 3 })
    Object.assign(this, { look: "eyes", step: null, seen: new Set(), settled: null })
    const indexOf = event => this.indexOf(event.target.closest(".tile")?.dataset.photo)
    scroll.addEventListener("click", event => { if (indexOf(event) >= 0) this.go(indexOf(event)) })
    scroll.addEventListener("dblclick", event => { if (indexOf(event) >= 0) hooks.opened(indexOf(event)) })
    scroll.addEventListener("scroll", () => this.see())
    for (const name of ["load", "error"]) scroll.addEventListener(name, () => { this.see(); hooks.saw() }, true)
    this.watch = new ResizeObserver(() => { this.settled = null; this.arrange() })
    this.watch.observe(scroll)
  }

  get photo() { return this.photos[this.at] }

  indexOf(id) { return this.photos.findIndex(photo => photo.id === id) }

  node(index) { return this.nodes.get(this.photos[index].id) }

  // Another step begins at `wanted`, or at its start; the same one stays where it is.
  show({ step, look, sections, wanted, shape }) {
    const again = step === this.step
    const here = again ? this.photo?.id : wanted
    const before = again ? this.scroll.scrollTop : 0
    if (!again) Object.assign(this, { nodes: new Map(), seen: new Set(), settled: null })
    Object.assign(this, { step, look, shape, photos: sections.flatMap(section => section.photos) })
    this.sizes = sections.map(section => section.photos.length)
    this.at = Math.max(0, this.indexOf(here))
    const lying = sections.map(section => section.photos.map(photo => photo.id).join()).join(";")
    const focused = this.scroll.contains(this.scroll.getRootNode().activeElement)
    if (!again || lying !== this.lying) {
      this.lying = lying
      this.lay(sections, again)
      this.arrange()
      this.scroll.scrollTop = before
    }
    this.refresh()
    if (again && focused) this.focus()
    if (!again && this.photos.length) this.node(this.at).scrollIntoView({ block: "nearest" })
    this.see()
  }

  lay(sections, again) {
    let eager = again ? 0 : EAGER
    const made = sections.map((section, number) => {
      const tiles = section.photos.map(photo => this.refreshed(photo, eager-- > 0))
      return section.burst ? row(section.photos, number, tiles) : group(tiles)
    })
    const wanted = new Set(this.photos.map(photo => photo.id))
    for (const id of this.nodes.keys()) if (!wanted.has(id)) this.nodes.delete(id)
    this.scroll.replaceChildren(...made)
  }

  refreshed(photo, eager) {
    const made = this.nodes.get(photo.id) ?? shot(photo, this.look, eager)
    this.nodes.set(photo.id, made)
    return made
  }

  // Says on every tile what stands; its pictures stay.
  refresh() {
    this.photos.forEach((photo, index) => this.paint(photo, index))
  }

  paint(photo, index) {
    const made = this.nodes.get(photo.id)
    const away = photo.mark !== this.step && STEPS.includes(photo.mark) && this.step !== BURSTS && this.step !== CHECK
    const said = [photo.label, photo.decided, photo.note].map(each => JSON.stringify(each)).join() + away
    if (made.said !== said) {
      made.said = said
      made.querySelector(".badge").replaceWith(badge(photo))
      made.classList.toggle("away", away || (this.step === CHECK && photo.mark !== KEEP))
      made.classList.toggle("decided", Boolean(photo.decided))
      made.title = [photo.name, photo.note].join("\n")
      made.setAttribute("aria-label", [photo.name, photo.label, photo.note].join(", "))
    }
    made.setAttribute("aria-selected", index === this.at)
    made.tabIndex = index === this.at ? 0 : -1
  }

  go(index, { focus = true } = {}) {
    const before = this.photo
    this.at = index
    if (before) this.paint(before, this.indexOf(before.id))
    this.paint(this.photo, index)
    if (focus) this.node(index).focus({ preventScroll: true })
    this.node(index).scrollIntoView({ block: "nearest" })
    this.hooks.moved(index)
  }

  focus() { if (this.photos.length) this.node(this.at).focus({ preventScroll: true }) }

  // ---- size

  kept() { try { return Number(localStorage.getItem(SIZES + this.look)) || 0 } catch { return 0 } }

  // The size stays while photos come and go; it is chosen anew for another step or another window.
  arrange() {
    const { clientWidth, clientHeight } = this.scroll
    if (!clientWidth || !this.photos.length) return
    const { paddingLeft, paddingRight } = getComputedStyle(this.scroll)
    const room = { width: clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight), height: clientHeight - EDGES, shape: this.shape }
    this.settled ??= this.sized(room)
    const { columns, tile } = this.settled
    const high = HIGH[this.look](tile, this.shape)
    Object.assign(this, { columns, row: rowHeight(this.look, tile, this.shape), tile })
    const beside = this.look === "eyes" ? `${Math.round(high * besideEyes(this.shape))}px` : "100%"
    for (const [name, value] of [["columns", columns], ["tile", `${tile}px`], ["row", `${this.row}px`], ["whole", beside]]) {
      this.scroll.style.setProperty(`--${name}`, value)
    }
    this.scroll.dataset.look = this.look
    this.see()
  }

  sized(room) {
    const kept = this.kept()
    if (kept) return fit(room.width, kept)
    if (this.sizes.length > 1 || this.look === "small") return fit(room.width, USUAL[this.look])
    return fitAll(this.photos.length, this.look, room)
  }

  resize(by) {
    const wanted = clamp((this.tile ?? USUAL[this.look]) + by, 110, MOST[this.look])
    try { localStorage.setItem(SIZES + this.look, wanted) } catch { /* it lasts as long as the page */ }
    this.settled = fit(this.scroll.clientWidth - 16, wanted)
    this.arrange()
    if (this.photos.length) this.node(this.at).scrollIntoView({ block: "nearest" })
  }

  // ---- what was on the screen

  see() {
    if (this.sizes.length !== 1 || !this.scroll.clientHeight) return
    const { scrollTop, clientHeight } = this.scroll
    const [first, past] = [Math.ceil((scrollTop - this.row / 3) / (this.row + GAP)), Math.floor((scrollTop + clientHeight + this.row / 3) / (this.row + GAP))]
    const shown = this.photos.slice(Math.max(0, first) * this.columns, past * this.columns)
    for (const photo of shown) if (!this.seen.has(photo.id) && arrived(this.nodes.get(photo.id))) this.seen.add(photo.id)
  }

  // ---- keys

  // True when the key led somewhere.
  move(event) {
    if (!this.photos.length) return false
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / (this.row + GAP)))
    const to = step(event.key, this.at, rowsOf(this.sizes, this.columns), page)
    if (to !== null) this.go(to)
    return to !== null
  }

  close() { this.watch.disconnect() }
}

function group(tiles) {
  const made = element("div", "tiles")
  made.append(...tiles)
  return made
}

function row(photos, number, tiles) {
  const made = element("section", "burst")
  made.setAttribute("role", "group")
  const heading = element("h2", "heading")
  const taken = photos[0]?.taken?.split(", ").pop() ?? ""
  heading.append(element("span", "", `Burst ${number + 1}`), element("span", "count", `${photos.length} photos${taken ? `, ${taken}` : ""}`))
  made.setAttribute("aria-label", heading.textContent)
  tiles[0]?.classList.add("best")
  made.append(heading, group(tiles))
  return made
}
