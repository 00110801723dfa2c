// The keys of the review; those of the loupe and of the frames side by side are their own.

const OF_KEY = { k: KEEP, b: BLINK, t: CANT_TELL }
const TYPED = "input, textarea, select, [contenteditable], [role=combobox], [role=option]:not(.tile), [role=slider]"

function pressed(review, event) {
  const path = event.composedPath()
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !review.data) return
  if (review.busy || path[0].matches?.(TYPED)) return
  const number = Number(event.key)
  if (event.key.length === 1 && number >= 1 && number <= STEPS.length) {
    review.choose(STEPS[number - 1])
    return event.preventDefault()
  }
  const ours = path[0] === document.body || path.includes(review.frame)
  if (!ours || review.step === HAND_OFF) return
  if (path[0].matches?.("button") && [" ", "Enter"].includes(event.key)) return
  // While a key waits for its picture, those after it wait in line.
  if (review.line.busy) {
    review.line.add(() => commanded(review, event) || review.wall.move(event))
    return event.preventDefault()
  }
  if (commanded(review, event) || review.wall.move(event)) event.preventDefault()
}

const MOMENT = 20
const PATIENT = 2000

// Keys in the order in which they were pressed. One that judges a picture which is still on its way waits for it a
// moment; then it is refused, with those behind it.
class KeyLine {
  constructor(ready, refused) { Object.assign(this, { ready, refused, waiting: [], soon: 0 }) }

  get busy() { return Boolean(this.soon) }

  add(act) { this.waiting.push(act) }

  // Does `act` now, or when its picture is there.
  judge(act) {
    if (this.ready()) return act()
    this.waiting.unshift(act)
    this.until = performance.now() + PATIENT
    this.soon = setTimeout(() => this.look(), MOMENT)
  }

  look() {
    if (!this.ready()) {
      if (performance.now() < this.until) this.soon = setTimeout(() => this.look(), MOMENT)
      else this.end(), this.refused()
      return
    }
    this.soon = 0
    while (this.waiting.length && !this.soon) this.waiting.shift()()
  }

  end() {
    clearTimeout(this.soon)
    Object.assign(this, { soon: 0, waiting: [] })
  }
}

function commanded(review, event) {
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const name = event.shiftKey && letter === "k" ? "K" : letter
  const act = {
    Enter: () => (review.step === BURSTS && review.photos.length ? review.beside() : review.next()),
    K: () => review.keepRest(),
    s: () => review.sort(),
    c: () => review.beside(),
    o: () => review.open(),
    u: () => review.undo(),
    "?": () => review.help.showModal(),
    "+": () => review.wall.resize(40),
    "=": () => review.wall.resize(40),
    "-": () => review.wall.resize(-40),
    ...(name in OF_KEY ? { [name]: () => review.say(OF_KEY[name]) } : {}),
  }[name]
  // A key that is held down says nothing of what comes next.
  if (act && (!event.repeat || "+=-".includes(name))) act()
  return Boolean(act)
}
