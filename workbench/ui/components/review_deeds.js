// What was decided: sent until the server holds it, and taken back in the order in which it was said.

const SOON = 30
const KEPT_UNDO = 50

class Deeds {
  constructor(memory, deliver) {
    Object.assign(this, { memory, outbox: new Outbox(memory), done: [], scope: null, standing: null })
    this.outbox.deliver = sent => deliver(lean(sent))
    this.outbox.renumbered = (client, into, known) => this.rename(client, into, known)
  }

  get unsaved() { return this.outbox.unsaved }

  // Gives whether what can be taken back is another now.
  hear(data) {
    const before = this.done
    this.outbox.hear(data)
    return this.done !== before
  }

  // What is taken back is named by its number: that changes, or there is none any more.
  rename(client, into, known) {
    const renamed = this.done.map(each => (each.client === client ? { ...each, client: into.client, seq: known(each.seq) } : each))
    this.done = renamed.filter(each => each.seq)
    this.memory.write(`review.last.${into.client}`, into.last)
  }

  begin(scope, standing, done) { Object.assign(this, { scope, standing, done }) }

  // What stands: what the server holds, and over it what is still on its way there.
  over(held) {
    const decisions = new Map(held.map(([id, group, kind]) => [id, { group, kind }]))
    const waiting = this.outbox.boxes.flatMap(box => box.operations).filter(each => each.session === this.scope)
    for (const each of waiting) applied(each, (id, decision) => (decision ? decisions.set(id, decision) : decisions.delete(id)))
    return decisions
  }

  put(deed, step) {
    const { outbox, standing } = this
    const before = deed.photos.map(id => [id, standing.decisions.get(id) ?? null])
    const gesture = { ...deed, session: this.scope }
    this.send(outbox.client, gesture)
    const seq = outbox.find(outbox.client).last
    this.done = [...this.done.slice(1 - KEPT_UNDO), { client: outbox.client, seq, photos: deed.photos, before, step }]
    applied(gesture, (id, decision) => standing.decide(id, decision))
    return gesture
  }

  // Gives the gesture that was taken back; nothing where there is none.
  undo() {
    const gesture = this.done.at(-1)
    if (!gesture) return null
    this.done = this.done.slice(0, -1)
    const taken = { kind: "undo", undoes: gesture.seq, before: gesture.before, session: this.scope }
    this.send(gesture.client, taken)
    applied(taken, (id, decision) => this.standing.decide(id, decision))
    return gesture
  }

  // A gesture of the page as it was before a reload is taken back under that page's name: it alone may.
  send(client, gesture) {
    const { outbox, memory } = this
    if (client === outbox.client) outbox.add([gesture])
    else {
      if (!outbox.find(client)) outbox.boxes.push({ client, last: memory.read(`review.last.${client}`) ?? gesture.undoes, operations: [] })
      const box = outbox.find(client)
      box.operations.push({ ...gesture, seq: ++box.last })
      outbox.keep()
    }
    memory.write(`review.last.${client}`, outbox.find(client).last)
    clearTimeout(this.soon)
    this.soon = setTimeout(() => outbox.send(), SOON)
  }
}

// A gesture, as `set(id, decision or null)` for each of its photos.
function applied({ kind, photos, group, before }, set) {
  if (kind === "undo") for (const [id, decision] of before) set(id, decision)
  else for (const id of photos) set(id, { group, kind })
}

// What the server need not know stays here.
function lean({ turn, boxes }) {
  return { turn, boxes: boxes.map(({ client, operations }) => ({ client, operations: operations.map(({ before, ...rest }) => rest) })) }
}
