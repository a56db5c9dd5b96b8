/** Whole seconds since the epoch. Only what connects to a server elsewhere, in a process of its own, reads it. */
export function systemClock(): number {
  return Math.floor(Date.now() / 1000)
}
