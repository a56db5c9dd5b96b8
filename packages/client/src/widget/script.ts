import { isFinal, problemCode, problemWords, waitAfter } from './decide.ts'
import { installWidget, pageOf } from './page.ts'
import {
  createProblem,
  askForSession,
  tell,
  createWidget,
  keptSession,
  readSession,
  stateAfter,
  stateWith,
} from './session.ts'

/**
 * Everything that runs in the page. What a function says of itself is its text without its types, so the script is what
 * the tests import: there is no second source, no bundler and nothing generated in the repository.
 */
const parts = [
  problemCode,
  isFinal,
  waitAfter,
  problemWords,
  readSession,
  keptSession,
  createProblem,
  askForSession,
  tell,
  stateWith,
  stateAfter,
  createWidget,
  pageOf,
  installWidget,
]

/** Without indentation, comment lines and the room that types have left. None of our texts has two spaces in a row. */
function squeeze(code: string): string {
  return code
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' '))
    .filter((line) => line !== '' && !line.startsWith('//'))
    .join('\n')
}

/** The script for pages: `<script src="…/widget.js" data-agent="…">`. Plain, without dependencies, for any strict policy. */
export function widgetScript(): string {
  const code = squeeze(parts.map(String).join('\n'))
  return `/* Sallyport widget, Apache-2.0 */\n(() => {\n'use strict'\n${code}\ninstallWidget(window)\n})()\n`
}
