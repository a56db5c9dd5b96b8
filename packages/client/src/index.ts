export type { Fetch, WireRequest } from './answer.ts'
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
export { memoryStorage, type TokenStorage, type WebStorageArea, webStorage } from './storage.ts'
export type { TokenSet } from './token-set.ts'
