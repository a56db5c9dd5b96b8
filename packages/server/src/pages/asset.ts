import { createHash } from 'node:crypto'

/** A file that pages refer to. Its address names its content, so it can be cached for ever. */
export interface Asset {
  readonly path: string
  readonly body: string
  readonly contentType: string
}

/** The asset with this content, at `/assets/<first 12 of its SHA-256>.<extension>`. */
export function createAsset(body: string, extension: string, contentType: string): Asset {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/assets/${hash}.${extension}`, body, contentType }
}
