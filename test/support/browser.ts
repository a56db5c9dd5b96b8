import { type Answer, type Ask, send } from './http.ts'

/** A person's browser without a screen: keeps cookies, follows nothing by itself, fills forms as they are. */
export interface Browser {
  open(url: string, ask?: Ask): Promise<Answer>
  /** Sends the form of a page with some fields filled in. */
  submit(
    page: Answer,
    fields: Readonly<Record<string, string | readonly string[]>>,
    at?: string,
  ): Promise<Answer>
  /** Follows redirects within the server until a page, or a redirect that leaves it. */
  settle(answer: Answer): Promise<Answer>
  cookies(): ReadonlyMap<string, string>
}

const attribute = (tag: string, name: string) => unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1])

function unescape(text: string | undefined): string | undefined {
  return text
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/** A form's action and the fields it would send untouched. */
export function readForm(html: string): {
  readonly action: string
  readonly fields: readonly (readonly [string, string])[]
} {
  const form = /<form[^>]*>/.exec(html)?.[0]
  if (form === undefined) throw new Error(`no form in ${html.slice(0, 300)}`)
  const fields = [...html.matchAll(/<input[^>]*>/g)].flatMap(([tag]) => {
    const name = attribute(tag, 'name')
    const type = attribute(tag, 'type')
    if (name === undefined) return []
    if ((type === 'checkbox' || type === 'radio') && !/\schecked\b/.test(tag)) return []
    return [[name, attribute(tag, 'value') ?? ''] as const]
  })
  return { action: attribute(form, 'action') ?? '', fields }
}

/** A browser that visits one server. */
export function createBrowser(base: string): Browser {
  const jar = new Map<string, string>()
  async function open(url: string, ask: Ask = {}): Promise<Answer> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...ask.headers, ...(cookie !== '' && { Cookie: cookie }) }
    const answer = await send(new URL(url, base).href, { ...ask, headers })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';')
      const [name = '', value = ''] = pair.split('=')
      if (/Max-Age=0|Expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
  return {
    open,
    cookies: () => jar,
    async submit(page, filled, at) {
      const { action, fields } = readForm(page.text)
      const kept = fields.filter(([name]) => !(name in filled))
      const added = Object.entries(filled).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value] as const] : value.map((one) => [name, one] as const),
      )
      return open(at ?? action, { method: 'POST', form: [...kept, ...added] })
    },
    async settle(answer) {
      let current = answer
      for (let hops = 0; hops < 10 && current.headers.location?.startsWith('/'); hops += 1)
        current = await open(current.headers.location)
      return current
    },
  }
}
