import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseResource } from '@sallyport/protocol'

const wellKnown = '/.well-known/oauth-protected-resource'

// RFC 9728 §3.1: the well-known part stands between host and path.
const resources: [name: string, identifier: string, metadataUrl: string][] = [
  ['a host', 'https://api.example.com', `https://api.example.com${wellKnown}`],
  ['a host and its slash', 'https://api.example.com/', `https://api.example.com${wellKnown}`],
  ['a path', 'https://api.example.com/v1', `https://api.example.com${wellKnown}/v1`],
  ['a path and its slash', 'https://api.example.com/v1/', `https://api.example.com${wellKnown}/v1/`],
  ['a long path', 'https://a.example/one/two', `https://a.example${wellKnown}/one/two`],
  ['a port', 'https://a.example:8443/v1', `https://a.example:8443${wellKnown}/v1`],
  ['http on a loopback host', 'http://127.0.0.1:4455/mcp', `http://127.0.0.1:4455${wellKnown}/mcp`],
]
for (const [name, identifier, metadataUrl] of resources) {
  test(`resource: the metadata of ${name} has its place`, () => {
    const found = parseResource(identifier) ?? assert.fail('not a resource')
    assert.equal(found.identifier, identifier)
    assert.equal(found.metadataUrl, metadataUrl)
    assert.equal(found.origin + found.metadataPath, metadataUrl)
    assert.equal(found.origin, new URL(identifier).origin)
  })
}

const refused: [name: string, identifier: string][] = [
  ['nothing', ''],
  ['a path', '/v1'],
  ['a name', 'api.example.com'],
  ['a fragment (RFC 9728 §1.2)', 'https://api.example.com/v1#x'],
  ['an empty fragment', 'https://api.example.com/v1#'],
  ['a query (RFC 9728 §1.2)', 'https://api.example.com/v1?x=1'],
  ['plain http (RFC 9728 §1.2)', 'http://api.example.com/v1'],
  ['another scheme', 'urn:example:api'],
  ['a user', 'https://user@api.example.com/v1'],
  ['a host in capitals, which a client would spell otherwise', 'https://API.example.com/v1'],
  ['the default port', 'https://api.example.com:443/v1'],
  ['a dot segment', 'https://api.example.com/v1/../v2'],
  ['a backslash', 'https://api.example.com\\v1'],
  ['a space', 'https://api.example.com/v 1'],
  ['a line break', 'https://api.example.com/v1\r\nX: y'],
  ['a quote that the header would have to escape', 'https://api.example.com/v"1'],
]
for (const [name, identifier] of refused) {
  test(`resource: ${name} is no identifier`, () => assert.equal(parseResource(identifier), undefined))
}
