// The labelling desk: a key says what the photo is and the next one is there; what was said goes its own way.

const TICK = 500
const SOON = 30 // the next photo is painted first
const ASKED = 1500
const FURTHER = 60
const TYPED = "typed"
const ACCEPTED = "accepted suggestion"
const SHORT = { b: ["blink", "blinking"], n: ["keep", "not blinking"], s: ["cant_tell", "unsure"] }

class Desk {
  constructor(parent) {
    this.parent = parent
    this.frame = parent.querySelector(".desk")
    Object.assign(this, { data: null, sitting: null, outbox: null, sheet: null, last: "", refused: "", waiting: false, asked: -Infinity })
    Object.assign(this, { warmed: new Set(), warming: false, closed: false })
    this.ask = this.askHistory = () => {}
    this.onKey = event => this.press(event)
    document.addEventListener("keydown", this.onKey) // before a sheet listens: what is ours is handled here
    this.root = this.frame.querySelector(".loupe")
    this.loupe = new Loupe(this.root, this)
    this.find = name => this.frame.querySelector(name)
    this.several = this.find(".several")
    this.past = this.find(".history")
    Object.assign(this.loupe.keys, { ArrowLeft: () => this.back(), ArrowRight: () => this.on() })
    this.listen()
  }

  listen() {
    for (const each of this.root.querySelectorAll(".browses")) each.hidden = true
    for (const each of this.frame.querySelectorAll(".answer")) each.onclick = () => this.act(each.dataset.key)
    for (const each of this.frame.querySelectorAll(".undo")) each.onclick = () => this.act("u")
    this.root.querySelector(".before").onclick = () => this.back()
    this.root.querySelector(".after").onclick = () => this.on()
    this.find(".one").onclick = () => this.act("g")
    this.find(".accept").onclick = () => this.accept()
    this.find(".least").oninput = () => this.paintGestures()
    this.past.querySelector(".shut").onclick = () => this.past.close()
    this.past.addEventListener("keydown", event => event.stopPropagation())
    this.onKeyUp = event => this.loupe.letGo(event)
    this.onResize = () => this.stretch()
    this.onLeave = event => { if (this.outbox?.unsaved) event.preventDefault() }
    document.addEventListener("keyup", this.onKeyUp)
    addEventListener("resize", this.onResize)
    addEventListener("beforeunload", this.onLeave)
    this.onHide = () => this.sitting?.keepList()
    addEventListener("pagehide", this.onHide)
    this.settle = new ResizeObserver(this.onResize)
    this.settle.observe(this.parent.host?.closest?.('[data-testid="stMainBlockContainer"]') ?? document.body)
    this.clock = setInterval(() => this.tick(), TICK)
  }

  close() {
    clearInterval(this.clock)
    this.closed = true
    this.onHide()
    this.sheet?.close()
    this.loupe.end()
    this.settle.disconnect()
    document.removeEventListener("keydown", this.onKey)
    document.removeEventListener("keyup", this.onKeyUp)
    removeEventListener("resize", this.onResize)
    removeEventListener("beforeunload", this.onLeave)
    removeEventListener("pagehide", this.onHide)
  }

  // ---- what comes from the server

  show(data) {
    this.memory ??= new Memory(data.namespace)
    this.outbox ??= new Outbox(this.memory)
    this.outbox.deliver = this.deliver
    this.hear(data)
    if (this.sitting?.scope !== data.scope) this.sit(data)
    this.data = data
    const opened = data.stretch?.scope === data.scope && this.sitting.take(data.stretch)
    this.stretch()
    if (data.history) this.paintHistory(data.history)
    this.paintOnce(data)
    if (opened) this.loupe.open()
    if (this.waiting) this.goOn()
    else if (!opened) this.loupe.paint()
    if (this.sheet) this.spread()
    this.painted()
    this.outbox.send()
  }

  sit(data) {
    if (this.sheet) this.toLoupe(this.sheet.at)
    this.loupe.rest()
    Object.assign(this, { sitting: new Sitting(this.memory, data), last: "", waiting: false, asked: -Infinity })
  }

