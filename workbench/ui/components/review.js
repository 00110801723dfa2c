// The review of a screening: steps, their photos, and one key for each decision. What was decided is kept here until
// the server holds it; what the server holds, and what is on its way there, is what stands.

const TICK = 500
const PATIENCE = 1500
const LOOK = { [BLINK]: "eyes", [CANT_TELL]: "whole", [BURSTS]: "eyes", [CHECK]: "eyes", [KEEP]: "small" }

// Whoever writes is not disturbed; the chooser of the session has done its work.
const WRITING = "textarea, input:not([role=combobox], [type=radio], [type=checkbox], [type=range])"

class Review {
  constructor(parent) {
    this.find = name => parent.querySelector(name)
    const { find } = this
    Object.assign(this, { frame: find(".review"), help: find(".review-keys"), standing: new Standing() })
    Object.assign(this, { data: null, deeds: null, step: BLINK, scope: null, print: null, places: {}, refused: "", gone: 0, asked: -Infinity, history: 0 })
    this.lines = new Lines(find)
    this.line = new KeyLine(() => this.wall.ready, () => this.lines.toast("Its picture has not arrived yet: nothing was decided"))
    this.tell = () => {}
    this.wall = new Wall(find(".scroll"), { moved: () => this.moved(), opened: () => this.open(), saw: () => this.paintLead() })
    this.bar = new Bar(find, {
      chosen: each => { this.choose(each); this.wall.focus() },
      began: before => this.slid(before),
      regrouped: value => this.regroup(value),
      stored: value => this.tell("threshold", value),
      released: () => this.wall.focus(),
    })
    this.compare = new Compare(find(".beside"), this)
    this.large = new Large(find, this)
    this.listen(parent.host)
  }

  listen(host) {
    this.settle = new ResizeObserver(() => this.stretch())
    this.settle.observe(host?.closest?.('[data-testid="stMainBlockContainer"]') ?? document.body)
    this.onResize = () => this.stretch()
    this.onKey = event => pressed(this, event)
    this.onLeave = event => { if (this.deeds?.unsaved) event.preventDefault() }
    addEventListener("resize", this.onResize)
    addEventListener("beforeunload", this.onLeave)
    document.addEventListener("keydown", this.onKey)
    const on = (name, act) => { this.find(name).onclick = act }
    on(".bar .help", () => this.help.showModal())
    on(".lead .next", () => { this.next(); this.wall.focus() })
    on(".lead .more", () => this.tell("more", true))
    on(".lead .rest", () => { this.keepRest(); this.wall.focus() })
    on(".lead .sort", () => this.sort())
    on(".lead .aside", () => this.seeExcepted())
    on(".nothing .back", () => { this.bar.move(this.data.own); this.wall.focus() })
    on(".lead .smaller", () => this.wall.resize(-40))
    on(".lead .larger", () => this.wall.resize(40))
    on(".review-keys .shut", () => this.help.close())
    this.help.addEventListener("keydown", event => {
      event.stopPropagation()
      if (event.key === "?") this.help.close()
    })
    this.find(".scroll").addEventListener("scroll", () => this.paintLead())
    this.clock = setInterval(() => this.tick(), TICK)
  }

  close() {
    clearInterval(this.clock)
    this.line.end()
    this.lines.end()
    this.large.end()
    this.compare.end()
    this.wall.close()
    this.settle.disconnect()
    removeEventListener("resize", this.onResize)
    removeEventListener("beforeunload", this.onLeave)
    document.removeEventListener("keydown", this.onKey)
  }

  // ---- what comes from the server

  show(data) {
    const opened = data.scope !== this.scope
    const free = !document.activeElement?.matches(WRITING)
    this.data = data
    this.memory ??= new Memory(data.namespace)
    this.deeds ??= new Deeds(this.memory, sent => this.tell("sent", sent))
    if (this.deeds.hear(data)) this.recounted()
    if (data.refused.length) this.refused = data.refused.at(-1).sentence
    if (opened) this.begin(data)
    if (data.go && data.go.turn > this.gone) Object.assign(this, { gone: data.go.turn, step: data.go.step })
    this.take(data)
    this.draw()
    if (!data.finished) this.keep() // the order in which photos came is that of a reload, too
    this.deeds.outbox.send()
    if (this.print !== data.print) this.want()
    if (opened && free) this.enter()
  }

  // Whoever has chosen a session looks at its photos now: the keys are theirs.
  enter() {
    document.activeElement?.blur?.()
    this.wall.focus()
  }

