// What a step says above its photos, and where Enter leads.

const key = name => element("kbd", "", name)

// Words and keys in a row: text stays text, [x] becomes a key.
function sentence(text) {
  return text.split(/(\[[^\]]+\])/).filter(Boolean).map(part => (part.startsWith("[") ? key(part.slice(1, -1)) : document.createTextNode(part)))
}

const KEYS = "[K] keep  [B] blink  [T] can’t tell  [U] undo  [O] large"

const ARRIVING = "More photos arrive as they are looked at."

// What the step asks; keys are named after it.
function asks(step, standing, finished) {
  const open = standing.open(step).length
  const through = finished ? "Looked through." : "Looked through so far."
  if (step === BLINK) {
    const many = standing.photos.length >= 8 && 2 * standing.number(BLINK) > standing.photos.length
    if (many) return "More than half of the session is suggested. If these eyes are open, move the threshold up."
    return open ? "Which is not a blink?" : through
  }
  if (step === CANT_TELL) return open ? "The model cannot tell: you can." : through
  return "Alike, taken within seconds; the most open eyes first. [Enter] side by side"
}

function says(step, standing, data) {
  const { finished } = data
  if (step === CHECK) return standing.open(CHECK).length ? `Keepers picked at random: is one a blink? ${KEYS}` : data.audit
  if (step === KEEP) return `Nothing need be done here. ${finished ? "" : ARRIVING} [B] what is a blink after all  [K] keep  [T] can’t tell  [U] undo  [O] large`
  if (!standing.sections(step).some(section => section.photos.length)) return ""
  return `${asks(step, standing, finished)} ${finished ? "" : ARRIVING} ${KEYS}`
}

const EMPTY = {
  [BLINK]: "No blink was found.",
  [CANT_TELL]: "Nothing is in doubt.",
  [BURSTS]: "No bursts: no two photos are alike and taken within three seconds.",
  [CHECK]: "There is no keeper to check.",
  [KEEP]: "No photo stands as a keeper: all are suggested as blinks, or in doubt.",
}
const EMPTY_YET = {
  [BLINK]: "No blink so far.",
  [CANT_TELL]: "Nothing in doubt so far.",
  [BURSTS]: "Bursts are put together when all photos were looked at.",
  [CHECK]: "Random keepers are picked when all photos were looked at.",
  [KEEP]: "No keeper so far.",
}

// What stands where a step has no photo. A threshold that hides the model's own suggestions says so.
function empty(step, standing, { finished, own }) {
  const hidden = step === BLINK && own && standing.rule.threshold > own ? standing.suggestedAt(own) : 0
  if (hidden) return `None above ${worded(standing.rule.threshold)}; ${hidden} at the model’s ${worded(own)}.`
  return finished ? EMPTY[step] : `${EMPTY_YET[step]} ${ARRIVING}`
}

// Suspected photos that count as something else: “5 stand as laughing, 2 as looking down”; nothing where there are none.
function stands(excepted) {
  const [first, ...rest] = excepted.map(([sign, photos]) => [photos.length, signed(sign)])
  return first ? [`${first[0]} ${first[0] === 1 ? "stands" : "stand"} as ${first[1]}`, ...rest.map(([number, sign]) => `${number} as ${sign}`)].join(", ") : ""
}

// The step after this one that wants to be looked at; bursts do so until everything else was.
function following(step, standing) {
  const order = [BLINK, CANT_TELL, BURSTS, CHECK, HAND_OFF]
  const from = step === KEEP ? order.length - 2 : order.indexOf(step)
  const through = standing.complete && !standing.open(CHECK).length
  const wants = each => each === HAND_OFF || (each === BURSTS ? standing.number(BURSTS) && !through : standing.open(each).length)
  return order.slice(from + 1).find(wants)
}

const others = (open, all) => (open !== all ? `the other ${open === 1 ? "one" : open}` : open === 1 ? "it" : null)

