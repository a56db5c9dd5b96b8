import { registerHooks } from 'node:module'

// The tests resolve this project's packages by the condition `source`; a dependency of the SDK has files under the same name that
// no Node can run where they lie.
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('eventsource')) return next(specifier, context)
    return next(specifier, { ...context, conditions: context.conditions.filter((one) => one !== 'source') })
  },
})

/** The official TypeScript SDK of MCP for clients. */
export const sdk = await import('@modelcontextprotocol/client')
