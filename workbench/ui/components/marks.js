// Elements made from data: text always by textContent, shapes from the constants below.

const SHAPES = {
  blink: "M1.5 6.5c2 3 4.2 4.2 6.5 4.2s4.5-1.2 6.5-4.2M8 10.9v2.6M3.7 9.3l-1.5 2M12.3 9.3l1.5 2",
  cant_tell: "M5.4 6.1a2.6 2.6 0 1 1 3.7 2.35c-.8.35-1.1.9-1.1 1.65M8 12.7v.3",
  keep: "M3 8.6l3.2 3.2 6.8-7.2",
}

function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

function shape(mark) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", "0 0 16 16")
  svg.setAttribute("aria-hidden", "true")
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
  path.setAttribute("d", SHAPES[mark])
  svg.append(path)
  return svg
}

// A verdict as shape and words; nothing where there is no verdict.
function badge(photo) {
  const made = element("span", "badge")
  if (!photo.label) return made
  made.dataset.mark = photo.mark
  if (SHAPES[photo.mark]) made.append(shape(photo.mark))
  made.append(element("span", "", photo.label))
  return made
}

function tile(photo, eager) {
  const made = element("div", "tile")
  made.setAttribute("role", "option")
  made.setAttribute("aria-label", [photo.name, photo.label, photo.note].filter(Boolean).join(", "))
  made.title = [photo.name, photo.note].filter(Boolean).join("\n")
  made.dataset.photo = photo.id
  made.tabIndex = -1
  made.append(thumbnail(photo, made, eager), element("span", "tick"), caption(photo))
  return made
}

function thumbnail(photo, holder, eager) {
  const image = element("img")
  image.loading = eager ? "eager" : "lazy"
  image.decoding = "async"
  image.draggable = false
  image.alt = ""
  image.onerror = () => { holder.dataset.missing = "no preview" }
  image.src = photo.thumb
  return image
}

function caption(photo) {
  const made = element("div", "caption")
  made.append(element("span", "name", photo.name.split("/").pop()), badge(photo))
  return made
}

function section(group, tiles) {
  const made = element("section", "group")
  made.setAttribute("role", "group")
  made.setAttribute("aria-label", `${group.title}, ${tiles.length}`)
  const heading = element("h2", "heading")
  if (SHAPES[group.mark]) heading.append(shape(group.mark))
  heading.append(element("span", "", group.title), element("span", "count", String(tiles.length)))
  heading.dataset.mark = group.mark
  const grid = element("div", "tiles")
  grid.append(...tiles)
  made.append(heading, grid)
  return made
}
