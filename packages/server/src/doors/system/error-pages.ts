import { type ErrorCode, ProtocolError, statusOf } from '@sallyport/protocol'
import { errorCodePage } from '../../pages/index.ts'
import type { Endpoint } from '../door.ts'
import { page, refuseAsPage } from '../page.ts'
import { errorTexts } from './error-texts.ts'

const codes = Object.keys(errorTexts) as ErrorCode[]

/** A page for every error code, so that whoever sees one in an answer can read what to do. */
export function errorPageEndpoint(): Endpoint {
  return {
    path: '/errors/{code}',
    refuse: refuseAsPage,
    methods: {
      GET(request) {
        const code = codes.find((known) => known === request.params['code'])
        if (!code) throw new ProtocolError('not_found', 'There is no such error code.')
        return page(errorCodePage({ code, status: statusOf(code), ...errorTexts[code] }))
      },
    },
  }
}
