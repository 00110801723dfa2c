// The keys of the review; those of the loupe and of the frames side by side are their own.

const OF_KEY = { k: KEEP, b: BLINK, t: CANT_TELL }
const TYPED = "input, textarea, select, [contenteditable], [role=combobox], [role=option]:not(.tile), [role=slider]"

function pressed(review, event) {
  const path = event.composedPath()
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !review.data) return
  if (review.busy || path[0].matches?.(TYPED)) return
  const number = Number(event.key)
  if (event.key.length === 1 && number >= 1 && number <= STEPS.length) {
    review.choose(STEPS[number - 1])
    return event.preventDefault()
  }
  const ours = path[0] === document.body || path.includes(review.frame)
  if (!ours || review.step === HAND_OFF) return
  if (path[0].matches?.("button") && [" ", "Enter"].includes(event.key)) return
  if (commanded(review, event) || review.wall.move(event)) event.preventDefault()
}

function commanded(review, event) {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const act = {
    Enter: () => (review.step === BURSTS && review.photos.length ? review.beside() : review.next()),
    c: () => review.beside(),
    o: () => review.open(),
    u: () => review.undo(),
    "?": () => review.help.showModal(),
    "+": () => review.wall.resize(40),
    "=": () => review.wall.resize(40),
    "-": () => review.wall.resize(-40),
    ...(name in OF_KEY ? { [name]: () => review.say(OF_KEY[name]) } : {}),
  }[name]
  // A key that is held down says nothing of what comes next.
  if (act && (!event.repeat || "+=-".includes(name))) act()
  return Boolean(act)
}
