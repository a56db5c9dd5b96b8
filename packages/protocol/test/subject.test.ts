import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSectorDocument, needsSectorIdentifier, sectorOf } from '../src/index.ts'

const [one, two, other] = ['https://a.example/cb', 'https://a.example:8443/other', 'https://b.example/cb']
const [loopback, scheme] = ['http://127.0.0.1:3000/cb', 'com.example.app:/cb']

// OpenID Connect Core §8.1.
const sectors: [name: string, redirectUris: readonly string[], named: string | undefined, sector: string][] =
  [
    ['the host of the only redirect address', [one], undefined, 'a.example'],
    ['the host that all redirect addresses have, whatever their port', [one, two], undefined, 'a.example'],
    [
      'the host of the sector identifier, whatever the redirect addresses',
      [one, other],
      'https://c.example/s',
      'c.example',
    ],
    ['the client itself where there is no redirect address', [], undefined, 'app_1'],
    ['the client itself on a loopback address, which all programs share', [loopback], undefined, 'app_1'],
    [
      'the client itself where a private scheme has no host',
      [scheme, 'com.example.app:/b'],
      undefined,
      'app_1',
    ],
  ]
for (const [name, redirectUris, sectorIdentifierUri, sector] of sectors)
  test(`a sector is ${name}`, () =>
    assert.equal(sectorOf({ clientId: 'app_1', redirectUris, sectorIdentifierUri }), sector))

test('a sector is the client itself where a document describes it, whatever its redirect addresses', () => {
  const clientId = 'https://d.example/client.json'
  assert.equal(sectorOf({ clientId, redirectUris: [one], sectorIdentifierUri: undefined }), clientId)
})

const needs: [name: string, redirectUris: readonly string[], needed: boolean][] = [
  ['one host', [one, two], false],
  ['two hosts', [one, other], true],
  ['a host and a loopback address', [one, loopback], true],
  ['a host and a private scheme', [one, scheme], true],
  ['a loopback address and a private scheme', [loopback, scheme], false],
  ['none', [], false],
]
for (const [name, redirectUris, needed] of needs)
  test(`of ${name} a client has to name its sector: ${needed}`, () =>
    assert.equal(needsSectorIdentifier(redirectUris), needed))

// OpenID Connect Registration §5.
const documents: [name: string, body: string, reason: string | undefined][] = [
  ['all of them', JSON.stringify([other, one]), undefined],
  ['not all of them', JSON.stringify([one]), 'does not list https://b.example/cb'],
  ['one that only begins alike', JSON.stringify([one, `${other}/x`]), 'does not list https://b.example/cb'],
  ['none', '[]', 'does not list https://a.example/cb'],
  ['no texts', JSON.stringify([one, other, 1]), 'is no list of addresses'],
  ['an object', JSON.stringify({ redirect_uris: [one, other] }), 'is no list of addresses'],
  ['nothing that can be read', '[', 'is no JSON'],
]
for (const [name, body, reason] of documents)
  test(`the document of a sector that lists ${name}: ${reason ?? 'good'}`, () =>
    assert.equal(checkSectorDocument(body, [one, other]), reason))
