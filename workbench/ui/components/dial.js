// A threshold between 0 and 1 on the scale on which evidence adds up (log-odds): the ends have as much room as the
// middle. Every move is told at once, one message at a time, the last one surely.

const LOST = 1500
const THUMB = 16

class Dial {
  constructor(parent) {
    this.frame = parent.querySelector(".dial")
    this.input = parent.querySelector("input")
    this.used = parent.querySelector(".used")
    Object.assign(this, { turn: 0, sentAt: -Infinity, heard: 0, waiting: false, value: 0.5, stored: null })
    this.tell = () => {}
    this.input.addEventListener("input", () => this.turnTo(share(Number(this.input.value))))
    this.watch = new ResizeObserver(() => this.mark())
    this.watch.observe(this.input)
  }

  show({ value, stored, turn, said }) {
    // A server that was started again counts from the beginning, and so does the dial.
    if (turn < this.heard && !this.waiting) this.turn = this.heard = turn
    this.heard = Math.max(this.heard, turn)
    this.stored = stored
    if (this.turn <= turn && !this.waiting) {
      this.turn = turn
      this.value = value
      this.input.value = logit(value)
    }
    this.paint(said)
    if (this.waiting) this.send()
  }

  turnTo(value) {
    this.value = Number(value.toFixed(4))
    this.waiting = true
    this.paint()
    this.send()
  }

  send() {
    const now = performance.now()
    if (this.turn > this.heard && now - this.sentAt < LOST) return
    this.sentAt = now
    this.waiting = false
    this.tell({ turn: ++this.turn, value: this.value })
  }

  paint(said) {
    this.frame.querySelector(".value").textContent = worded(this.value)
    this.input.setAttribute("aria-valuetext", said ? `${worded(this.value)}. ${said}` : worded(this.value))
    this.mark()
  }

  mark() {
    const { offsetLeft, offsetWidth, min, max } = this.input
    this.used.hidden = this.stored === null
    if (this.stored === null) return
    const at = (logit(this.stored) - Number(min)) / (Number(max) - Number(min))
    this.used.title = `In use: ${worded(this.stored)}`
    this.used.style.left = `${offsetLeft + THUMB / 2 + Math.min(1, Math.max(0, at)) * (offsetWidth - THUMB) - 1}px`
  }

  close() { this.watch.disconnect() }
}

const dials = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const dial = dials.get(parentElement) ?? new Dial(parentElement)
  dials.set(parentElement, dial)
  dial.tell = moved => setTriggerValue("moved", moved)
  dial.show(data)
  return () => {
    dial.close()
    dials.delete(parentElement)
  }
}
