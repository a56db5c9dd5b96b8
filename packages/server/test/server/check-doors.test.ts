import assert from 'node:assert/strict'
import { test } from 'node:test'
import config from '../../../../sallyport.config.ts'
import { checkDoors } from '../../src/server/check-doors.ts'

const rows: readonly [name: string, setting: object, problem: RegExp | undefined][] = [
  ['nothing more is right', {}, undefined],
  [
    'every response mode is right',
    { responseModes: ['query', 'form_post', 'query.jwt', 'form_post.jwt'] },
    undefined,
  ],
  ['no response mode', { responseModes: [] }, /osir-oauth\.responseModes must name at least one/],
  [
    'a fragment',
    { responseModes: ['fragment'] },
    /osir-oauth\.responseModes names the unknown mode fragment/,
  ],
  [
    'addresses and paths as resources are right',
    { resources: { 'https://a.example/v1': 'A', '/b': 'B' } },
    undefined,
  ],
  ['details of a type that no platform has', { authorizationDetails: ['x'] }, /authorizationDetails names x/],
  [
    'a resource with a query',
    { resources: { 'https://a.example/?x': 'A' } },
    /osir-oauth\.resources: https:\/\/a\.example/,
  ],
  ['a resource without TLS', { resources: { 'http://a.example/': 'A' } }, /osir-oauth\.resources/],
]
for (const [name, setting, problem] of rows) {
  test(`settings of an apps door: ${name}`, () => {
    const platforms = config.platforms.map((platform) => ({
      ...platform,
      doors: platform.doors.map((door) => (door.id === 'osir-oauth' ? { ...door, ...setting } : door)),
    }))
    const problems = checkDoors(platforms)
    if (problem === undefined) assert.deepEqual(problems, [])
    else assert.match(problems.join('\n'), problem)
  })
}
