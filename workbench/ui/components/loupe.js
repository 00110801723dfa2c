// One photo large, over everything else, in the browser's top layer (<dialog>).
// `sheet` offers: photos, at, go(index), chosen(index), toggle(index).

const AHEAD = 2

function openLoupe(dialog, sheet) {
  const find = name => dialog.querySelector(name)
  const image = find(".large")
  const kept = new Map()
  const photo = () => sheet.photos[sheet.at]

  function preload() {
    for (let i = sheet.at - AHEAD; i <= sheet.at + AHEAD; i++) {
      const near = sheet.photos[i]
      if (!near || kept.has(near.id)) continue
      const ahead = new Image()
      ahead.src = near.large
      kept.set(near.id, ahead)
      if (kept.size > 4 * AHEAD) kept.delete(kept.keys().next().value)
    }
  }

  function paint() {
    if (!dialog.open || !photo()) return
    const { id, name, note, thumb, large } = photo()
    if (image.dataset.photo !== id) {
      image.dataset.photo = id
      dialog.classList.remove("missing")
      image.style.backgroundImage = `url("${encodeURI(thumb)}")`
      image.src = large
      image.alt = name
    }
    find(".title").textContent = name
    find(".place").textContent = `${sheet.at + 1} of ${sheet.photos.length}`
    find(".verdict").replaceChildren(badge(photo()), element("span", "note", note))
    find(".chosen").textContent = sheet.chosen(sheet.at) ? "Selected" : ""
    preload()
  }

  function turn(by) {
    sheet.go(clamp(sheet.at + by, 0, sheet.photos.length - 1))
    paint()
  }

  const KEYS = {
    ArrowLeft: () => turn(-1),
    ArrowUp: () => turn(-1),
    ArrowRight: () => turn(1),
    ArrowDown: () => turn(1),
    Home: () => turn(-Infinity),
    End: () => turn(Infinity),
    " ": () => sheet.toggle(sheet.at),
    Enter: () => dialog.close(),
    o: () => dialog.close(),
  }

  dialog.addEventListener("keydown", event => {
    event.stopPropagation()
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.target.closest("button") && [" ", "Enter"].includes(event.key)) return
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!act) return
    event.preventDefault()
    act()
    paint()
  })
  image.onerror = () => dialog.classList.add("missing")
  find(".before").onclick = () => turn(-1)
  find(".after").onclick = () => turn(1)
  find(".shut").onclick = () => dialog.close()
  dialog.addEventListener("close", () => {
    kept.clear()
    sheet.go(sheet.at)
  })

  return {
    paint,
    open() {
      dialog.showModal()
      find(".stage").focus()
      paint()
    },
  }
}
