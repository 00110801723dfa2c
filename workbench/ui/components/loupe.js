// One photo large, its two eyes beside it, and its own pixels around the eyes on request.
// `list` offers photos, at and go(index); where it can be, chosen(index) and toggle(index), leave(), and painted(),
// which is called whenever the words beside the photo were written.

const AHEAD = 8
const BEHIND = 2
const HOLD = 220
const PAUSE = 80
const STEP = 120
const AWAY = {
  large: "The original is away: plug in its drive to see this photo large",
  zoom: "The original is away: plug in its drive to see its pixels",
}
const BLIND = { none: "No face found, so no eyes to show", away: "The original is away" }

class Loupe {
  constructor(root, list) {
    const find = name => root.querySelector(name)
    Object.assign(this, { root, list, find, pictures: new Pictures(), shown: null, before: 0 })
    Object.assign(this, { zoomed: false, pan: { x: 0, y: 0 }, hold: 0, later: 0, image: null })
    this.stage = find(".photo")
    this.eyes = [...root.querySelectorAll(".eye")]
    this.help = find(".keys")
    this.keys = this.keyTable()
    this.listen()
  }

  listen() {
    const on = (name, act) => { this.find(name).onclick = act }
    on(".before", () => this.turn(-1))
    on(".after", () => this.turn(1))
    on(".closer", () => this.zoom(!this.zoomed))
    on(".eyes", () => this.zoom(true))
    on(".explain", () => this.help.showModal())
    on(".keys .shut", () => this.help.close())
    on(".controls .shut", () => this.list.leave?.())
    this.help.addEventListener("keydown", event => {
      event.stopPropagation()
      if (event.key === "?") this.help.close()
    })
    for (const each of this.root.querySelectorAll(".leaves, .controls .shut")) each.hidden = !this.list.leave
    for (const each of this.root.querySelectorAll(".selects")) each.hidden = !this.list.toggle
    onGesture(this.stage, {
      moved: (dx, dy) => this.move(dx, dy),
      tapped: () => this.zoom(!this.zoomed),
      swiped: by => { if (!this.zoomed) this.turn(by) },
    })
    this.watch = new ResizeObserver(() => this.lay())
    this.watch.observe(this.stage)
  }

  open() {
    this.before = this.list.at
    this.paint()
    this.root.focus()
  }

  // Lets go of every picture: at closing, and when the component goes.
  rest() {
    clearTimeout(this.later)
    this.release()
    this.pictures.forget()
    this.stage.replaceChildren()
    Object.assign(this, { shown: null, zoomed: false, pan: { x: 0, y: 0 }, image: null })
    this.root.classList.remove("zoomed")
  }

  end() {
    this.rest()
    this.watch.disconnect()
  }

  // ---- what is shown

  photo() { return this.list.photos[this.list.at] }

  paint() {
    const photo = this.photo()
    if (!photo) return
    if (this.shown !== photo.id) this.show(photo)
    this.find(".title").textContent = photo.name
    this.find(".taken").textContent = photo.taken ?? ""
    this.find(".place").textContent = `${this.list.at + 1} of ${this.list.photos.length}`
    this.find(".verdict").replaceChildren(badge(photo), element("span", "note", photo.note))
    this.find(".chosen").textContent = this.list.chosen?.(this.list.at) ? "Selected" : ""
    this.find(".closer").setAttribute("aria-pressed", this.zoomed)
    this.list.painted?.()
  }

  // The tile's picture stands in at once; the rest follows, at once where it was fetched ahead.
  show(photo) {
    this.shown = photo.id
    this.find(".table").style.setProperty("--shape", photo.shape || 1)
    const standIn = element("img", "standin")
    Object.assign(standIn, { alt: photo.name, draggable: false, decoding: "sync", src: photo.thumb })
    standIn.onerror = () => standIn.remove()
    this.stage.replaceChildren(standIn)
    this.image = null
    this.drawEyes(photo.eyes ? null : { state: "none" })
    clearTimeout(this.later)
    const opened = this.before === this.list.at
    if (opened || this.pictures.has(this.kind(), photo)) this.fill(photo)
    else this.later = setTimeout(() => this.fill(photo), PAUSE) // whoever leafs quickly looks at the stand-ins
  }

  kind() { return this.zoomed ? "zoom" : "large" }

  fill(photo) {
    const settled = [this.zoomed ? this.fillZoom(photo) : this.fillLarge(photo), ...(photo.eyes ? [this.fillEyes(photo)] : [])]
    this.pictures.ahead(["eyes", this.kind()], this.near(), Promise.all(settled.map(each => each.settled)))
  }

  fillLarge(photo) {
    const large = this.onStage("large", photo)
    this.whenSettled(large, photo, state => { if (state === "away") this.say(AWAY.large) })
    return large
  }

