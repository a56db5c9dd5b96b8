#!/usr/bin/env node
import { Command } from 'commander'
import { doctor, type DoctorOptions } from './doctor.ts'
import { explainFailure } from './explain.ts'
import { reencryptKeys, rotateKeys } from './keys.ts'
import { serve } from './serve.ts'
import { startDemo } from './start.ts'

const program = new Command('sallyport').description('The whole front door of an API platform')

program
  .command('start')
  .description(
    'start for trying things out; with --demo on an empty folder, demonstration data is made and shown',
  )
  .option('--demo', 'make demonstration data when the data folder is empty', false)
  .option('--config <file>', 'configuration file', 'sallyport.config.ts')
  .action((options: { readonly demo: boolean; readonly config: string }) => startDemo(options))

program
  .command('serve')
  .description('start in production; says what is missing and stops when the configuration is not complete')
  .option('--config <file>', 'configuration file', 'sallyport.config.ts')
  .action((options: { readonly config: string }) => serve(options))

const keys = program.command('keys').description('signing keys, and the secret that they are encrypted with')
keys
  .command('rotate')
  .description('add a signing key; it is published first and signs ten minutes later')
  .option('--config <file>', 'configuration file', 'sallyport.config.ts')
  .action((options: { readonly config: string }) => rotateKeys(options))
keys
  .command('reencrypt')
  .description('encrypt all keys with SALLYPORT_SECRET that are encrypted with SALLYPORT_PREVIOUS_SECRET')
  .action(() => reencryptKeys())

const several = (value: string, before: readonly string[] = []) => [...before, ...value.split(',')]

program
  .command('doctor [issuer]')
  .description('look at a running server and at the configuration here; exits with 1 where something fails')
  .option('--config <file>', 'configuration file', 'sallyport.config.ts')
  .option('--json', 'for machines', false)
  .option('--profile <names>', 'judge by these alone: operation, bcp, fapi, mcp', several)
  .option('--client-id <id>', 'a registered client, to see how its requests are judged')
  .option('--redirect-uri <address>', 'its redirect address')
  .option('--resource <address>', 'the API behind, an MCP server for instance')
  .action((issuer: string | undefined, options: DoctorOptions) => doctor(issuer, options))

try {
  await program.parseAsync()
} catch (error) {
  // The end of the line: nobody above could make anything else of it.
  process.stderr.write(`sallyport: ${explainFailure(error)}\n`)
  process.exitCode = 1
}
