import { Eta } from 'eta'

/** HTML that a template of ours produced, so the one kind of value that another template prints as it is. */
export class Markup {
  readonly #html: string

  constructor(html: string) {
    this.#html = html
  }

  toString(): string {
    return this.#html
  }
}

const escapeText = new Eta().config.escapeFunction

/** What `<%= … %>` prints. A missing value is a mistake in a template, and must not read "undefined" to a person. */
function print(value: unknown): string {
  if (value instanceof Markup) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escapeText(value)
  throw new TypeError(`pages: a template may not print ${value === null ? 'null' : typeof value}`)
}

const path = /^\/(?![/\\])/
const absolute = /^https?:\/\/[^/\\]/i
// The dot keeps out `javascript:` and its like. @see RFC 8252 §7.1
const ofApp = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:[^:]/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
const control = /[\u0000-\u0020\u007f]/

/**
 * The address unchanged, when it is a path on this server, an http(s) address, or one with the private scheme of an app.
 *
 * Escaping can't stop `javascript:` in a link; this does. Throws `TypeError`: addresses are made by the server, not by a caller.
 */
export function address(text: string): string {
  if ([path, absolute, ofApp].some((shape) => shape.test(text)) && !control.test(text)) return text
  throw new TypeError('pages: an address must be a path on this server, an http(s) address or one of an app')
}

// Without a prefix of its own raw interpolation can't be written, so Markup is the only way past escaping.
const eta = new Eta({
  autoEscape: true,
  autoTrim: false,
  escapeFunction: print,
  parse: { exec: '', interpolate: '=', raw: '' },
})

/** Compiles a template once; what comes back turns a view model into HTML with every value escaped. */
export function compileTemplate<Model extends object>(source: string): (model: Model) => Markup {
  const template = eta.compile(source)
  return (model) => new Markup(eta.render(template, { ...model, address }))
}
