import assert from 'node:assert/strict'

/** Waits for a condition; fails when it has not come true within ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.fail('what was waited for did not happen')
}
