// The wall of tiles of a step: where they lie, how large, which of them the eye is at, and which it has seen.

const LINE = 26 // a tile's words
const EDGES = 8
const EYES = 8 / 3 // the shape of the picture of both eyes
const EAGER = 30
const BEST = "most open eyes"
const HEADING = 34
const BELOW = 16 // what the wall keeps free under its last row
const LEAST = { eyes: 250, whole: 236, small: 150, stacked: 180 }
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

const inColumns = (width, wanted) => fit(width, (width - GAP * (wanted - 1)) / wanted)

// The fewest columns with which all tiles lie on the screen at once; of the usual size where none do. Where eyes are
// wider with the frame above them instead of beside, and the frame takes what is left of the height, they stand so.
function fitAll(count, look, room) {
  const found = span(1, 24).map(wanted => inColumns(room.width, wanted)).find(made => fits(made, count, look, room))
  const beside = found && { ...found, tall: grown(found, count, look, room) }
  if (look !== "eyes") return beside ?? fit(room.width, USUAL[look])
  const above = span(1, 24).map(wanted => stacked(inColumns(room.width, wanted), count, room)).find(Boolean)
  if (above && above.tile - EDGES > (beside ? eyesBeside(beside.tile, room.shape) : 0)) return above
  return beside ?? fit(room.width, USUAL[look])
}

const fits = ({ columns, tile }, count, look, { height, shape }) =>
  tile <= MOST[look] && tile >= LEAST[look] && Math.ceil(count / columns) * (rowHeight(look, tile, shape) + GAP) <= height

// The height that the pictures of a row may take of what is left over. The margin around eyes allows for little.
const grown = ({ columns, tile }, count, look, { height, shape }) =>
  Math.min(Math.floor((height - BELOW) / Math.ceil(count / columns)) - GAP - LINE - 4, Math.floor(HIGH[look](tile, shape) * (look === "eyes" ? 1.12 : 1.4)))

const eyesBeside = (tile, shape) => EYES * HIGH.eyes(tile, shape)

// The eyes below the frame, in rows that fill the height; nothing where no frame of a size to know people by has room.
function stacked({ columns, tile }, count, { height, shape }) {
  if (tile < LEAST.stacked || tile > MOST.eyes) return null
  const eyes = (tile - EDGES) / EYES
  const row = Math.floor((height - BELOW) / Math.ceil(count / columns)) - GAP
  const frame = Math.min(row - LINE - EDGES - eyes, (tile - EDGES) / shape)
  return frame >= Math.max(70, eyes * 0.8) ? { columns, tile, high: Math.floor(eyes + frame + EDGES) } : null
}

// Short bursts share a line: how many photos lie in each.
function packed(sizes, columns) {
  const lines = []
  let room = 0
  for (const size of sizes) {
    if (size <= room) lines[lines.length - 1] += size
    else {
      lines.push(size)
      room = columns
    }
    room = Math.max(0, room - size)
  }
  return lines
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
  if (look !== "eyes" && photo.eyes && (look === "whole" || photo.by)) seen.append(picture("both", photo.eyes, eager))
  const words = element("div", "caption")
  words.append(element("span", "name", photo.name.split("/").pop()), element("span", "badge"))
  made.by = photo.by
  made.append(seen, words)
  return made
}

// Whether what is to be judged is there to be seen: “waiting”, “there”, or “missing” where it could not be drawn.
function drawn(made, look) {
  if ([...made.querySelectorAll("img")].some(image => !image.complete)) return "waiting"
  const eyes = look === "eyes" ? made.querySelector("[data-undrawn], .both") : null
  return (eyes ?? made.querySelector(".whole")).naturalWidth ? "there" : "missing"
}