  fillEyes(photo) {
    const eyes = this.pictures.get("eyes", photo)
    this.whenSettled(eyes, photo, () => this.drawEyes(eyes))
    return eyes
  }

  onStage(kind, photo) {
    const picture = this.pictures.get(kind, photo)
    picture.image.classList.add(kind)
    this.stage.append(picture.image)
    return picture
  }

  // At once when it is there already, so that nothing flickers; later only if the photo is still looked at.
  whenSettled(picture, photo, act) {
    if (picture.state !== "waiting") act(picture.state)
    else picture.settled.then(state => { if (this.shown === photo.id) act(state) })
  }

  near() {
    const ahead = this.zoomed ? 2 : AHEAD
    const order = neighbours(this.list.at, this.list.at < this.before ? -1 : 1, ahead, this.zoomed ? 1 : BEHIND)
    return order.map(index => this.list.photos[index]).filter(Boolean)
  }

  drawEyes(eyes) {
    this.find(".blind").textContent = BLIND[eyes?.state] ?? ""
    this.eyes.forEach((canvas, index) => {
      const { width, height } = canvas
      const paper = canvas.getContext("2d")
      paper.clearRect(0, 0, width, height)
      if (eyes?.state !== "there") return
      const half = eyes.image.width / 2
      paper.drawImage(eyes.image, index * half, 0, half, eyes.image.height, 0, 0, width, height)
    })
  }

  say(text) {
    this.stage.querySelector(".away-note")?.remove()
    this.stage.append(element("p", "away-note", text))
  }

  // ---- the eyes at 1:1

  zoom(on) {
    if (on === this.zoomed || !this.photo()) return
    this.zoomed = on
    this.root.classList.toggle("zoomed", on)
    if (!on) this.stage.querySelectorAll(".zoom, .away-note").forEach(each => each.remove())
    this.image = null
    this.fill(this.photo())
    this.paint()
  }

  fillZoom(photo) {
    const pixels = this.onStage("zoom", photo)
    this.whenSettled(pixels, photo, state => {
      if (!this.zoomed) return
      if (state === "away") this.say(AWAY.zoom)
      this.image = state === "there" ? pixels.image : null
      this.lay()
    })
    return pixels
  }

  // One pixel of the photo on one of the screen, the middle of the eyes in the middle, moved by `pan`.
  lay() {
    if (!this.image) return
    const scale = devicePixelRatio
    const [wide, high] = [this.image.naturalWidth / scale, this.image.naturalHeight / scale]
    const { clientWidth, clientHeight } = this.stage
    this.pan = { x: within(this.pan.x, wide - clientWidth), y: within(this.pan.y, high - clientHeight) }
    const even = value => Math.round(value * scale) / scale
    const left = even((clientWidth - wide) / 2 + this.pan.x)
    const top = even((clientHeight - high) / 2 + this.pan.y)
    Object.assign(this.image.style, { width: `${wide}px`, height: `${high}px`, left: `${left}px`, top: `${top}px` })
  }

  move(dx, dy) {
    if (!this.zoomed) return
    this.pan = { x: this.pan.x + dx, y: this.pan.y + dy }
    this.lay()
  }

  // ---- keys

  turn(by) {
    const to = clamp(this.list.at + by, 0, this.list.photos.length - 1)
    if (to === this.list.at) return
    this.before = this.list.at
    this.list.go(to)
    this.paint()
  }

  keyTable() {
    return {
      ArrowLeft: () => this.turn(-1),
      ArrowUp: () => this.turn(-1),
      ArrowRight: () => this.turn(1),
      ArrowDown: () => this.turn(1),
      Home: () => this.turn(-Infinity),
      End: () => this.turn(Infinity),
      z: () => this.zoom(!this.zoomed),
      "?": () => this.help.showModal(),
      Escape: () => (this.zoomed ? this.zoom(false) : this.list.leave?.()),
      Enter: () => this.list.leave?.(),
      o: () => this.list.leave?.(),
    }
  }

  // True when the key was for the loupe.
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false
    if (event.target.closest?.("button") && [" ", "Enter"].includes(event.key)) return false
    if (event.key === " ") return this.holdOn(event)
    const towards = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
    if (event.shiftKey && towards) {
      this.move(STEP * towards[0], STEP * towards[1])
      return true
    }
    const act = this.keys[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    act?.()
    return Boolean(act)
  }

  // Space: let go at once it selects; held it shows 1:1 until it is let go.
  holdOn(event) {
    if (event.repeat || this.hold) return true
    this.hold = setTimeout(() => {
      this.hold = "held"
      this.zoom(!this.zoomed)
    }, HOLD)
    return true
  }

  release() {
    const { hold } = this
    clearTimeout(hold)
    this.hold = 0
    return hold
  }

  letGo(event) {
    if (event.key !== " " || !this.hold) return
    if (this.release() === "held") this.zoom(!this.zoomed)
    else this.list.toggle?.(this.list.at)
    this.paint()
  }
}
