// Probabilities on the scale on which evidence adds up, and as words.

const logit = share => Math.log(share / (1 - share))
const share = odds => 1 / (1 + Math.exp(-odds))

// As many digits as tell it from its neighbours: 0.42, 0.987, 0.0021.
const worded = value => value.toFixed(Math.min(value, 1 - value) < 0.01 ? 4 : Math.min(value, 1 - value) < 0.1 ? 3 : 2)
