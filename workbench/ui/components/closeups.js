// A picture in a tile; where there are no eyes to show, words in its place.

function faceless(words = "no eyes to show") { return element("span", "faceless", words) }

// Why a picture of eyes was not drawn: only asking again can tell “none” from “away”.
async function whyNot(address) {
  const status = await fetch(address).then(response => response.status, () => 0)
  return { 204: "no eyes to show", 404: "original away" }[status] ?? "not drawn"
}

function undrawn(image) {
  const made = faceless("")
  made.dataset.undrawn = image.className
  image.replaceWith(made)
  whyNot(image.src).then(words => { made.textContent = words })
}

function picture(name, address, eager) {
  const image = element("img", name)
  Object.assign(image, { loading: eager ? "eager" : "lazy", decoding: "async", draggable: false, alt: "" })
  image.onerror = () => { if (name === "both") undrawn(image); else image.style.visibility = "hidden" }
  image.src = address
  return image
}