  begin({ scope, step, go }) {
    const known = this.memory.read(`review.place.${scope}`) ?? {}
    this.history = this.memory.read("review.history") ?? 0
    this.line.end()
    this.lines.toast("")
    Object.assign(this, { scope, print: null, standing: new Standing(), places: known.places ?? {}, gone: go?.turn ?? 0 })
    this.deeds.begin(scope, this.standing, known.history === this.history ? known.done : [])
    Object.assign(this.bar, { held: null, stands: null })
    this.step = step || known.step || BLINK
    if (known.order && known.step === this.step) this.standing.places.set(this.step, new Map(known.order.map((id, index) => [id, index])))
    if (this.step === HAND_OFF && step !== HAND_OFF) this.tell("step", HAND_OFF)
    this.wall.step = null
    this.large.shut()
  }

  take(data) {
    const { standing } = this
    this.bar.mark(data.own)
    standing.rule = { threshold: this.bar.threshold(data.threshold), doubt: data.doubt, counts_as: data.counts_as }
    standing.decisions = this.deeds.over(data.decisions)
    if (data.photos) {
      this.print = data.print
      standing.take(data.photos)
      standing.bursts = data.bursts.map(burst => burst.map(index => standing.photos[index].id))
    } else standing.regroup()
    standing.sample = data.sample
  }

  // Drawn again by the page without its photos: they are asked for.
  want() {
    if (performance.now() - this.asked < PATIENCE) return
    this.asked = performance.now()
    this.tell("wanted", true)
  }

  tick() {
    if (!this.data) return
    this.deeds.outbox.send()
    if (this.print !== this.data.print) this.want()
    this.paintWords()
  }

  // ---- paint

  stretch() {
    if (this.step === HAND_OFF) this.frame.style.height = "auto"
    else stretched(this.frame, this.data?.below ?? 0)
  }

  draw() {
    const { step, standing } = this
    this.frame.classList.toggle("handing", step === HAND_OFF)
    this.frame.dataset.scope = this.scope
    this.bar.paint(standing, step)
    this.stretch()
    if (step === HAND_OFF) return this.paintWords()
    const sections = standing.sections(step, !this.data.finished)
    const none = !sections.some(section => section.photos.length)
    this.find(".scroll").hidden = none
    this.find(".nothing").hidden = !none
    if (none) this.paintNothing()
    this.wall.show({ step, look: LOOK[step], sections, wanted: this.places[step], shape: usual(standing.photos) })
    this.paintLead()
    this.paintWords()
    this.large.paint()
    if (this.compare.open) this.compare.paint()
  }

  paintNothing() {
    const { own } = this.data
    const hidden = this.step === BLINK && own && this.standing.rule.threshold > own && this.standing.suggestedAt(own)
    this.find(".nothing p").textContent = empty(this.step, this.standing, this.data)
    this.find(".nothing .back").hidden = !hidden
    if (hidden) this.find(".nothing .back").textContent = `Back to ${worded(own)}`
  }

  // Only words and marks: what a decision changes.
  mark() {
    this.bar.paint(this.standing, this.step)
    this.wall.refresh()
    this.paintLead()
    this.paintWords()
    this.large.paint()
    if (this.compare.open) this.compare.paint()
  }

  paintLead() {
    if (this.step !== HAND_OFF && this.data) this.lines.lead(this.step, this.standing, this.data, { unseen: this.unseen().length, blank: this.blank().length })
  }

  paintWords() { this.lines.words(this.deeds.unsaved, this.refused) }

  // ---- place; the loupe uses photos, at, go and leave as well

  get photos() { return this.wall.photos }

  get at() { return this.wall.at }

  go(index) { this.wall.go(index, { focus: !this.large.open }) }

  moved() {
    this.places[this.step] = this.wall.photo.id
    this.keep()
    this.paintLead()
  }

  keep() {
    const { scope, step, places, deeds, history } = this
    const order = this.standing.places.get(step)?.keys()
    this.memory.write(`review.place.${scope}`, { step, places, done: deeds.done, history, order: order ? [...order] : null })
  }

  // What was done is named by other numbers now: what other sessions remember of it is no longer taken back.
  recounted() {
    this.history = (this.memory.read("review.history") ?? 0) + 1
    this.memory.write("review.history", this.history)
    if (this.scope) this.keep()
  }

  choose(each) {
    if (each === this.step) return
    const handing = this.step === HAND_OFF
    this.step = each
    this.standing.places.delete(each)
    this.line.end()
    this.keep()
    this.draw()
    if (each === HAND_OFF) this.handOff()
    else if (handing) this.tell("step", "")
    this.wall.focus()
  }

  // What is on its way is sent first: the page then knows whether the review is complete.
  handOff() {
    document.activeElement?.blur?.()
    this.deeds.outbox.send()
    this.tell("step", HAND_OFF)
  }

  open() { this.large.show() }

