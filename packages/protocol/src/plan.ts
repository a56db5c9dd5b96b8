/** Whether plan `current` is at least `needed`, in an order from low to high; a plan not in the order allows nothing. */
export function planAllows(plans: readonly string[], current: string | undefined, needed: string): boolean {
  if (current === undefined) return false
  const least = plans.indexOf(needed)
  return least !== -1 && plans.indexOf(current) >= least
}
