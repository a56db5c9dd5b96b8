/** Every value of a header as it came, from Node's raw list: the joined forms drop repetitions without a trace. `name` is lower-case. */
export function rawValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1]
    if (value !== undefined && rawHeaders[i]?.toLowerCase() === name) values.push(value)
  }
  return values
}
