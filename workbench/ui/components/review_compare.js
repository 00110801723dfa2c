// Two to four frames of a burst side by side. Each picture has the eyes in its very middle, so one scale and one shift
// hold for all of them: what is moved in one is moved in all.

const BESIDE = 4
const FACE = 0.48 // of the photo's shorter side: as much as a frame shows at first
const FINER = 1.25

class Compare {
  constructor(dialog, review) {
    Object.assign(this, { dialog, review, pictures: new Pictures(), photos: [], cells: [], at: 0, from: 0, pan: { x: 0, y: 0 }, scale: 0, title: "" })
    this.frames = dialog.querySelector(".frames")
    dialog.addEventListener("keydown", event => {
      event.stopPropagation()
      if (this.press(event)) event.preventDefault()
    })
    dialog.addEventListener("close", () => {
      this.pictures.forget()
      this.frames.replaceChildren()
      this.back(this.photos[this.at])
    })
    dialog.addEventListener("wheel", event => {
      event.preventDefault()
      this.closer(event.deltaY < 0 ? FINER : 1 / FINER)
    }, { passive: false })
    dialog.querySelector(".shut").onclick = () => dialog.close()
    this.watch = new ResizeObserver(() => this.lay())
    this.watch.observe(this.frames)
  }

  get open() { return this.dialog.open }

  // False where the photo belongs to no burst.
  burstOf(photo) {
    const burst = this.review.standing.burstOf(photo)
    if (burst.length > 1) this.show(burst, photo)
    return burst.length > 1
  }

  // The burst before or after this one.
  other(by) {
    const { bursts, known } = this.review.standing
    const now = bursts.findIndex(burst => burst.includes(this.photos[0].id))
    const to = bursts[clamp(now + by, 0, bursts.length - 1)].map(id => known.get(id))
    this.show(to, to[0])
  }

  // Where the frames were left, there the wall goes on.
  back(photo) {
    const index = this.review.wall.indexOf(photo?.id)
    if (index >= 0) this.review.go(index)
    else this.review.wall.focus()
  }

  show(photos, wanted) {
    Object.assign(this, { photos, at: Math.max(0, photos.indexOf(wanted)), from: 0, pan: { x: 0, y: 0 }, scale: 0 })
    if (!this.open) this.dialog.showModal()
    this.dialog.focus()
    this.fill()
  }

  // ---- what is shown

  fill() {
    this.from = clamp(this.from, this.at - BESIDE + 1, this.at)
    const shown = this.photos.slice(this.from, this.from + BESIDE)
    this.frames.style.setProperty("--frames", shown.length)
    this.cells = shown.map((photo, index) => this.cell(photo, this.from + index))
    this.frames.replaceChildren(...this.cells.map(each => each.made))
    this.lay()
    this.paint()
  }

  cell(photo, index) {
    const made = element("figure", "frame")
    const stage = element("div", "stage")
    const words = element("figcaption")
    const found = this.pictures.get("zoom", photo)
    stage.append(found.image, element("p", "away-note"))
    made.append(stage, words)
    onGesture(stage, { moved: (dx, dy) => this.move(dx, dy), tapped: () => this.go(index), swiped: () => {} })
    const settled = state => {
      stage.querySelector(".away-note").textContent = state === "away" ? "The original is away" : ""
      this.lay()
    }
    if (found.state === "waiting") found.settled.then(settled)
    else settled(found.state)
    return { made, stage, words, photo, image: found.image, found }
  }

  paint() {
    this.cells.forEach(({ made, words, photo }, number) => {
      made.classList.toggle("on", this.from + number === this.at)
      const best = photo === bestOf(this.photos) ? [element("span", "best-words", BEST)] : []
      words.replaceChildren(element("span", "name", photo.name.split("/").pop()), ...best, badge(photo))
    })
    const which = this.photos.length > BESIDE ? `frames ${this.from + 1} to ${this.from + this.cells.length} of ${this.photos.length}` : `${this.photos.length} frames`
    this.dialog.querySelector(".which").textContent = which
  }

  // The same part of every photo, the middle of the eyes in the middle, moved by `pan`; both in shares of the whole.
  lay() {
    for (const { stage, image, found, photo } of this.cells) {
      if (found.state !== "there") continue
      const { clientWidth, clientHeight } = stage
      const whole = Math.min(clientWidth, clientHeight) / (FACE * (photo.short || image.naturalHeight))
      const scale = this.scale ? this.scale / devicePixelRatio : whole
      const [wide, high] = [image.naturalWidth * scale, image.naturalHeight * scale]
      const left = (clientWidth - wide) / 2 + this.pan.x
      const top = (clientHeight - high) / 2 + this.pan.y
      Object.assign(image.style, { width: `${wide}px`, height: `${high}px`, left: `${left}px`, top: `${top}px`, visibility: "visible" })
      this.now = scale * devicePixelRatio
    }
  }

  move(dx, dy) {
    this.pan = { x: clamp(this.pan.x + dx, -2000, 2000), y: clamp(this.pan.y + dy, -2000, 2000) }
    this.lay()
  }

  closer(by) {
    const before = this.now || 1
    this.scale = clamp(before * by, 0.05, 2)
    const grown = this.scale / before
    this.pan = { x: this.pan.x * grown, y: this.pan.y * grown }
    this.lay()
  }

  // ---- keys

  go(index) {
    const to = clamp(index, 0, this.photos.length - 1)
    if (to === this.at) return
    this.at = to
    if (to < this.from || to >= this.from + BESIDE) this.fill()
    else this.paint()
  }

  decide(group) {
    const shown = this.cells[this.at - this.from]
    if (shown.found.state === "waiting") return // nobody has seen it yet
    this.review.decide(this.photos[this.at], group)
    this.paint()
    this.go(this.at + 1)
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false
    const towards = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
    if (event.shiftKey && towards) {
      this.move(STEP * towards[0], STEP * towards[1])
      return true
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const act = {
      ArrowLeft: () => this.go(this.at - 1),
      ArrowRight: () => this.go(this.at + 1),
      Home: () => this.go(0),
      End: () => this.go(Infinity),
      ArrowUp: () => this.other(-1),
      ArrowDown: () => this.other(1),
      k: () => this.decide(KEEP),
      b: () => this.decide(BLINK),
      t: () => this.decide(CANT_TELL),
      u: () => this.review.undo(),
      z: () => { this.scale = this.scale === 1 ? 0 : 1; this.pan = { x: 0, y: 0 }; this.lay() },
      "+": () => this.closer(FINER),
      "=": () => this.closer(FINER),
      "-": () => this.closer(1 / FINER),
      c: () => this.dialog.close(),
      Enter: () => this.dialog.close(),
      Escape: () => this.dialog.close(),
    }[key]
    if (!act || (event.repeat && "kbtu".includes(key))) return Boolean(act)
    act()
    return true
  }

  end() { this.watch.disconnect() }
}
