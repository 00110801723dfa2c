// Which photo belongs where: plain values in, plain values out. The rule of a group is that of screening/screen.py.

const BLINK = "blink"
const CANT_TELL = "cant_tell"
const KEEP = "keep"
const BURSTS = "bursts"
const CHECK = "check"
const HAND_OFF = "handoff"
const STEPS = [BLINK, CANT_TELL, BURSTS, CHECK, KEEP, HAND_OFF]
const NAMED = { [BLINK]: "Blink", [CANT_TELL]: "Can’t tell", [KEEP]: "Keep", [BURSTS]: "Bursts", [CHECK]: "Check", [HAND_OFF]: "Hand off" }
const REASONS = { [BLINK]: "lids closed", [CANT_TELL]: "too uncertain", [KEEP]: "eyes open" }

// `rule`: threshold, doubt (the least share of its odds that is still in doubt), counts_as (sign → group).
function groupOf({ p, obstacle, sign }, { threshold, doubt, counts_as }) {
  if (obstacle || p === null) return CANT_TELL
  const doubtful = p * (1 - threshold) >= doubt * threshold * (1 - p)
  if (p < threshold && !doubtful) return KEEP
  if (sign && counts_as[sign]) return counts_as[sign]
  return p >= threshold ? BLINK : CANT_TELL
}

const percent = p => (p > 0.995 && p < 1 ? "> 99 %" : p > 0 && p < 0.005 ? "< 1 %" : `${Math.round(100 * p)} %`)

const counted = (number, one, more = `${one}s`) => `${number.toLocaleString("en-GB")} ${number === 1 ? one : more}`

// A photo as the tiles and the loupe show it, from the row that the server sends.
function unpacked([id, name, p, obstacle, sign, width, height, taken, face]) {
  return {
    id, name, p, obstacle, sign, width, taken, shape: width && height ? width / height : 0, short: Math.min(width, height),
    thumb: `/photo/320/${id}`, large: `/photo/1600/${id}`, zoom: `/zoom/${id}`, eyes: face ? `/eyes/${id}` : "",
  }
}

// The surest blink first; what has no probability last.
const bySureness = (a, b) => (b.p ?? -1) - (a.p ?? -1)

// What stands: photos, what the model and the photographer say of them, and the lists that follow from it.
class Standing {
  constructor() {
    Object.assign(this, { photos: [], known: new Map(), decisions: new Map(), bursts: [], sample: [], rule: null, places: new Map() })
  }

  take(rows) {
    this.photos = rows.map(unpacked)
    this.known = new Map(this.photos.map(photo => [photo.id, photo]))
    this.regroup()
  }

  // Says anew what each photo is: its group by the model, its group as it stands, and the words for both.
  regroup() {
    for (const photo of this.photos) this.judge(photo)
  }

  judge(photo) {
    const decided = this.decisions.get(photo.id)
    photo.model = groupOf(photo, this.rule)
    photo.mark = decided?.group ?? photo.model
    photo.decided = decided ?? null
    const said = photo.mark === BLINK && photo.p !== null && !decided
    photo.label = said ? `${NAMED[BLINK]} ${percent(photo.p)}` : NAMED[photo.mark]
    if (decided) photo.label += decided.kind === "accept" ? " · accepted" : " · you"
    const reason = photo.obstacle || REASONS[photo.model]
    photo.note = [reason, photo.sign, photo.p === null ? "" : `blink ${percent(photo.p)} likely`].filter(Boolean).join(" · ")
  }

  decide(id, decision) {
    if (decision) this.decisions.set(id, decision)
    else this.decisions.delete(id)
    const photo = this.known.get(id)
    if (photo) this.judge(photo)
  }

  count(group) { return this.photos.filter(photo => photo.mark === group).length }

  // What the photographer has not said anything of, of those that the step is about.
  open(step) {
    if (step === CHECK) return this.checked().filter(photo => !photo.decided)
    return this.photos.filter(photo => photo.model === step && !photo.decided)
  }

  get complete() { return !this.open(BLINK).length && !this.open(CANT_TELL).length }

  checked() { return this.sample.map(id => this.known.get(id)).filter(Boolean) }

  burstOf(photo) { return this.bursts.find(burst => burst.includes(photo.id))?.map(id => this.known.get(id)) ?? [] }

  // The photos of a step in sections: what the model or the photographer has put there. Whoever is moved away stays
  // in place; while `arriving` those that come are added at the end, so that nothing moves under the eye.
  sections(step, arriving) {
    if (step === BURSTS) return this.bursts.map(burst => ({ burst: true, photos: burst.map(id => this.known.get(id)).filter(Boolean) }))
    if (step === CHECK) return [{ photos: this.checked() }]
    const found = this.photos.filter(photo => photo.model === step || photo.mark === step)
    if (step !== KEEP) found.sort(bySureness)
    return [{ photos: arriving ? this.added(step, found) : found }]
  }

  added(step, found) {
    const before = this.places.get(step) ?? new Map()
    const kept = found.filter(photo => before.has(photo.id)).sort((a, b) => before.get(a.id) - before.get(b.id))
    const order = [...kept, ...found.filter(photo => !before.has(photo.id))]
    this.places.set(step, new Map(order.map((photo, index) => [photo.id, index])))
    return order
  }

  number(step) {
    if (step === BURSTS) return this.bursts.length
    return step === CHECK ? this.checked().length : this.count(step)
  }
}
