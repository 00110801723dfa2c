// A picture in a tile; where there are no eyes to show, words in its place.

function faceless() { return element("span", "faceless", "no eyes to show") }

function picture(name, address, eager) {
  const image = element("img", name)
  Object.assign(image, { loading: eager ? "eager" : "lazy", decoding: "async", draggable: false, alt: "" })
  image.onerror = () => { if (name === "both") image.replaceWith(faceless()); else image.style.visibility = "hidden" }
  image.src = address
  return image
}
