// One sitting at a queue: the photos so far, the place, and what was said; the list grows and never loses a photo.

const NEAR = 200 // photos ahead below which more are asked for
const DONE = 50 // gestures that can be taken back by key
const OVERLAP = 50 // others may label as well: what they took out of the queue shifts the rest

class Sitting {
  constructor(memory, { scope, shifts, seeks }) {
    Object.assign(this, { memory, scope, shifts, seeks, opened: false, whole: false, total: 0 })
    const list = memory.read("list")
    const place = memory.read("place")
    this.photos = list?.scope === scope ? list.photos : []
    this.done = place?.scope === scope ? place.done : []
    this.wanted = place?.scope === scope ? place.photo : null
    this.at = Math.max(0, this.indexOf(this.wanted))
    this.keepList = () => memory.write("list", { scope: this.scope, photos: this.photos })
  }

  get photo() { return this.photos[this.at] }

  indexOf(id) { return this.photos.findIndex(photo => photo.id === id) }

  // A stretch of the queue, from the server. True when the sitting has its place only now.
  take({ photos, length, whole }) {
    const known = new Map(this.photos.map(photo => [photo.id, photo]))
    for (const photo of photos) {
      const old = known.get(photo.id)
      if (old) Object.assign(old, photo, old.mine ? { value: old.value } : {})
      else this.photos.push(photo)
    }
    this.whole = whole
    const gone = this.shifts ? this.photos.filter(photo => photo.mine).length : 0
    this.total = whole ? this.photos.length : Math.max(this.photos.length, length + gone)
    this.keepList()
    if (this.opened || !this.photos.length) return false
    this.opened = true
    this.at = this.first()
    return true
  }

  // Where a sitting goes on, or begins: with what has no label yet, where the queue is not about labels.
  first() {
    const wanted = this.indexOf(this.wanted)
    if (wanted >= 0 || !this.seeks) return Math.max(0, wanted)
    const unlabelled = this.photos.findIndex(photo => !photo.value)
    return unlabelled >= 0 ? unlabelled : this.whole ? 0 : this.photos.length - 1
  }

  // Where the next stretch begins, as the server counts; null when enough is here beyond `at`.
  next(at) {
    if (this.whole || this.photos.length - at > NEAR) return null
    const left = this.shifts ? this.photos.filter(photo => !photo.mine).length : this.photos.length
    return Math.max(0, left - OVERLAP)
  }

  go(index) {
    this.at = index
    this.keepPlace()
  }

  // ---- answers

  say(photos, valueOf) {
    const before = photos.map(({ id, value, mine }) => ({ id, value: value ?? null, mine: Boolean(mine) }))
    for (const photo of photos) Object.assign(photo, { value: valueOf(photo), mine: true })
    this.done = [...this.done.slice(1 - DONE), { before, value: photos.length === 1 ? photos[0].value : "" }]
    this.keepPlace()
  }

  // Takes a gesture out of what was done; gives the photos that it was about, as they were.
  revert(gesture) {
    this.done = this.done.filter(each => each !== gesture)
    for (const was of gesture.before) this.stands(was.id, was.value, was.mine)
    this.keepPlace()
    return gesture.before
  }

  // What stands for a photo now, said elsewhere; the keys take nothing of it back any more.
  corrected(id, value) {
    this.stands(id, value, true)
    this.done = this.done.filter(gesture => !gesture.before.some(was => was.id === id))
    this.keepPlace()
  }

  stands(id, value, mine) {
    const photo = this.photos[this.indexOf(id)]
    if (photo) Object.assign(photo, { value, mine })
  }

  single(id) { return this.done.findLast(gesture => gesture.before.length === 1 && gesture.before[0].id === id) }

  keepPlace() {
    this.memory.write("place", { scope: this.scope, photo: this.photo?.id ?? null, done: this.done })
  }
}