  get busy() {
    return this.help.open || this.large.open || this.compare.open || Boolean(document.querySelector('[data-testid="stDialog"]'))
  }

  beside() {
    if (this.wall.photo && !this.compare.burstOf(this.wall.photo)) this.lines.toast("This photo belongs to no burst")
  }

  // ---- decisions

  regroup(threshold) {
    this.standing.rule = { ...this.standing.rule, threshold }
    this.standing.regroup()
    this.draw()
  }

  // A move of the threshold is taken back like a decision; it has no number, for the server keeps none.
  slid(before) {
    const { deeds } = this
    deeds.done = [...deeds.done.slice(1 - KEPT_UNDO), { threshold: before, step: this.step, seq: -1, photos: [] }]
    this.keep()
  }

  sort() {
    this.standing.places.delete(this.step)
    this.keep()
    this.draw()
    this.wall.focus()
    if (this.photos.length) this.wall.reveal()
  }

  // To the suspected photos that count as something else.
  seeExcepted() {
    const [photo] = this.standing.excepted(this.step)[0][1]
    this.choose(photo.model)
    const index = this.wall.indexOf(photo.id)
    if (index >= 0) this.go(index)
  }

  decide(photo, group) {
    if (photo) this.put(this.step === CHECK && this.standing.sample.includes(photo.id) ? "audit" : "move", [photo.id], group)
  }

  put(kind, photos, group) {
    const gesture = this.deeds.put({ kind, photos, group }, this.step)
    this.keep()
    this.lines.toast(told(gesture, this.standing))
    this.mark()
  }

  undo() {
    const last = this.deeds.done.at(-1)
    if (last?.threshold) return this.slideBack(last)
    const gesture = this.deeds.undo()
    if (!gesture) return this.lines.toast("Nothing to take back")
    this.keep()
    if (this.compare.open) return this.mark()
    if (gesture.step !== this.step && !this.large.open) this.choose(gesture.step)
    this.mark()
    const index = this.wall.indexOf(gesture.photos[0])
    if (index >= 0) this.go(index)
    this.lines.toast(gesture.photos.length === 1 ? "Taken back" : `Taken back for ${gesture.photos.length} photos`)
  }

  slideBack({ threshold }) {
    this.deeds.done = this.deeds.done.slice(0, -1)
    this.keep()
    this.bar.move(threshold, { back: true })
    this.lines.toast(`Threshold back at ${worded(threshold)}`)
  }

  // What nobody decided on, of what the wall shows.
  undecided() {
    if (![BLINK, CANT_TELL, CHECK].includes(this.step)) return []
    return this.standing.open(this.step).filter(photo => this.wall.indexOf(photo.id) >= 0)
  }

  unseen() { return this.undecided().filter(({ id }) => !this.wall.seen.has(id) && !this.wall.blank.has(id)) }

  blank() { return this.undecided().filter(({ id }) => this.wall.blank.has(id)) }

  // Enter: what was not on the screen yet is shown first, then the rest is accepted, then the next step begins.
  next() {
    this.paintLead()
    const { act, to } = this.lines.act
    if (act === "go") return this.choose(to)
    if (act === "page") return this.page()
    if (this.step === CHECK) return this.put("audit", this.rest(), KEEP)
    this.finish("accept", this.step)
  }

  // The other answer for the rest of a step, one gesture as well.
  keepRest() {
    if (this.step !== BLINK && this.step !== CANT_TELL) return
    this.paintLead()
    const { act } = this.lines.act
    if (act === "page") this.page()
    if (act === "accept") this.finish("move", KEEP)
  }

  rest() { return this.standing.open(this.step).filter(photo => this.wall.seen.has(photo.id)).map(photo => photo.id) }

  finish(kind, group) {
    const after = following(this.step, this.standing)
    this.put(kind, this.rest(), group)
    this.choose(this.blank().length ? this.step : after)
  }

  page() {
    const index = this.wall.indexOf(this.unseen()[0].id)
    this.find(".scroll").scrollTop = Math.floor(index / this.wall.columns) * (this.wall.row + GAP)
    this.wall.see()
    this.go(index)
    this.paintLead()
  }

  say(group) {
    if (!this.photos.length) return
    if (!this.wall.visible()) {
      this.wall.reveal()
      return this.lines.toast("Here it is: press the key again")
    }
    this.line.judge(() => {
      this.decide(this.wall.photo, group)
      if (this.at < this.photos.length - 1) this.go(this.at + 1)
    })
  }
}

const reviews = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const review = reviews.get(parentElement) ?? new Review(parentElement)
  reviews.set(parentElement, review)
  review.tell = (name, value) => setTriggerValue(name, value)
  review.show(data[0])
  return () => {
    review.close()
    reviews.delete(parentElement)
  }
}
