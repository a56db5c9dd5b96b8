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
  const { error_description: description, ...told } = refused.json
  assert.equal(refused.status, 403)
  assert.deepEqual(told, { error: 'plan_required', required_plan: 'Standard', current_plan: 'Free' })
  assert.equal(typeof description, 'string')
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
  // Used before, so that whatever is remembered of a vendor is remembered by now.
  for (const { access } of tokens) assert.equal((await get('/brands', access)).status, 200)
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
    const wrong = await call(server, '/auth/token', { json: { client_id, client_secret: 'wrong' } })
    assert.equal(again.text, wrong.text, 'nobody learns from it that the secret is right')
    const refreshed = await refreshVendor(server, refresh)
    assert.equal(refreshed.status, 401)
    assert.equal(refreshed.json['error'], 'invalid_grant')
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
  const limited = await startServer({ realLimits: true })
  try {
    const [free, enterprise] = [limited.demo.vendors['free'], limited.demo.vendors['enterprise']]
    const bearers = await Promise.all(
      [free, enterprise].map(async (json) =>
        text(await call(limited, '/auth/token', { json }), 'access_token'),
      ),
    )
    const ask = (bearer = '') => call(limited, '/brands', { bearer })
    for (let left = 59; left >= 0; left -= 1) {
      const answer = await ask(bearers[0])
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['x-ratelimit-limit'], '60')
      assert.equal(answer.headers['x-ratelimit-remaining'], String(left))
      assert.equal(answer.headers['x-ratelimit-reset'], '60')
    }
    await limited.advance(20)
    const over = await ask(bearers[0])
    assert.equal(over.status, 429)
    assert.equal(over.json['error'], 'rate_limited')
    assert.equal(over.headers['retry-after'], '40')
    assert.equal(over.headers['x-ratelimit-limit'], '60')
    assert.equal(over.headers['x-ratelimit-remaining'], '0')
    assert.equal(over.headers['x-ratelimit-reset'], '40')
    const other = await ask(bearers[1])
    assert.equal(other.status, 200)
    assert.equal(other.headers['x-ratelimit-limit'], '1000')
    await limited.advance(40)
    assert.equal((await ask(bearers[0])).status, 200)
  } finally {
    await limited.close()
  }
})

test('CHARP-30 vendors are registered by administrators, on plans that there are', async () => {
  const json = { name: 'x', email: 'x@example.com', plan: 'Gold' }
  const gold = await call(server, '/vendors', { json, bearer: await adminToken(server) })
  assert.equal(gold.status, 400)
  assert.equal(gold.json['error'], 'invalid_request')
  assert.match(gold.text, /Free, Standard, Enterprise/)
  const { access } = await vendorTokens(server)
  const refused = await call(server, '/vendors', { json: { ...json, plan: 'Free' }, bearer: access })
  assert.equal(refused.status, 403)
  assert.equal(refused.json['error'], 'access_denied')
  assert.equal((await call(server, '/vendors', { json })).status, 401)
})
