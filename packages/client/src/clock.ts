/** What time it is, in whole seconds since the epoch; the only place of the token client that asks the machine. */
export function systemClock(): number {
  return Math.floor(Date.now() / 1000)
}
