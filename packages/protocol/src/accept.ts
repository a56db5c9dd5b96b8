/** A media range and how much it is wanted. @see RFC 9110 §12.5.1 */
interface Range {
  readonly type: string
  readonly quality: number
}

const qualityShape = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

function readRange(text: string): Range {
  const [type = '', ...params] = text.split(';').map((part) => part.trim().toLowerCase())
  const told = params.find((param) => param.startsWith('q='))?.slice(2)
  if (told === undefined) return { type, quality: 1 }
  // What is malformed is not wanted.
  return { type, quality: qualityShape.test(told) ? Number(told) : 0 }
}

function qualityOf(type: string, ranges: readonly Range[]): number {
  const family = `${type.split('/', 1)[0]}/*`
  // The most specific range that fits decides.
  const found = [type, family, '*/*'].map((name) => ranges.find((range) => range.type === name))
  return found.find((range) => range !== undefined)?.quality ?? 0
}

/**
 * Whether a request asks for `special` by its name, and not less than for `usual`. A wildcard asks for what is usual.
 * @see RFC 9110 §12.5.1
 */
export function prefersType(accept: readonly string[], special: string, usual: string): boolean {
  const ranges = accept.flatMap((value) => value.split(',')).map(readRange)
  const wanted = ranges.find(({ type }) => type === special)?.quality ?? 0
  return wanted > 0 && wanted >= qualityOf(usual, ranges)
}
