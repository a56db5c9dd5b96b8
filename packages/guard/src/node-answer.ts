import type { MetadataAnswer } from './resource.ts'

interface Target {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string
}

interface Response {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
}

/** Method and path of a Node request; the path as it came, whatever a router has cut off since. */
export function targetOf({ method = '', url = '', originalUrl }: Target): {
  readonly method: string
  readonly path: string
} {
  return { method, path: (originalUrl ?? url).split('?', 1)[0] ?? '' }
}

/** Writes an answer where there is one; says whether there was. */
export function answerNode(
  answer: MetadataAnswer | undefined,
  { method }: Target,
  response: Response,
): answer is MetadataAnswer {
  if (!answer) return false
  response.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.end(method === 'HEAD' ? '' : JSON.stringify(answer.body))
  return true
}
