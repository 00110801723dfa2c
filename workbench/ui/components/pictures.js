// What the loupe shows is fetched here: what is looked at first, then its neighbours a few at a time.

const TOGETHER = 4 // the two pictures of two photos
const KEPT = { large: 24, eyes: 32, zoom: 6 }

// A picture of a photo: `state` is "waiting", "there", "none" (nothing to show) or "away"; `settled` resolves with it.
function fetchImage(address) {
  const image = element("img")
  Object.assign(image, { decoding: "sync", draggable: false, alt: "" })
  const made = { image, state: "waiting" }
  made.settled = new Promise(resolve => {
    const end = state => {
      made.state = state
      image.classList.add(state)
      resolve(state)
    }
    image.onload = () => image.decode().then(() => end("there"), () => end("away"))
    image.onerror = () => end("away")
  })
  image.src = address
  return made
}

async function answer(address) {
  try {
    const response = await fetch(address)
    if (response.status === 204) return { state: "none" }
    if (!response.ok) return { state: "away" }
    return { state: "there", image: await createImageBitmap(await response.blob()) }
  } catch {
    return { state: "away" }
  }
}

// Eyes are asked for by fetch, which alone can tell “no face” from “away”.
function fetchEyes(address) {
  const made = { image: null, state: "waiting" }
  made.settled = answer(address).then(found => Object.assign(made, found).state)
  return made
}

class Pictures {
  constructor() {
    this.made = { large: new Map(), eyes: new Map(), zoom: new Map() }
    this.turn = 0
  }

  get(kind, photo) {
    const made = this.made[kind]
    const found = made.get(photo.id) ?? (kind === "eyes" ? fetchEyes : fetchImage)(photo[kind])
    made.delete(photo.id)
    if (found.state !== "away") made.set(photo.id, found) // asked for again when it is looked at again
    if (made.size > KEPT[kind]) made.delete(made.keys().next().value)
    return found
  }

  has(kind, photo) { return this.made[kind].has(photo.id) }

  // Fetches `kinds` of `photos` in their order, until asked for something else.
  async ahead(kinds, photos, after) {
    const turn = ++this.turn
    await after
    const wanted = photos.flatMap(photo => kinds.filter(kind => photo[kind]).map(kind => [kind, photo]))
    const one = async () => {
      while (wanted.length && turn === this.turn) await this.get(...wanted.shift()).settled
    }
    await Promise.all(Array.from({ length: TOGETHER }, one))
  }

  forget() {
    this.turn++
    for (const made of Object.values(this.made)) made.clear()
  }
}
