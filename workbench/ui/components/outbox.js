// Operations on their way: numbered by client, kept over a reload, sent until the server says that it holds them.

const AGAIN = 1500

class Outbox {
  constructor(memory) {
    Object.assign(this, { memory, client: null, turn: 0, heard: 0, sentAt: -Infinity })
    this.boxes = memory.read("boxes") ?? [] // of clients before, too: what they still hold is sent under their names
    this.deliver = () => {}
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
    for (const box of this.boxes) if (box.client in acks) acknowledge(box, acks[box.client])
    const dropped = refused.flatMap(each => this.refuse(each, client))
    this.boxes = this.boxes.filter(box => box.operations.length || box.client === this.client)
    this.heard = Math.max(this.heard, Math.min(turn, this.turn))
    this.keep()
    return dropped
  }

  refuse({ client, seq }, issued) {
    const box = this.find(client)
    if (!box) return []
    if (seq) return withdraw(box, seq)
    const { operations } = box
    this.boxes = this.boxes.filter(each => each !== box)
    if (client === this.client) this.client = null
    this.open(issued, 0)
    if (client === issued) return operations
    this.add(operations) // the catalogue does not know that client: its answers go under the new one
    return []
  }

  keep() { this.memory.write("boxes", this.boxes) }
}

// The server holds everything up to `held`; what follows counts on from there, also where it came from a backup.
function acknowledge(box, held) {
  box.operations = box.operations.filter(each => each.seq > held)
  if (box.operations.length && box.operations[0].seq > held + 1) number(box, held)
}

function withdraw(box, seq) {
  const dropped = box.operations.filter(each => each.seq === seq)
  box.operations = box.operations.filter(each => each.seq !== seq)
  number(box, seq - 1)
  return dropped
}

function number(box, last) {
  box.last = last
  for (const each of box.operations) each.seq = ++box.last
}
