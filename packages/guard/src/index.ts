export {
  checkMcpBody,
  hasMcpHeaders,
  type McpHeaderReader,
  type McpRule,
  mcpHeaderMismatch,
} from '@sallyport/protocol'
export type { CertificateFormat, Principal, Refusal, RefusalReason, Rule, Shape } from '@sallyport/protocol'
export type { Binding } from './binding.ts'
export { type CertificateHeader, peerCertificate } from './certificate.ts'
export * from './dpop.ts'
export { createFactCache, type FactCache } from './fact-cache.ts'
export * from './facts.ts'
export {
  type Check,
  createGuard,
  type Guard,
  type GuardDpop,
  type GuardOptions,
  type GuardRule,
} from './guard.ts'
export * from './rate-limit-headers.ts'
export * from './recognise.ts'
export type { GuardRequest } from './request.ts'
export { createReplayStore, type ReplayStore } from './replay.ts'
export type { MetadataAnswer, ResourceSettings } from './resource.ts'
export { secretHash } from './secret-hash.ts'
export { isSignedBy } from './signature.ts'
export { SignatureCache } from './signature-cache.ts'
export type { Refused } from './verified.ts'
export { type OnTwo, type Verdict, type VerifyOptions, verify } from './verify.ts'
export { connectFacts, type RemoteFacts, type RemoteOptions } from './remote/connect.ts'
export { type ConnectedGuard, type ConnectedGuardOptions, guard } from './remote/guard.ts'
