import type { SigningAlgorithm } from '@sallyport/protocol'

/** With what tokens are signed. */
export interface SigningSettings {
  /** `ES256` when left out. Another one is used from ten minutes after a start with it; what was signed before stays good. */
  readonly algorithm?: SigningAlgorithm
  /** Seconds after which a key is replaced by a new one; 90 days when left out, a day at least. */
  readonly rotateAfter?: number
}
