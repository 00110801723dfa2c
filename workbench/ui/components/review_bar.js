// The steps above the photos, each with its count, and the threshold that regroups them at once.

const LET_GO = 350 // after the last move of the threshold it is stored

class Bar {
  // `hooks`: chosen(step), began(threshold before) at the first move, regrouped(threshold) at every move,
  // stored(threshold) when it is let go. `own` is the model's threshold, marked where it is known.
  constructor(find, hooks) {
    Object.assign(this, { find, hooks, box: find(".steps"), input: find(".threshold input"), said: null, waiting: 0, held: null, stands: null, own: null })
    this.input.addEventListener("input", () => this.moved(Number(share(Number(this.input.value)).toFixed(4))))
    this.input.addEventListener("dblclick", () => { if (this.own) this.move(this.own) })
    this.input.addEventListener("pointerup", () => setTimeout(() => { this.input.blur(); hooks.released() }))
  }

  // At the first of many moves the one before is told, so that all of them are taken back at once.
  moved(value) {
    if (!this.waiting && this.stands !== null) this.hooks.began(this.stands)
    this.held = this.stands = value
    this.words(value)
    this.hooks.regrouped(value)
    clearTimeout(this.waiting)
    this.waiting = setTimeout(() => this.store(), LET_GO)
  }

  store() {
    clearTimeout(this.waiting)
    this.waiting = 0
    this.hooks.stored(this.stands)
  }

  // Goes to a threshold at once; to one that is taken back without being a move itself.
  move(value, { back = false } = {}) {
    if (this.waiting) this.store()
    this.input.value = logit(value)
    if (back) this.waiting = -1
    this.moved(value)
    this.store()
  }

  mark(own) {
    this.own = own
    const tick = this.find(".track .own")
    tick.hidden = !own
    if (!own) return
    const { min, max } = this.input
    tick.style.setProperty("--at", clamp((logit(own) - min) / (max - min), 0, 1))
    this.find(".threshold").title = `How likely a blink must be to be suggested; photos a little below stand under Can’t tell. The model’s own is ${worded(own)}: a double click goes back to it`
  }

  // The threshold that the server holds, unless another one is on its way there.
  threshold(value) {
    if (this.held !== null && Math.abs(this.held - value) > 1e-6) return this.held
    this.held = null
    this.stands = value
    this.input.value = logit(value)
    this.words(value)
    return value
  }

  words(value) {
    this.find(".threshold output").textContent = worded(value)
    this.input.setAttribute("aria-valuetext", worded(value))
  }

  paint(standing, chosen) {
    const said = STEPS.map(each => (each === HAND_OFF ? { done: false } : { number: standing.number(each), done: this.done(standing, each) }))
    const all = JSON.stringify([said, chosen])
    if (all === this.said) return
    this.said = all
    if (!this.box.childElementCount) this.box.append(...STEPS.map((each, index) => this.button(each, index + 1)))
    STEPS.forEach((each, index) => this.write(this.box.children[index], said[index], each === chosen))
  }

  done(standing, each) {
    const asked = each === BLINK || each === CANT_TELL || each === CHECK
    return asked && standing.number(each) + standing.photos.filter(photo => photo.model === each).length > 0 && !standing.open(each).length
  }

  button(each, key) {
    const made = element("button")
    made.type = "button"
    made.dataset.step = each
    made.append(element("span", "named", NAMED[each]), element("b"), element("i", "tickmark"), element("kbd", "", key))
    made.onclick = () => this.hooks.chosen(each)
    return made
  }

  write(made, { number, done }, pressed) {
    made.setAttribute("aria-pressed", pressed)
    made.querySelector("b").textContent = number ?? ""
    made.querySelector(".tickmark").replaceChildren(...(done ? [shape(KEEP)] : []))
    made.title = done ? "Looked through" : ""
  }
}
