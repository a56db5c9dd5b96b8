import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guard, GuardOptions } from '@sallyport/guard'
import type { DetailType } from '../settings/detail-type.ts'
import type { DoorSettings, LimitTable } from '../settings/door.ts'
import type { Tables } from '../store/contract/index.ts'
import type { WidgetDesk } from '../accounts/widgets.ts'

/** Who sent a request that a mounted API answers, as far as the connection tells. */
export interface CallInfo {
  readonly ip: string
  readonly requestId: string
}

/** What a Node listener finds on a request: who sent it, and its body, which the server has read already. */
export interface NodeCall {
  readonly sallyport?: CallInfo
  readonly rawBody?: Buffer | undefined
}

interface MountedPaths {
  /** Whole segments: `/v1` covers `/v1/domains`, never `/v10`. */
  readonly paths: readonly string[]
  readonly hosts?: readonly string[]
}

/** An API of fetch handlers. */
export interface FetchMount extends MountedPaths {
  readonly fetch: (request: Request, info: CallInfo) => Promise<Response>
}

/** An API that is a Node listener, such as an Express app. */
export interface NodeMount extends MountedPaths {
  readonly node: (request: IncomingMessage & NodeCall, response: ServerResponse) => void
}

/** An API served behind the doors, on the same port. It answers what no door answers below its paths. */
export type Mount = FetchMount | NodeMount

/** What a platform gets from the server. */
export interface PlatformHost {
  readonly baseUrl: string
  now(): number
  /** A guard over the server's own live facts. */
  guard(options: Pick<GuardOptions, 'shape' | 'onTwo' | 'resource'>): Guard
  /** The platform's own tables, brought up to the last of `migrations`. */
  tables(migrations: readonly string[]): Promise<Tables>
  /** The widgets of the engine, for the platform that lets people manage them. */
  readonly widgets: WidgetDesk
  /** Tells the log of a fault that a Node listener answered by itself. */
  report(error: unknown): void
  /** A fresh id, sortable by time. */
  newId(prefix: string): string
}

/** A platform: doors as plain settings, and the API they protect. */
export interface Platform {
  readonly name: string
  readonly doors: readonly DoorSettings[]
  /** Rate limits by name, for the rules of its API. */
  readonly limits?: Readonly<Record<string, LimitTable>>
  /** Types of authorization details by name, for the doors that list them. */
  readonly authorizationDetails?: Readonly<Record<string, DetailType>>
  api(host: PlatformHost): Promise<readonly Mount[]>
}
