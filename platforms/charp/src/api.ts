import { type ApiCall, type ApiRoute, jsonAnswer, type PlatformHost, type Tables } from 'sallyport'
import { ProtocolError } from '@sallyport/protocol'
import { rule } from './rule.ts'

const vendorOf = ({ principal }: ApiCall) => principal.team?.id ?? ''

function readName(body: Readonly<Record<string, unknown>>): string {
  const { name } = body
  if (typeof name === 'string' && name.trim() !== '' && name.length <= 200) return name.trim()
  throw new ProtocolError('invalid_request', 'name must be text of 1 to 200 characters')
}

/** Brands, for every plan. */
export function brandRoutes(tables: Tables, host: PlatformHost): readonly ApiRoute[] {
  const columns = 'SELECT brand_id, name, vendor_id FROM charp_brand'
  return [
    {
      method: 'GET',
      path: '/brands',
      rule: rule('Free'),
      handle: async (call) =>
        jsonAnswer(
          200,
          await tables.query(`${columns} WHERE vendor_id = $1 ORDER BY brand_id`, [vendorOf(call)]),
        ),
    },
    {
      method: 'POST',
      path: '/brands',
      rule: rule('Free'),
      async handle(call) {
        const name = readName(await call.json())
        const brand = { brand_id: host.newId('brand_'), name, vendor_id: vendorOf(call) }
        await tables.write(
          'INSERT INTO charp_brand (brand_id, vendor_id, name, created_at) VALUES ($1, $2, $3, $4)',
          [brand.brand_id, brand.vendor_id, name, host.now()],
        )
        return jsonAnswer(200, brand)
      },
    },
    {
      method: 'GET',
      path: '/brands/{brandId}',
      rule: rule('Free'),
      async handle(call) {
        const [brand] = await tables.query(`${columns} WHERE vendor_id = $1 AND brand_id = $2`, [
          vendorOf(call),
          call.params['brandId'] ?? '',
        ])
        if (!brand) throw new ProtocolError('not_found', 'no such brand')
        return jsonAnswer(200, brand)
      },
    },
  ]
}

/** Campaigns, from Standard up. */
export function campaignRoutes(
  tables: Tables,
  host: Pick<PlatformHost, 'newId' | 'now'>,
): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/campaigns',
      rule: rule('Standard'),
      handle: async (call) =>
        jsonAnswer(
          200,
          await tables.query(
            'SELECT campaign_id, brand_id, name, status FROM charp_campaign WHERE vendor_id = $1 ORDER BY campaign_id',
            [vendorOf(call)],
          ),
        ),
    },
    {
      method: 'POST',
      path: '/campaigns',
      rule: rule('Standard'),
      async handle(call) {
        const body = await call.json()
        const name = readName(body)
        const { brand_id: brandId } = body
        if (typeof brandId !== 'string' || brandId === '')
          throw new ProtocolError('invalid_request', 'brand_id must be the id of a brand')
        const [brand] = await tables.query(
          'SELECT brand_id FROM charp_brand WHERE vendor_id = $1 AND brand_id = $2',
          [vendorOf(call), brandId],
        )
        if (!brand) throw new ProtocolError('not_found', 'no such brand')
        const campaign = { campaign_id: host.newId('campaign_'), brand_id: brandId, name, status: 'pending' }
        await tables.write(
          'INSERT INTO charp_campaign (campaign_id, vendor_id, brand_id, name, status, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
          [campaign.campaign_id, vendorOf(call), brandId, name, campaign.status, host.now()],
        )
        return jsonAnswer(200, campaign)
      },
    },
  ]
}

/** Tools, for Enterprise. */
export function toolRoutes(tables: Tables): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/tools',
      rule: rule('Enterprise'),
      handle: async () =>
        jsonAnswer(200, await tables.query('SELECT tool_id, name FROM charp_tool ORDER BY tool_id', [])),
    },
  ]
}
