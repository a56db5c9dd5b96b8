import { createHash } from 'node:crypto'
import { decodeBase64 } from './base64.ts'

/**
 * How a proxy that speaks TLS writes the certificate that its client showed: as PEM with percent escapes (nginx
 * `$ssl_client_escaped_cert`, AWS load balancers), as an element of `X-Forwarded-Client-Cert` (Envoy), or as a structured field.
 * @see RFC 9440 §2.1
 */
export type CertificateFormat = 'escaped-pem' | 'xfcc' | 'rfc9440'

const maxLength = 16 * 1024
const pem = /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END CERTIFICATE-----(?:\r?\n)*$/

/** The bytes of a DER sequence, which is what a certificate is; whether it is one shows when it is read. */
function derOf(base64: string): Uint8Array | undefined {
  const bytes = decodeBase64(base64, 'base64')
  return bytes && bytes.length > 0 && bytes[0] === 0x30 ? bytes : undefined
}

function readEscapedPem(text: string): Uint8Array | undefined {
  let plain: string
  try {
    plain = decodeURIComponent(text)
  } catch {
    // A malformed escape: no certificate, as an answer.
    return undefined
  }
  const body = pem.exec(plain)?.[1]
  return body === undefined ? undefined : derOf(body.replace(/[\r\n]/g, ''))
}

/** The parts of `text` between separators that stand outside quotes; `undefined` where a quote does not end. */
function split(text: string, separator: ',' | ';'): readonly string[] | undefined {
  const parts: string[] = ['']
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === separator && !quoted) {
      parts.push('')
      continue
    }
    if (char === '"') quoted = !quoted
    const taken = quoted && char === '\\' ? text.slice(at, at + 2) : char
    parts.push((parts.pop() ?? '') + taken)
    at += taken.length - 1
  }
  return quoted ? undefined : parts
}

/**
 * The certificate of Envoy's header. Only one hop may have written it: with more elements the proxy has passed on what came from
 * outside.
 */
function readXfcc(text: string): Uint8Array | undefined {
  const [element, second] = split(text, ',') ?? []
  if (element === undefined || second !== undefined) return undefined
  const certs = (split(element, ';') ?? []).flatMap(
    (pair) => /^\s*cert="?([^"]*)"?\s*$/i.exec(pair)?.[1] ?? [],
  )
  const [cert, another] = certs
  return cert === undefined || another !== undefined ? undefined : readEscapedPem(cert)
}

/** The certificate of a Byte Sequence without parameters. @see RFC 9440 §2.1, RFC 9651 §3.3.5 */
function readByteSequence(text: string): Uint8Array | undefined {
  const base64 = /^:([A-Za-z0-9+/=]+):$/.exec(text)?.[1]
  return base64 === undefined ? undefined : derOf(base64)
}

/**
 * The certificate in a proxy's header, as DER; `undefined` where there is none, more than one, or anything else. Two headers are
 * none: one of them may be the caller's own.
 * @see RFC 9440 §2.2, §4
 */
export function parseClientCertificate(
  values: readonly string[],
  format: CertificateFormat,
): Uint8Array | undefined {
  // Commas may stand in quotes of Envoy's header, so a list that was taken apart at commas is put together again.
  const [text, second] = format === 'xfcc' && values.length > 0 ? [values.join(',')] : values
  if (text === undefined || second !== undefined || text.length > maxLength) return undefined
  switch (format) {
    case 'escaped-pem':
      return readEscapedPem(text)
    case 'xfcc':
      return readXfcc(text)
    case 'rfc9440':
      return readByteSequence(text)
  }
}

/** The thumbprint that a token is bound to a certificate by. @see RFC 8705 §3.1, RFC 7515 §4.1.8 */
export function certificateThumbprint(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url')
}
