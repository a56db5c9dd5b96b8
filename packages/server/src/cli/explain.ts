import { ProtocolError } from '@sallyport/protocol'
import { SignerError } from '../checks/external-signer.ts'
import { ConfigurationError } from '../server/config.ts'

interface SystemError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly path?: string
  readonly address?: string
  readonly port?: number
}

const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/** What stands in the way of a path, by the system's code for it. */
const pathProblems: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is on a read-only file system',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of it is a file',
  EEXIST: 'it is a file',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
}

function explainListen({ code, address, port }: SystemError): string | undefined {
  const where = `${address ?? ''}:${port ?? ''}`
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use: stop what listens there, or set PORT to another`
    case 'EACCES':
      return `this user may not listen on port ${port}: set PORT to one above 1023`
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine: SALLYPORT_HOST says where to listen`
    case 'ENOTFOUND':
      return 'SALLYPORT_HOST is not a name that can be found'
    default:
      return undefined
  }
}

function explainSystem(error: SystemError): string | undefined {
  if (error.syscall === 'listen' || error.syscall === 'bind' || error.syscall === 'getaddrinfo')
    return explainListen(error)
  if (error.code === 'ERR_SQLITE_ERROR')
    return `the database can't be used: ${error.message} (SALLYPORT_DATA names its folder)`
  const problem = pathProblems[error.code]
  return problem && error.path !== undefined
    ? `can't use ${error.path}: ${problem} (SALLYPORT_DATA names the folder for the data)`
    : undefined
}

/** An error with what led to it: a signer's words are all that its operator has to go by. */
function causes({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${causes(cause)}` : message
}

/** Why the program could not do what it was asked: in words for what its operator can mend, with a stack for a bug. */
export function explainFailure(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message
  if (error instanceof SignerError || error instanceof ProtocolError) return causes(error)
  const known = isSystemError(error) ? explainSystem(error) : undefined
  return known ?? String(error instanceof Error ? error.stack : error)
}
