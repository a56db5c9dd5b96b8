/** A JSON object, or why the body is refused. Objects at every depth have no prototype. */
export type JsonResult =
  | { readonly outcome: 'ok'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly outcome: 'refuse'; readonly reason: JsonRefusal; readonly description: string }

/** Why a JSON body is refused. */
export type JsonRefusal = 'syntax' | 'not-object' | 'duplicate' | 'forbidden-member'

const maxDepth = 32
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// oxlint-disable-next-line no-control-regex -- RFC 8259 §7 excludes exactly these
const string = /"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*)"/y
const plainName = /^[A-Za-z0-9_.-]{1,40}$/

class Refused extends Error {
  readonly reason: JsonRefusal
  constructor(reason: JsonRefusal, description: string) {
    super(description)
    this.reason = reason
  }
}

const shown = (name: string): string => (plainName.test(name) ? `member ${name}` : 'a member')

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The one value of the text; anything after it refuses the text. */
  whole(): unknown {
    const value = this.#value(0)
    if (this.#at < this.#text.length) throw this.#bad()
    return value
  }

  #bad(): Refused {
    return new Refused('syntax', `not valid JSON at character ${this.#at + 1}`)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) return undefined
    this.#at = pattern.lastIndex
    return found[1] ?? found[0]
  }

  /** Steps over `mark` and the space after it, when it is next. */
  #take(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.#at)) return false
    this.#at += mark.length
    this.#skipSpace()
    return true
  }

  /** @see RFC 8259 §2 */
  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at += 1
    }
  }

  #value(depth: number): unknown {
    this.#skipSpace()
    const value = this.#bare(depth)
    this.#skipSpace()
    return value
  }

  #bare(depth: number): unknown {
    if (this.#take('{')) return this.#object(this.#deeper(depth))
    if (this.#take('[')) return this.#array(this.#deeper(depth))
    if (this.#text[this.#at] === '"') return this.#string()
    if (this.#take('true')) return true
    if (this.#take('false')) return false
    if (this.#take('null')) return null
    const digits = this.#match(number)
    if (digits === undefined) throw this.#bad()
    const value = Number(digits)
    if (!Number.isFinite(value)) throw new Refused('syntax', 'a JSON number is out of range')
    return value
  }

  #deeper(depth: number): number {
    if (depth === maxDepth) throw new Refused('syntax', `JSON is nested deeper than ${maxDepth}`)
    return depth + 1
  }

  #string(): string {
    const raw = this.#match(string)
    if (raw === undefined) throw this.#bad()
    const value: unknown = raw.includes('\\') ? JSON.parse(`"${raw}"`) : raw
    // A lone surrogate or a NUL becomes another string once it is stored or hashed.
    if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) {
      throw new Refused('syntax', 'a JSON string holds a character that is not allowed')
    }
    return value
  }

  #object(depth: number): unknown {
    const members: Record<string, unknown> = Object.create(null)
    if (this.#take('}')) return members
    do {
      const name = this.#string()
      if (forbidden.has(name)) throw new Refused('forbidden-member', `${shown(name)} is not allowed`)
      if (name in members) throw new Refused('duplicate', `${shown(name)} is repeated`)
      this.#skipSpace()
      if (!this.#take(':')) throw this.#bad()
      members[name] = this.#value(depth)
    } while (this.#take(','))
    if (!this.#take('}')) throw this.#bad()
    return members
  }

  #array(depth: number): unknown {
    const items: unknown[] = []
    if (this.#take(']')) return items
    do items.push(this.#value(depth))
    while (this.#take(','))
    if (!this.#take(']')) throw this.#bad()
    return items
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads a body that must be one JSON object.
 *
 * Stricter than `JSON.parse`: what two readers could take differently (repeated members, prototype members, lone
 * surrogates, numbers out of range) is refused at every depth.
 *
 * @see RFC 8259 §4, RFC 7493 §2
 */
export function parseJsonObject(body: string): JsonResult {
  try {
    const value = new Reader(body).whole()
    if (isObject(value)) return { outcome: 'ok', value }
    return { outcome: 'refuse', reason: 'not-object', description: 'a JSON object is needed' }
  } catch (error) {
    // The reader unwinds with Refused; anything else is a bug and goes on.
    if (!(error instanceof Refused)) throw error
    return { outcome: 'refuse', reason: error.reason, description: error.message }
  }
}
