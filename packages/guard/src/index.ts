export type { Principal, Rule } from '@sallyport/protocol'
export type * from './facts.ts'
export {
  createGuard,
  type Guard,
  type GuardCheck,
  type GuardOptions,
  type GuardRequest,
  type GuardRule,
} from './guard.ts'
export { type Credential, type Recognised, recognise } from './recognise.ts'
export { credentialHash } from './verify-secret.ts'
