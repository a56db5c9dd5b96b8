import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainFailure } from '../../src/cli/explain.ts'
import { ConfigurationError } from '../../src/server/config.ts'

const system = (members: object) => Object.assign(new Error('as the system says it'), members)

const cases: [name: string, error: unknown, told: RegExp][] = [
  [
    'a port in use',
    system({ code: 'EADDRINUSE', syscall: 'listen', address: '127.0.0.1', port: 4455 }),
    /^port 4455 is in use: .* set PORT to another$/,
  ],
  ['a port for root alone', system({ code: 'EACCES', syscall: 'listen', port: 80 }), /listen on port 80/],
  [
    'an address of another machine',
    system({ code: 'EADDRNOTAVAIL', syscall: 'listen', address: '192.0.2.1', port: 1 }),
    /^192\.0\.2\.1:1 is not an address of this machine/,
  ],
  ['a name that is none', system({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), /^SALLYPORT_HOST is not/],
  [
    'a folder that may not be written',
    system({ code: 'EACCES', syscall: 'mkdir', path: '/data' }),
    /^can't use \/data: this user may not write there \(SALLYPORT_DATA/,
  ],
  [
    'a file that is no database',
    system({ code: 'ERR_SQLITE_ERROR', message: 'file is not a database' }),
    /^the database can't be used: file is not a database \(SALLYPORT_DATA/,
  ],
  ['a wrong configuration', new ConfigurationError(['one thing']), /^the configuration has 1 problem/],
  ['a bug keeps its stack', new RangeError('odd'), /^RangeError: odd\n +at /],
  ['a system error of another kind keeps it too', system({ code: 'EMFILE', path: '/x' }), /\n +at /],
]
for (const [name, error, told] of cases) {
  test(`a failure in words: ${name}`, () => assert.match(explainFailure(error), told))
}
