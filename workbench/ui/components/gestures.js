// The rubber band: drawn from where the pointer went down, it reports the tiles that it touches.

const SLACK = 6
const EDGE = 40

// `hooks`: start(event) before the first report, touched(indices) at each change.
function rubberBand(scroll, tiles, hooks) {
  const band = element("div", "band")
  let from = null
  let pointer = null
  let boxes = null
  let frame = 0

  const inside = event => {
    const view = scroll.getBoundingClientRect()
    return { x: event.clientX - view.left + scroll.scrollLeft, y: event.clientY - view.top + scroll.scrollTop }
  }

  function begin(event) {
    const view = scroll.getBoundingClientRect()
    boxes = tiles().map(each => {
      const box = each.getBoundingClientRect()
      const top = box.top - view.top + scroll.scrollTop
      const left = box.left - view.left
      return { left, top, right: left + box.width, bottom: top + box.height }
    })
    scroll.setPointerCapture(event.pointerId)
    scroll.append(band)
    hooks.start(event)
    frame = requestAnimationFrame(draw)
  }

  function draw() {
    const view = scroll.getBoundingClientRect()
    if (pointer.clientY < view.top + EDGE) scroll.scrollTop -= 12
    if (pointer.clientY > view.bottom - EDGE) scroll.scrollTop += 12
    const to = inside(pointer)
    const box = {
      left: clamp(Math.min(from.x, to.x), 0, scroll.clientWidth), top: Math.max(0, Math.min(from.y, to.y)),
      right: clamp(Math.max(from.x, to.x), 0, scroll.clientWidth), bottom: Math.min(scroll.scrollHeight, Math.max(from.y, to.y)),
    }
    Object.assign(band.style, {
      left: `${box.left}px`, top: `${box.top}px`, width: `${box.right - box.left}px`, height: `${box.bottom - box.top}px`,
    })
    hooks.touched(boxes.flatMap((each, index) => (meet(each, box) ? [index] : [])))
    frame = requestAnimationFrame(draw)
  }

  function end(event) {
    cancelAnimationFrame(frame)
    band.remove()
    // The click that follows a drag is not a click on a tile.
    if (boxes && event.type === "pointerup") {
      const swallow = click => click.stopImmediatePropagation()
      scroll.addEventListener("click", swallow, { capture: true, once: true })
      setTimeout(() => scroll.removeEventListener("click", swallow, { capture: true }), 50)
    }
    from = boxes = null
  }

  scroll.addEventListener("pointerdown", event => {
    // A finger scrolls; only a mouse or pen draws. Beyond clientWidth lies the scroll bar.
    if (event.button || event.pointerType === "touch" || event.offsetX > scroll.clientWidth) return
    from = inside(event)
  })
  scroll.addEventListener("pointermove", event => {
    if (!from) return
    pointer = event
    const to = inside(event)
    if (!boxes && Math.hypot(to.x - from.x, to.y - from.y) > SLACK) begin(event)
  })
  scroll.addEventListener("pointerup", end)
  scroll.addEventListener("pointercancel", end)
}

// A pointer on the loupe's photo. `hooks`: moved(dx, dy) while dragged, tapped(), swiped(-1 or 1) by a finger.
function onGesture(stage, hooks) {
  let from = null
  let last = null
  stage.addEventListener("pointerdown", event => {
    if (event.button || !event.isPrimary) return
    from = last = event
    stage.setPointerCapture(event.pointerId)
  })
  stage.addEventListener("pointermove", event => {
    if (!from || !event.isPrimary) return
    hooks.moved(event.clientX - last.clientX, event.clientY - last.clientY)
    last = event
  })
  stage.addEventListener("pointerup", event => {
    if (!from || !event.isPrimary) return
    const [across, down] = [event.clientX - from.clientX, event.clientY - from.clientY]
    if (Math.hypot(across, down) <= SLACK) hooks.tapped()
    else if (event.pointerType === "touch" && Math.abs(across) > 2 * Math.abs(down)) hooks.swiped(across < 0 ? 1 : -1)
    from = last = null
  })
  stage.addEventListener("pointercancel", () => { from = last = null })
}