class Wall {
  // `hooks`: moved(index) when the eye goes elsewhere, opened(index) at a double click, saw() when pictures arrived.
  constructor(scroll, hooks) {
    Object.assign(this, { scroll, hooks, photos: [], sizes: [], nodes: new Map(), at: 0, columns: 1, row: 150, shape: 2 / 3 })
    Object.assign(this, { look: "eyes", step: null, seen: new Set(), blank: new Set(), settled: null, sections: [] })
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
    const top = again && this.visible() ? this.node(this.at).offsetTop : null
    if (!again) Object.assign(this, { nodes: new Map(), seen: new Set(), blank: new Set(), settled: null })
    Object.assign(this, { step, look, shape, sections, photos: sections.flatMap(section => section.photos) })
    const stays = this.indexOf(here) >= 0
    this.at = stays ? this.indexOf(here) : again ? clamp(this.at, 0, Math.max(0, this.photos.length - 1)) : 0
    if (this.settled?.fits && Math.max(this.photos.length, this.settled.fits) > 1.5 * Math.min(this.photos.length, this.settled.fits)) this.settled = null
    const lying = sections.map(section => (section.heading ?? "") + section.photos.map(photo => photo.id + photo.by).join()).join(";")
    const focused = this.scroll.contains(this.scroll.getRootNode().activeElement)
    if (!again || lying !== this.lying) {
      this.lying = lying
      this.lay(sections, again)
      this.arrange()
      this.scroll.scrollTop = before
      if (stays && top !== null) this.scroll.scrollTop = before + this.node(this.at).offsetTop - top
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
      if (section.burst) return row(burstWords(section.photos, number), tiles)
      return section.heading ? row([section.heading, section.photos.length.toLocaleString("en-GB")], tiles) : group(tiles)
    })
    this.scroll.classList.toggle("bursting", Boolean(sections[0]?.burst))
    const wanted = new Set(this.photos.map(photo => photo.id))
    for (const id of this.nodes.keys()) if (!wanted.has(id)) this.nodes.delete(id)
    this.scroll.replaceChildren(...made)
  }

  refreshed(photo, eager) {
    const known = this.nodes.get(photo.id)
    const made = known?.by === photo.by || (known && this.look !== "small") ? known : shot(photo, this.look, eager)
    this.nodes.set(photo.id, made)
    return made
  }

  // Says on every tile what stands; its pictures stay.
  refresh() {
    this.photos.forEach((photo, index) => this.paint(photo, index))
    for (const { burst, photos } of this.sections) if (burst) this.praise(photos)
  }

  // Which frame of a burst has the most open eyes, said in its caption.
  praise(photos) {
    const best = bestOf(photos)
    for (const photo of photos) {
      const made = this.nodes.get(photo.id)
      made.classList.toggle("best", photo === best)
      const words = made.querySelector(".best-words")
      if (photo === best && !words) made.querySelector(".name").after(element("span", "best-words", BEST))
      else if (photo !== best) words?.remove()
    }
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
      made.classList.toggle("signed", Boolean(photo.by))
      made.title = [photo.name, photo.note].join("\n")
      made.setAttribute("aria-label", [photo.name, photo.label, photo.note].join(", "))
    }
    made.setAttribute("aria-selected", index === this.at)
    made.tabIndex = index === this.at ? 0 : -1
  }

  // Whether the tile that the eye is at lies on the screen, for the most part.
  visible() {
    const made = this.photos.length ? this.node(this.at) : null
    if (!made?.isConnected) return false
    const [box, view] = [made.getBoundingClientRect(), this.scroll.getBoundingClientRect()]
    return Math.min(box.bottom, view.bottom) - Math.max(box.top, view.top) >= box.height / 2
  }

  reveal() { this.node(this.at).scrollIntoView({ block: "nearest" }) }

  // Whether the pictures of that tile have arrived, or never will.
  get ready() { return !this.photos.length || drawn(this.node(this.at), this.look) !== "waiting" }

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
    Object.assign(this, { columns, row: (this.settled.high ?? this.settled.tall ?? high) + LINE + 4, tile })
    this.sizes = this.sections.map(section => section.photos.length)
    if (this.sections[0]?.burst) {
      this.sizes.forEach((size, number) => this.scroll.children[number].style.setProperty("--columns", Math.min(size, columns)))
      this.sizes = packed(this.sizes, columns)
    }
    const beside = this.look === "eyes" ? `${Math.round(high * besideEyes(this.shape))}px` : "100%"
    for (const [name, value] of [["columns", columns], ["tile", `${tile}px`], ["row", `${this.row}px`], ["whole", beside]]) {
      this.scroll.style.setProperty(`--${name}`, value)
    }
    this.scroll.dataset.look = this.settled.high ? "whole" : this.look
    this.see()
  }

  sized(room) {
    const kept = this.kept()
    if (kept) return fit(room.width, kept)
    if (this.sections.length > 1 || this.look === "small") return fit(room.width, USUAL[this.look])
    return { ...fitAll(this.photos.length, this.look, room), fits: this.photos.length }
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
    if (this.sections.length !== 1 || !this.scroll.clientHeight) return
    const { scrollTop, clientHeight } = this.scroll
    const [first, past] = [Math.ceil((scrollTop - this.row / 3) / (this.row + GAP)), Math.floor((scrollTop + clientHeight + this.row / 3) / (this.row + GAP))]
    const shown = this.photos.slice(Math.max(0, first) * this.columns, past * this.columns)
    for (const photo of shown) if (!this.seen.has(photo.id)) this.judge(photo)
  }

  // What could not be drawn was not seen, and is not waited for.
  judge(photo) {
    const made = this.nodes.get(photo.id)
    const state = drawn(made, this.look)
    if (state === "there") this.seen.add(photo.id)
    this.blank[state === "missing" ? "add" : "delete"](photo.id)
    made.classList.toggle("blank", state === "missing")
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

function burstWords(photos, number) {
  const taken = photos[0]?.taken?.split(", ").pop() ?? ""
  return [`Burst ${number + 1}`, `${photos.length} photos${taken ? `, ${taken}` : ""}`]
}

function row([title, count], tiles) {
  const made = element("section", "burst")
  made.setAttribute("role", "group")
  const heading = element("h2", "heading")
  heading.append(element("span", "", title), element("span", "count", count))
  made.setAttribute("aria-label", `${title}, ${count}`)
  made.append(heading, group(tiles))
  return made
}
