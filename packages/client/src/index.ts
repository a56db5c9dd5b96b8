export type { Fetch, WireRequest } from './answer.ts'
export {
  type AppDoor,
  type AppOptions,
  type AppsEndpoints,
  apps,
  discoverApps,
  machines,
} from './apps.ts'
export type { SurroundingsOptions } from './ask.ts'
export {
  beginCodeFlow,
  type CodeFlowOptions,
  finishCodeFlow,
  type PendingSignIn,
  type SignedIn,
} from './code-flow.ts'
export { createTokens, type Tokens, type TokensOptions } from './create-tokens.ts'
export {
  type ServerAddress,
  type SessionTokenOptions,
  sessionTokens,
  type TokenDoor,
  type VendorOptions,
  vendors,
} from './door.ts'
export { TokenError, type TokenErrorCode } from './errors.ts'
export type { IdTokenClaims } from './id-token.ts'
export { memoryStorage, type TokenStorage, type WebStorageArea, webStorage } from './storage.ts'
export type { TokenSet } from './token-set.ts'