  hear(data) {
    for (const dropped of this.outbox.hear(data)) {
      const gesture = this.sitting?.single(dropped.photo)
      if (gesture) this.sitting.revert(gesture)
    }
    if (data.refused.length) this.refused = data.refused.at(-1).sentence
  }

  tick() {
    if (!this.data) return
    this.outbox.send()
    this.more()
    this.warm()
    this.painted()
  }

  // Beyond what the loupe fetches: one picture at a time is asked for, so that the server has made it when it is due.
  async warm() {
    if (this.warming) return
    this.warming = true
    const next = this.photos.slice(this.at + AHEAD, this.at + AHEAD + FURTHER).find(photo => !this.warmed.has(photo.id))
    if (next) {
      this.warmed.add(next.id)
      for (const address of [next.large, next.eyes].filter(Boolean)) {
        await fetch(address, { priority: "low" }).then(answer => answer.blob(), () => null)
      }
    }
    this.warming = false
    if (next && !this.closed) this.warm()
  }

  more() {
    const next = this.sitting.opened || !this.data.empty ? this.sitting.next(this.eyeAt()) : null
    if (next === null || performance.now() - this.asked < ASKED) return
    this.asked = performance.now()
    this.ask(next)
  }

  // How far the eye has come: on the sheet it may be ahead of the chosen photo.
  eyeAt() {
    if (!this.sheet) return this.at
    const { scrollTop, clientHeight, scrollHeight } = this.sheet.scroll
    return Math.max(this.sheet.at, Math.floor((this.photos.length * (scrollTop + clientHeight)) / scrollHeight))
  }

  // ---- the list that the loupe shows

  get photos() { return this.sitting?.photos ?? [] }
  get at() { return this.sitting?.at ?? 0 }

  go(index) {
    this.sitting.go(index)
    this.more()
  }

  to(index) {
    if (this.sheet) return this.sheet.go(index)
    if (index === this.at) this.loupe.paint()
    else this.loupe.turn(index - this.at)
  }

  // ---- answers

  act(key) {
    if (!this.sitting?.opened) return
    const keys = { u: () => this.undo(), g: () => this.toggle(), h: () => this.openHistory() }
    if (key in this.data.answers) this.answer(this.data.answers[key])
    else keys[key]()
  }

  answer(value) {
    if (this.sheet) return this.answerAll(this.sheet.selected.size ? this.selected() : [this.photos[this.sheet.at]], value)
    if (this.waiting) return
    const { photo } = this.sitting
    this.record([photo], () => value, TYPED)
    this.last = `${photo.name}: ${value}`
    this.on()
  }

  answerAll(photos, value) {
    this.record(photos, () => value, TYPED)
    this.last = `${counted(photos.length)}: ${value}`
    this.sheet.choose([])
    this.spread()
  }

  accept() {
    const photos = this.acceptable()
    if (!photos.length) return
    const { b, n } = this.data.answers
    this.record(photos, photo => (photo.p >= 0.5 ? b : n), ACCEPTED)
    this.last = `${counted(photos.length)} as suggested`
    this.sheet.choose([])
    this.spread()
  }

  record(photos, valueOf, origin) {
    this.sitting.say(photos, valueOf)
    const { queue } = this.data
    this.put(photos.map(photo => ({ kind: "say", photo: photo.id, value: photo.value, queue, origin })))
  }

  undo() {
    const gesture = this.sitting.done.at(-1)
    if (gesture) return this.takeBack(gesture)
    this.last = "Nothing of this sitting to take back; H tells what was said before"
    this.painted()
  }

  takeBack(gesture) {
    this.waiting = false
    const photos = this.sitting.revert(gesture)
    const { queue } = this.data
    this.put(photos.map(({ id }) => ({ kind: "undo", photo: id, value: null, queue, origin: TYPED })))
    const first = this.sitting.indexOf(photos[0].id)
    this.last = `Taken back: ${photos.length === 1 ? `${gesture.value} of ${this.photos[first]?.name ?? "a photo"}` : counted(photos.length)}`
    if (first >= 0) this.to(first)
    if (this.sheet) this.spread()
  }

  put(operations) {
    this.refused = ""
    this.outbox.add(operations)
    clearTimeout(this.soon)
    this.soon = setTimeout(() => this.outbox.send(), SOON)
  }

