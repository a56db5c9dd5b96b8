import { type AuthenticationStep, parseJsonObject } from '@sallyport/protocol'
import { secretHash } from '../../crypto/secret.ts'
import type { Request } from '../door.ts'
import type { AppsContext } from './context.ts'

/** What we note beside an authorization request while a person is busy with it. */
export interface Marker {
  /** When the browser first brought it. */
  readonly seenAt: number
  readonly step: AuthenticationStep | undefined
}

type Where = Pick<AppsContext, 'door' | 'services'>

const purpose = 'authentication-step'
const shape = /&sallyport_step=([\w-]{1,500})$/

/** The query as the client sent it. */
function withoutMarker(search: string): string {
  return search.replace(shape, '')
}

/** What a marker is for: it counts for no other request, and at no other door. */
const aboutOf = (search: string, { door }: Where) => secretHash(`${door.id} ${withoutMarker(search)}`)

/** The marker that the query carries; `undefined` unless we wrote it, for this very request. */
export function readMarker(search: string, where: Where): Marker | undefined {
  const hidden = shape.exec(search)?.[1]
  const text = hidden === undefined ? undefined : where.services.sealer.reveal(purpose, hidden)
  const parsed = text === undefined ? undefined : parseJsonObject(text)
  if (parsed?.outcome !== 'ok' || parsed.value['about'] !== aboutOf(search, where)) return undefined
  // Ours, unchanged: what was hidden has the shape that it was hidden with.
  return parsed.value as unknown as Marker
}

/** The address of the request with a marker: what was asked of the person is told by us, never by taking it off the request. */
export function markedAddress(marker: Marker, { path, search }: Request, where: Where): string {
  const text = JSON.stringify({ ...marker, about: aboutOf(search, where) })
  const hidden = where.services.sealer.hide(purpose, text)
  return `${path}?${withoutMarker(search)}&sallyport_step=${hidden}`
}
