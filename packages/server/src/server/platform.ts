import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guard } from '@sallyport/guard'
import type { Shape } from '@sallyport/protocol'
import type { DoorSettings, LimitTable } from '../settings/door.ts'
import type { Tables } from '../store/contract/index.ts'
import type { WidgetDesk } from '../accounts/widgets.ts'

/** Who sent a request that a mounted API answers, as far as the connection tells. */
export interface CallInfo {
  readonly ip: string
  readonly requestId: string
}

/** An API served behind the doors, on the same port. It answers what no door answers below its paths. */
export type Mount = {
  /** Whole segments: `/v1` covers `/v1/domains`, never `/v10`. */
  readonly paths: readonly string[]
  readonly hosts?: readonly string[]
} & (
  | { readonly fetch: (request: Request, info: CallInfo) => Promise<Response> }
  | { readonly node: (request: IncomingMessage & { sallyport?: CallInfo }, response: ServerResponse) => void }
)

/** What a platform gets from the server. */
export interface PlatformHost {
  readonly baseUrl: string
  now(): number
  /** A guard over the server's own live facts. */
  guard(options: { readonly shape: Shape; readonly onTwo?: 'reject' | 'api-key-wins' }): Guard
  /** The platform's own tables, brought up to the last of `migrations`. */
  tables(migrations: readonly string[]): Promise<Tables>
  /** The widgets of the engine, for the platform that lets people manage them. */
  readonly widgets: WidgetDesk
  /** A fresh id, sortable by time. */
  newId(prefix: string): string
}

/** A platform: doors as plain settings, and the API they protect. */
export interface Platform {
  readonly name: string
  readonly doors: readonly DoorSettings[]
  /** Rate limits by name, for the rules of its API. */
  readonly limits?: Readonly<Record<string, LimitTable>>
  api(host: PlatformHost): Promise<readonly Mount[]>
}
