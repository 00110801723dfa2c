// What outlives a reload of the page, by catalogue and labeller; for as long as the tab is open.

const unkept = new Map() // stands in where the browser keeps nothing, or no more

class Memory {
  constructor(namespace) { this.prefix = `eyespy.label.${namespace}.` }

  read(name) {
    try {
      const kept = sessionStorage.getItem(this.prefix + name)
      if (kept) return JSON.parse(kept)
    } catch { /* as if nothing was kept */ }
    return unkept.get(this.prefix + name)
  }

  write(name, value) {
    unkept.delete(this.prefix + name)
    try {
      sessionStorage.setItem(this.prefix + name, JSON.stringify(value))
    } catch {
      unkept.set(this.prefix + name, value)
    }
  }
}
