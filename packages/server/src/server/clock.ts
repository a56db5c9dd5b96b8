/** The time, in whole seconds since the epoch. The only reading of the machine's clock in this server. */
export function systemClock(): number {
  return Math.floor(Date.now() / 1000)
}
