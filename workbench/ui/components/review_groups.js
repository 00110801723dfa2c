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

// A sign that is only a guess says so.
const SIGNED = { "closed on purpose": "perhaps closed on purpose" }
const signed = sign => SIGNED[sign] ?? sign

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

// The best-eyed frame of a burst that is no blink; none where all are.
const bestOf = burst => burst.find(photo => photo.mark !== BLINK)

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
    photo.by = photo.model === groupOf(photo, { ...this.rule, counts_as: {} }) ? "" : photo.sign // an exception moved it
    photo.mark = decided?.group ?? photo.model
    photo.decided = decided ?? null
    const said = photo.mark === BLINK && photo.p !== null && !decided
    photo.label = said ? `${NAMED[BLINK]} ${percent(photo.p)}` : NAMED[photo.mark]
    if (decided) photo.label += decided.kind === "accept" ? " · accepted" : " · you"
    else if (photo.by) photo.label += ` · ${signed(photo.by)}`
    const reason = photo.obstacle || (photo.by ? "suspected" : REASONS[photo.model])
    const likely = said || photo.p === null ? "" : `blink ${percent(photo.p)} likely` // the label tells it where it is one
    photo.note = [reason, photo.sign && signed(photo.sign), likely].filter(Boolean).join(" · ")
  }

  decide(id, decision) {
    if (decision) this.decisions.set(id, decision)
    else this.decisions.delete(id)
    const photo = this.known.get(id)
    if (photo) this.judge(photo)
  }

  // Suspected photos that a step lacks because a sign counts as something else: [sign, photos].
  excepted(step) {
    if (step !== BLINK) return []
    const moved = this.photos.filter(photo => photo.by && !photo.decided && photo.model !== BLINK)
    return [...new Set(moved.map(photo => photo.by))].map(sign => [sign, moved.filter(photo => photo.by === sign)])
  }

  // How many the model itself would suggest at a threshold.
  suggestedAt(threshold) { return this.photos.filter(photo => groupOf(photo, { ...this.rule, threshold }) === BLINK).length }

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
  // in place. What came while the photos were looked at (`arriving`) lies in the order in which it came, until the step
  // is left or sorting is asked for: nothing moves under the eye.
  sections(step, arriving) {
    if (step === BURSTS) return this.bursts.map(burst => ({ burst: true, photos: burst.map(id => this.known.get(id)).filter(Boolean) }))
    if (step === CHECK) return [{ photos: this.checked() }]
    const found = this.photos.filter(photo => photo.model === step || photo.mark === step)
    const order = arriving || this.places.has(step) ? this.added(step, found) : sorted(step, found)
    return step === KEEP ? bySign(order) : [{ photos: order }]
  }

  // Whether a step lies in the order of arrival, and would lie otherwise.
  unsorted(step) {
    if (!this.places.has(step) || step === KEEP) return false
    const order = this.sections(step, false)[0].photos
    return sorted(step, order).some((photo, index) => photo !== order[index])
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

const sorted = (step, photos) => (step === KEEP ? photos : [...photos].sort(bySureness))

// Suspected photos that stand as keepers by an exception come first, each sign under its own heading.
function bySign(photos) {
  const kept = photo => (photo.model === KEEP ? photo.by : "")
  const signs = [...new Set(photos.map(kept).filter(Boolean))]
  if (!signs.length) return [{ photos }]
  const moved = signs.map(sign => photos.filter(photo => kept(photo) === sign))
  const headed = signs.map((sign, index) => ({ heading: `Kept because ${signed(sign)}`, photos: moved[index] }))
  return [...headed, { heading: "Eyes open", photos: photos.filter(photo => !kept(photo)) }].filter(section => section.photos.length)
}
