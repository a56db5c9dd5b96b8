import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import express from 'express'

/** A request and its answer as Express hands them to a middleware. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Makes exchanges that no socket has carried: what is measured is the middleware, not HTTP. */
export function createExchanges(): (headers: Readonly<Record<string, string>>) => Exchange {
  const app = express()
  const socket = new Socket()
  return (headers) => {
    const request = new IncomingMessage(socket)
    Object.assign(request, { method: 'GET', url: '/v1/domains', originalUrl: '/v1/domains', query: {} })
    Object.assign(request.headers, { host: 'api.example', ...headers })
    for (const [name, value] of Object.entries(request.headers)) request.rawHeaders.push(name, String(value))
    Object.setPrototypeOf(request, app.request)
    const response = new ServerResponse(request)
    Object.setPrototypeOf(response, app.response)
    return { request, response }
  }
}

/** Runs a middleware; resolves when it hands the request on. */
export function passed(
  run: (next: (error?: unknown) => void) => unknown,
  { response }: Exchange,
): Promise<void> {
  return new Promise((resolve, reject) => {
    response.end = () => {
      reject(new Error(`refused with ${response.statusCode}`))
      return response
    }
    run((error) => (error ? reject(error) : resolve()))
  })
}