  on() {
    const { sitting } = this
    if (sitting.at < sitting.photos.length - 1) return this.loupe.turn(1)
    this.waiting = !sitting.whole
    if (sitting.whole) this.last = `${this.last ? `${this.last} · ` : ""}that was the last of ${sitting.total}`
    this.more()
    this.loupe.paint()
  }

  goOn() {
    if (this.at < this.photos.length - 1 || this.sitting.whole) {
      this.waiting = false
      this.on()
    }
  }

  // One photo back; what this sitting said of it is taken back. On the last photo, which no other follows, of itself.
  back() {
    const { sitting } = this
    const here = sitting.single(sitting.photo?.id)
    const last = sitting.at === sitting.photos.length - 1
    if (last && here && here === sitting.done.at(-1)) return this.takeBack(here)
    const before = sitting.photos[sitting.at - 1]
    if (!before) return
    const gesture = sitting.single(before.id)
    if (gesture) this.takeBack(gesture)
    else this.loupe.turn(-1)
  }

  // ---- the words beside the photo

  stretch() { if (this.data) (this.sheet ? this.sheet.stretch() : stretched(this.root, this.data.below)) }

  paintOnce({ meaning, examples, standing, empty }) {
    this.find(".meaning").textContent = meaning
    const shown = JSON.stringify(examples)
    if (this.exampled !== shown) this.find(".examples").replaceChildren(...examples.map(example))
    this.exampled = shown
    this.find(".standing").replaceChildren(...standing.map(line => element("li", "", line)))
    const nothing = !this.photos.length
    this.root.hidden = nothing || Boolean(this.sheet)
    this.find(".nothing").hidden = !nothing
    this.find(".nothing").textContent = [empty, this.outbox.unsaved ? `${this.outbox.unsaved} unsaved` : ""].filter(Boolean).join(" · ")
  }

  painted() {
    if (!this.sitting?.photo) return
    const { photo, total } = this.sitting
    const say = (name, text) => this.frame.querySelectorAll(name).forEach(each => { if (each.textContent !== text) each.textContent = text })
    say(".desk > .loupe .title", [photo.session, photo.name].join(" / "))
    say(".desk > .loupe .place", `${this.at + 1} of ${Math.max(total, this.photos.length)}`)
    say(".stands", photo.value ? `Labelled ${photo.value}` : "No label yet")
    say(".last", this.waiting ? "Fetching the next photos …" : this.last)
    say(".unsaved", this.outbox.unsaved ? `${this.outbox.unsaved} unsaved` : "")
    say(".refused", this.refused)
    for (const each of this.root.querySelectorAll(".answer")) {
      each.setAttribute("aria-pressed", this.data.answers[each.dataset.key] === photo.value)
    }
  }

  // ---- history

  openHistory() {
    const photo = this.sheet ? this.photos[this.sheet.at] : this.sitting.photo
    this.past.dataset.photo = photo.id
    this.past.querySelector(".entries").replaceChildren(element("li", "", "…"))
    this.past.showModal()
    this.askHistory({ photo: photo.id })
  }

  paintHistory({ photo, value, entries }) {
    if (this.past.dataset.photo !== photo) return
    const before = this.photos[this.sitting.indexOf(photo)]?.value ?? null
    if (before !== value && !this.outbox.unsaved) this.sitting.corrected(photo, value)
    const nothing = element("li", "", "Nobody has said anything of it yet.")
    const said = entries.map(entry => this.entry(photo, entry))
    this.past.querySelector(".entries").replaceChildren(...(said.length ? said : [nothing]))
  }

  entry(photo, { id, value, by, undone }) {
    const made = element("li", undone ? "undone" : "")
    made.append(element("b", "", value), element("span", "by", by))
    if (undone) made.append(element("span", "by", undone))
    else {
      const button = element("button", "", "Take back")
      button.type = "button"
      button.onclick = () => this.askHistory({ photo, undo: id })
      made.append(button)
    }
    return made
  }

  // ---- the sheet

  toggle() {
    if (this.sheet) this.toLoupe(this.sheet.at)
    else this.toSheet()
  }

