/** A moment as a page shows it; `iso` is there when it was given as ISO 8601. */
export interface ShownMoment {
  readonly iso: string | undefined
  readonly text: string
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const isoDate = /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z)?$/

/** An ISO date or UTC moment as "4 Mar 2026", which no reader takes for another day; any other text as it is. */
export function showMoment(text: string): ShownMoment {
  const [, year, month, day] = isoDate.exec(text) ?? []
  const name = months[Number(month) - 1]
  return name ? { iso: text, text: `${Number(day)} ${name} ${year}` } : { iso: undefined, text }
}
