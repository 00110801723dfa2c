// Operations on their way: numbered by client, kept over a reload, sent until the server says that it holds them.

const AGAIN = 1500

class Outbox {
  constructor(memory) {
    Object.assign(this, { memory, client: null, turn: 0, heard: 0, sentAt: -Infinity, recounted: new Map() })
    this.boxes = memory.read("boxes") ?? [] // of clients before, too: what they still hold is sent under their names
    this.deliver = () => {}
    this.renumbered = () => {} // hears of every recount
  }

  get unsaved() { return this.boxes.reduce((sum, box) => sum + box.operations.length, 0) }

  find(client) { return this.boxes.find(box => box.client === client) }

  // A page keeps the client that it was given first, also when the server has begun anew. A page that was loaded again
  // has a client of its own, so that two tabs of one history never use a number twice.
  open(client, last) {
    this.client ??= client
    if (!this.find(this.client)) this.boxes.push({ client: this.client, last: 0, operations: [] })
    if (client === this.client) this.find(client).last = Math.max(this.find(client).last, last)
  }

  add(operations) {
    const box = this.find(this.client)
    for (const each of operations) box.operations.push({ ...each, seq: ++box.last })
    this.keep()
  }

  // Everything that is not acknowledged; one message at a time is on its way.
  send() {
    const now = performance.now()
    if (!this.unsaved || (this.turn !== this.heard && now - this.sentAt < AGAIN)) return
    this.sentAt = now
    const waiting = this.boxes.filter(box => box.operations.length)
    this.deliver({ turn: ++this.turn, boxes: waiting.map(({ client, operations }) => ({ client, operations })) })
  }

  // Gives what was refused: those operations are not sent again.
  hear({ client, acks, turn, refused }) {
    this.open(client, acks[client] ?? 0)
    for (const box of this.boxes) if (box.client in acks) this.acknowledge(box, acks[box.client])
    const dropped = refused.flatMap(each => this.refuse(each, client, turn))
    this.boxes = this.boxes.filter(box => box.operations.length || box.client === this.client)
    this.heard = Math.max(this.heard, Math.min(turn, this.turn))
    this.keep()
    return dropped
  }

  // A message from before a recount is refused by numbers that mean others now: what it held is sent again.
  refuse({ client, seq }, issued, turn) {
    const box = this.find(client)
    if (!box || turn <= this.recounted.get(client)) return []
    if (seq) return this.recount(box, box.operations.filter(each => each.seq !== seq))
    if (client === issued) return this.recount(box, [])
    this.boxes = this.boxes.filter(each => each !== box)
    if (client === this.client) this.client = null
    this.open(issued, 0)
    return this.recount(box, box.operations, this.find(issued)) // the catalogue does not know that client
  }

  // The server holds everything up to `held`; what follows counts on from there, also where it came from a backup.
  acknowledge(box, held) {
    box.operations = box.operations.filter(each => each.seq > held)
    if (box.operations.length && box.operations[0].seq > held + 1) this.recount(box, box.operations, box, held)
  }

  // Of what waits in a box, `kept` counts on from `held`, or at the end of another box. An undo names its operation by
  // the new number, and goes where that one is gone. Gives what is gone.
  recount(box, kept, into = box, held = (box.operations[0]?.seq ?? box.last + 1) - 1) {
    const waiting = box.operations
    const numbers = new Map(waiting.map(each => [each.seq, 0]))
    const known = seq => numbers.get(seq) ?? (into === box && seq <= held ? seq : 0) // 0: there is none
    box.operations = []
    if (into === box) box.last = held
    const gone = waiting.filter(each => {
      if (!kept.includes(each) || (each.undoes && !known(each.undoes))) return true
      into.operations.push({ ...each, seq: ++into.last, ...(each.undoes ? { undoes: known(each.undoes) } : {}) })
      numbers.set(each.seq, into.last)
      return false
    })
    this.recounted.set(into.client, this.turn)
    this.renumbered(box.client, into, known)
    return gone
  }

  keep() { this.memory.write("boxes", this.boxes) }
}