// What the button beside the words says and does: { text, key, act, quiet }. Of the photos that nobody decided on,
// `unseen` were not on the screen yet, and `blank` could not be drawn: those are never accepted with the others.
function nextAct(step, standing, { unseen, blank }, finished) {
  const open = standing.open(step).length - blank
  const to = following(step, standing)
  const on = { text: to === HAND_OFF ? "Hand off" : `On to “${NAMED[to]}”`, act: "go", to }
  if (step === BURSTS || step === KEEP) return { ...on, key: String(STEPS.indexOf(to) + 1), quiet: step === KEEP && !standing.complete }
  if (!open) return { ...on, key: "Enter", quiet: !finished }
  if (unseen) return { text: `${unseen} not seen yet`, key: "Enter", act: "page", quiet: true }
  if (step === CHECK) return { text: open === standing.checked().length ? `All ${open} are open-eyed` : `The other ${open} are open-eyed`, key: "Enter", act: "accept" }
  const all = standing.photos.filter(photo => photo.model === step).length
  if (step === CANT_TELL) return { text: `Leave ${others(open, all) ?? `these ${open}`} undecided`, key: "Enter", act: "accept" }
  return { text: `Accept ${others(open, all) ?? `all ${open}`} as ${open === 1 ? "a blink" : "blinks"}`, key: "Enter", act: "accept" }
}

// The other answer for everything that is open: { text }, or nothing where there is none.
function keepRest(step, standing, act, blank) {
  if (act.act !== "accept" || step === CHECK) return null
  const open = standing.open(step).length - blank
  const all = standing.photos.filter(photo => photo.model === step).length
  return { text: `Keep ${others(open, all) ?? `all ${open}`}`, key: "⇧K" }
}

function told(gesture, standing) {
  const name = standing.known.get(gesture.photos[0])?.name.split("/").pop() ?? "A photo"
  const what = { [KEEP]: "a keeper", [BLINK]: "a blink", [CANT_TELL]: "can’t tell" }[gesture.group]
  if (gesture.photos.length === 1) return `${name}: ${what} · U takes it back`
  return `${gesture.photos.length} photos: ${gesture.group === KEEP ? "keepers" : gesture.group === BLINK ? "blinks" : "can’t tell"} · U takes it back`
}

const FADES = 6000

// The line above the photos with the button that Enter presses, and the short notes at the edges.
class Lines {
  constructor(find) { Object.assign(this, { find, act: null, led: "", last: "" }) }

  lead(step, standing, data, lacking) {
    const [act, words] = [nextAct(step, standing, lacking, data.finished), says(step, standing, data)]
    const rest = keepRest(step, standing, act, lacking.blank)
    const aside = stands(standing.excepted(step))
    const missing = lacking.blank ? `${counted(lacking.blank, "picture")} could not be drawn: decide on ${lacking.blank === 1 ? "it" : "each"} by key` : ""
    const unsorted = data.finished && standing.unsorted(step)
    const drawable = standing.photos.filter(photo => photo.model === KEEP).length
    const more = step === CHECK && data.finished && !standing.open(CHECK).length && standing.number(CHECK) < drawable
    const said = JSON.stringify([act, words, more, rest, aside, missing, unsorted])
    if (said === this.led) return
    Object.assign(this, { led: said, act })
    this.find(".says").replaceChildren(...sentence(words))
    this.find(".missing").textContent = missing
    this.find(".aside").textContent = aside
    this.find(".lead .rest").replaceChildren(...(rest ? [document.createTextNode(rest.text), key(rest.key)] : []))
    for (const [name, there] of [[".aside", aside], [".lead .rest", rest], [".sort", unsorted]]) this.find(name).hidden = !there
    const button = this.find(".lead .next")
    button.replaceChildren(document.createTextNode(act.text), key(act.key))
    button.classList.toggle("quiet", Boolean(act.quiet))
    this.find(".lead .more").hidden = !more
  }

  words(unsaved, refused) {
    const say = (name, text) => { if (this.find(name).textContent !== text) this.find(name).textContent = text }
    say(".lead .last", this.last)
    say(".unsaved", unsaved ? `${unsaved} unsaved` : "")
    say(".refused", refused)
  }

  toast(text) {
    this.last = text
    clearTimeout(this.fading)
    if (text) this.fading = setTimeout(() => this.toast(""), FADES)
    this.find(".lead .last").textContent = text
  }

  end() { clearTimeout(this.fading) }
}
