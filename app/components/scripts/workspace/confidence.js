// Confidences as lists and panels write them.

/** A confidence in as few signs as tell it from another: .90, 1.0. */
export const short = (value) => (value >= 0.995 ? "1.0" : value.toFixed(2).replace(/^0/, ""));
