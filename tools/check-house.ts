/** Holds the repository to the rules of the house (tools/house). Prints one line per broken rule. */
import { fileURLToPath } from 'node:url'
import { checkFiles } from './house/check.ts'
import { readFiles } from './house/files.ts'

const files = readFiles(fileURLToPath(new URL('..', import.meta.url)))
const broken = checkFiles(files)

for (const { path, line, rule, message } of broken) console.error(`${path}:${line} ${rule}: ${message}`)
console.log(`${files.size} files, ${broken.length} broken rules`)
process.exitCode = broken.length > 0 ? 1 : 0
