// Buttons over the cells of a matrix that is drawn below them: what they are called comes as data.

class Cells {
  constructor(parent) {
    this.box = parent.querySelector(".matrix")
    this.tell = () => {}
    this.buttons = new Map()
  }

  show({ cells, chosen, high }) {
    this.box.style.setProperty("--high", `${high}px`)
    for (const { name, says } of cells) {
      const button = this.button(name)
      button.title = says
      button.setAttribute("aria-label", says)
      button.setAttribute("aria-pressed", name === chosen)
    }
  }

  button(name) {
    if (!this.buttons.has(name)) {
      const made = document.createElement("button")
      Object.assign(made, { type: "button", onclick: () => this.tell(name) })
      this.box.append(made)
      this.buttons.set(name, made)
    }
    return this.buttons.get(name)
  }
}

const matrices = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const matrix = matrices.get(parentElement) ?? new Cells(parentElement)
  matrices.set(parentElement, matrix)
  matrix.tell = name => setTriggerValue("cell", name)
  matrix.show(data)
  return () => matrices.delete(parentElement)
}
