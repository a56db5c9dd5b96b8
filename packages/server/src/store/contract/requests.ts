/** An authorization request that a client pushed. @see RFC 9126 §2 */
export interface PushedRequest {
  readonly doorId: string
  readonly clientId: string
  /** Its parameters, form-encoded, without the client's credentials. */
  readonly params: string
}

/** Pushed authorization requests, each until it is answered. */
export interface RequestStore {
  /** Keeps one under the hash of its `request_uri`. */
  push(hash: string, request: PushedRequest, expiresAt: number, now: number): Promise<void>
  /**
   * The request of that client at that door, while it lasts. The first call moves its end to `answerBy`: from then on a person
   * is busy with it; no later call moves it again.
   */
  open(
    hash: string,
    of: Pick<PushedRequest, 'doorId' | 'clientId'>,
    answerBy: number,
    now: number,
  ): Promise<PushedRequest | undefined>
  /** The same, and nothing moves. */
  find(
    hash: string,
    of: Pick<PushedRequest, 'doorId' | 'clientId'>,
    now: number,
  ): Promise<PushedRequest | undefined>
  /** It was answered; `false` when it was answered before or has been swept away. */
  end(hash: string): Promise<boolean>
}
