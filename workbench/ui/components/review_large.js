// One photo of the wall large: the loupe, where the keys of the review work as well.

class Large {
  constructor(find, review) {
    Object.assign(this, { dialog: find(".light"), review })
    review.leave = () => this.dialog.close()
    this.loupe = new Loupe(find(".light .loupe"), review)
    for (const [name, group] of Object.entries(OF_KEY)) this.loupe.keys[name] = () => this.decide(group)
    this.loupe.keys.u = () => { review.undo(); this.loupe.paint() }
    this.dialog.addEventListener("keydown", event => {
      event.stopPropagation()
      if (event.repeat && [...Object.keys(OF_KEY), "u"].includes(event.key.toLowerCase())) return
      if (this.loupe.press(event)) event.preventDefault()
    })
    this.dialog.addEventListener("keyup", event => this.loupe.letGo(event))
    this.dialog.addEventListener("close", () => { this.loupe.rest(); review.wall.focus() })
  }

  get open() { return this.dialog.open }

  show() {
    if (!this.review.photos.length) return
    this.dialog.showModal()
    this.loupe.open()
  }

  decide(group) {
    const { review } = this
    review.decide(review.photos[review.at], group)
    this.loupe.turn(1)
    this.loupe.paint()
  }

  paint() {
    if (!this.open) return
    if (this.review.photos.length) this.loupe.paint()
    else this.dialog.close()
  }

  shut() { if (this.open) this.dialog.close() }

  end() { this.loupe.end() }
}
