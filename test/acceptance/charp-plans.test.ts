import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { adminToken, call, fresh } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { changeVendor, newVendor, refreshVendor, vendorTokens } from '../support/vendors.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const get = (path: string, bearer: string) => call(server, path, { bearer })

test('CHARP-19 the plan decides which APIs open', async () => {
  const expected = { Free: [200, 403, 403], Standard: [200, 200, 403], Enterprise: [200, 200, 200] }
  for (const [plan, statuses] of Object.entries(expected)) {
    const { access } = await vendorTokens(server, await newVendor(server, plan))
    const got = [await get('/brands', access), await get('/campaigns', access), await get('/tools', access)]
    assert.deepEqual(
      got.map(({ status }) => status),
      statuses,
      plan,
    )
  }
})

test('CHARP-20 a refusal names both plans, and nothing was done', async () => {
  const { access } = await vendorTokens(server)
  const refused = await get('/campaigns', access)
  assert.equal(refused.status, 403)
  assert.equal(refused.json['error'], 'plan_required')
  assert.equal(refused.json['required_plan'], 'Standard')
  assert.equal(refused.json['current_plan'], 'Free')
  const vendor = await newVendor(server, 'Standard')
  const tokens = await vendorTokens(server, vendor)
  const brand = text(
    await call(server, '/brands', { json: { name: 'b' }, bearer: tokens.access }),
    'brand_id',
  )
  await changeVendor(server, vendor, { plan: 'Free' })
  assert.equal(
    (await call(server, '/campaigns', { json: { brand_id: brand, name: 'c' }, bearer: tokens.access }))
      .status,
    403,
  )
  await changeVendor(server, vendor, { plan: 'Standard' })
  assert.deepEqual((await get('/campaigns', tokens.access)).json, [])
})

test('CHARP-21 a changed plan counts at the next request, with the token as it is', async () => {
  const vendor = await newVendor(server)
  const { access } = await vendorTokens(server, vendor)
  assert.equal((await get('/campaigns', access)).status, 403)
  assert.equal((await changeVendor(server, vendor, { plan: 'Standard' })).json['plan'], 'Standard')
  assert.equal((await get('/campaigns', access)).status, 200)
  await changeVendor(server, vendor, { plan: 'Free' })
  assert.equal((await get('/campaigns', access)).status, 403)
})

test('CHARP-22 a suspended and a deleted vendor are out at once, everywhere', async () => {
  const [suspended, deleted] = [await newVendor(server), await newVendor(server)]
  const tokens = [await vendorTokens(server, suspended), await vendorTokens(server, deleted)]
  await changeVendor(server, suspended, { status: 'suspended' })
  const gone = await call(server, `/vendors/${deleted.vendor_id}`, {
    method: 'DELETE',
    bearer: await adminToken(server),
  })
  assert.equal(gone.status, 204)
  for (const [index, vendor] of [suspended, deleted].entries()) {
    const { access = '', refresh = '' } = tokens[index] ?? {}
    assert.equal((await get('/brands', access)).status, 401)
    const { client_id, client_secret } = vendor
    const again = await call(server, '/auth/token', { json: { client_id, client_secret } })
    assert.equal(again.status, 401)
    assert.equal(again.json['error'], 'invalid_client')
    assert.equal((await refreshVendor(server, refresh)).status, 401)
  }
  await changeVendor(server, suspended, { status: 'active' })
  assert.equal((await vendorTokens(server, suspended)).access.length > 0, true)
})

test('CHARP-23 another vendor’s brand does not exist', async () => {
  const [mine, theirs] = [await vendorTokens(server), await vendorTokens(server)]
  const made = await call(server, '/brands', { json: { name: fresh('brand') }, bearer: theirs.access })
  assert.equal(made.status, 200)
  assert.equal((await get(`/brands/${text(made, 'brand_id')}`, mine.access)).status, 404)
  assert.equal((await get(`/brands/${text(made, 'brand_id')}`, theirs.access)).status, 200)
})

test('CHARP-25 only a bearer credential is one, in any case', async () => {
  const { access, client_id, secret } = await vendorTokens(server)
  const by = (Authorization: string) => call(server, '/brands', { headers: { Authorization } })
  assert.equal((await call(server, '/brands')).status, 401)
  assert.equal((await by(`Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`)).status, 401)
  assert.equal((await by(`bearer ${access}`)).status, 200)
})

test('CHARP-27 a plan’s limit is told and held, and another plan’s is another', async () => {
  const limited = await startServer({
    realLimits: true,
    limits: {
      'charp-api': {
        style: 'seconds',
        plans: { Enterprise: [{ limit: 100, window: 60 }] },
        otherwise: [{ limit: 3, window: 60 }],
      },
    },
  })
  try {
    const [free, enterprise] = [limited.demo.vendors['free'], limited.demo.vendors['enterprise']]
    const bearers = await Promise.all(
      [free, enterprise].map(async (json) =>
        text(await call(limited, '/auth/token', { json }), 'access_token'),
      ),
    )
    const ask = (bearer = '') => call(limited, '/brands', { bearer })
    for (const left of ['2', '1', '0']) {
      const answer = await ask(bearers[0])
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['x-ratelimit-limit'], '3')
      assert.equal(answer.headers['x-ratelimit-remaining'], left)
    }
    const over = await ask(bearers[0])
    assert.equal(over.status, 429)
    assert.equal(over.json['error'], 'rate_limited')
    assert.ok(Number(over.headers['retry-after']) > 0)
    assert.equal(over.headers['x-ratelimit-remaining'], '0')
    assert.equal((await ask(bearers[1])).status, 200)
    await limited.advance(60)
    assert.equal((await ask(bearers[0])).status, 200)
  } finally {
    await limited.close()
  }
})

test('CHARP-30 vendors are registered by administrators, on plans that there are', async () => {
  const json = { name: 'x', email: 'x@example.com', plan: 'Gold' }
  const gold = await call(server, '/vendors', { json, bearer: await adminToken(server) })
  assert.equal(gold.status, 400)
  assert.match(gold.text, /Free, Standard, Enterprise/)
  const { access } = await vendorTokens(server)
  assert.equal(
    (await call(server, '/vendors', { json: { ...json, plan: 'Free' }, bearer: access })).status,
    403,
  )
  assert.equal((await call(server, '/vendors', { json })).status, 401)
})
