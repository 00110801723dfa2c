// The loupe on the page itself: the same photos, one at a time, over the rest of the window.

class Single {
  constructor(parent) {
    this.root = parent.querySelector(".loupe")
    Object.assign(this, { photos: [], at: 0, scope: null, below: 0 })
    this.tell = () => {}
    this.loupe = new Loupe(this.root, this)
    this.onKey = event => this.press(event)
    this.onResize = () => this.stretch()
    document.addEventListener("keydown", this.onKey)
    this.onKeyUp = event => this.loupe.letGo(event)
    document.addEventListener("keyup", this.onKeyUp)
    addEventListener("resize", this.onResize)
    this.settle = new ResizeObserver(this.onResize)
    this.settle.observe(parent.host?.closest?.('[data-testid="stMainBlockContainer"]') ?? document.body)
  }

  // The place outlives a new run of the page; `at` counts only where something else is shown than before.
  show({ photos, scope, at, below }) {
    const here = this.photos[this.at]?.id
    const again = scope === this.scope ? photos.findIndex(photo => photo.id === here) : -1
    const opened = scope !== this.scope
    Object.assign(this, { photos, scope, below, at: again < 0 ? clamp(at, 0, Math.max(0, photos.length - 1)) : again })
    this.stretch()
    if (opened) this.loupe.open()
    else this.loupe.paint()
  }

  go(index) {
    this.at = index
    this.tell(this.photos[index].id)
  }

  stretch() { stretched(this.root, this.below) }

  press(event) {
    const ours = event.composedPath()[0] === document.body || event.composedPath().includes(this.root)
    if (ours && !event.defaultPrevented && this.loupe.press(event)) event.preventDefault()
  }

  close() {
    this.loupe.end()
    this.settle.disconnect()
    removeEventListener("resize", this.onResize)
    document.removeEventListener("keydown", this.onKey)
    document.removeEventListener("keyup", this.onKeyUp)
  }
}

const singles = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const single = singles.get(parentElement) ?? new Single(parentElement)
  singles.set(parentElement, single)
  single.tell = data.reports ? later(id => setStateValue("photo", id)) : () => {}
  single.show(data)
  return () => {
    single.close()
    singles.delete(parentElement)
  }
}