  toSheet() {
    this.several.hidden = false
    this.root.hidden = true
    const board = this.find(".board")
    board.replaceChildren(this.find(".sheet-template").content.cloneNode(true))
    this.sheet = new Sheet(board)
    this.sheet.open = index => this.toLoupe(index)
    this.sheet.tell = () => this.paintGestures()
    this.spread()
    this.sheet.go(this.at)
  }

  spread() {
    const photos = this.photos.map(photo => ({ ...photo, ...this.badge(photo) }))
    const shapes = photos.map(photo => photo.shape || 1).sort((a, b) => a - b)
    const aspect = clamp(shapes[shapes.length >> 1] ?? 1, 2 / 3, 1.5)
    this.sheet.show({ groups: [{ title: "Photos of this queue", mark: "", photos }], scope: this.data.scope, aspect, below: this.data.below })
    this.paintGestures()
    this.painted()
  }

  badge({ value, p }) {
    const key = Object.keys(this.data.answers).find(each => this.data.answers[each] === value)
    if (key) return { mark: SHORT[key][0], label: SHORT[key][1] }
    if (p === null) return { mark: "", label: "" }
    const says = p >= 0.5 ? `blinking ${percent(p)}` : `not blinking ${percent(1 - p)}`
    return { mark: "suggested", label: `${says}?`, note: "what the model suggests" }
  }

  selected() { return this.photos.filter(photo => this.sheet.selected.has(photo.id)) }

  // The shown ones: what is selected, else all of the sheet; what has a label keeps it.
  acceptable() {
    const least = Number(this.find(".least").value) / 100
    const shown = this.sheet.selected.size ? this.selected() : this.photos
    if (!(least >= 0.5 && least <= 1)) return []
    return shown.filter(({ p, value }) => p !== null && !value && (p >= least || p <= 1 - least))
  }

  paintGestures() {
    const accept = this.find(".accept")
    const count = this.acceptable().length
    accept.textContent = `Accept ${count}`
    accept.disabled = !count
    this.find(".accepting").hidden = !this.photos.some(photo => photo.p !== null)
    const { size } = this.sheet.selected
    this.find(".chosen-count").textContent = size ? counted(size) : "This photo"
  }

  toLoupe(index) {
    this.sheet.close()
    this.sheet = null
    this.find(".board").replaceChildren()
    this.several.hidden = true
    this.root.hidden = false
    this.stretch()
    this.sitting.go(clamp(index, 0, Math.max(0, this.photos.length - 1)))
    this.loupe.open()
  }

  // ---- keys

  press(event) {
    const path = event.composedPath()
    const ours = path[0] === document.body || path.includes(this.frame)
    if (!ours || event.defaultPrevented || !this.sitting?.opened || document.querySelector('[data-testid="stDialog"]')) return
    if (path[0].type === "number" || this.past.open || this.loupe.help.open) return
    const key = event.key.length === 1 ? event.key.toLowerCase() : ""
    const plain = !(event.ctrlKey || event.metaKey || event.altKey)
    if (plain && (key in this.data.answers || "ugh".includes(key || " "))) {
      if (!event.repeat) this.act(key) // a key that is held down says nothing of the photos that follow
      event.preventDefault()
    } else if (!this.sheet && this.loupe.press(event)) event.preventDefault()
  }
}

const counted = number => `${number} photo${number === 1 ? "" : "s"}`
const percent = share => `${Math.floor(100 * share)} %`

function example({ eyes, says }) {
  const made = element("figure")
  const image = element("img")
  Object.assign(image, { src: eyes, alt: says, loading: "lazy" })
  image.onerror = () => made.remove()
  made.append(image, element("figcaption", "", says))
  return made
}

const desks = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const desk = desks.get(parentElement) ?? new Desk(parentElement)
  desks.set(parentElement, desk)
  desk.deliver = sent => setTriggerValue("sent", sent)
  desk.ask = start => setTriggerValue("wanted", start)
  desk.askHistory = asked => setTriggerValue("history", asked)
  desk.show(data)
  return () => {
    desk.close()
    desks.delete(parentElement)
  }
}
