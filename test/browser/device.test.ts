import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chromiumPath, type RealBrowser, startChromium } from '../support/chromium.ts'
import {
  askForDevice,
  grantType,
  newDeviceApp,
  pollDevice,
  somebody,
  type Somebody,
  startWith,
} from '../support/grants.ts'
import { text } from '../support/http.ts'
import type { TestServer } from '../support/server.ts'

// A device's person in a real browser with its scripts switched off, from the link on the device to the last page.
let server: TestServer
let browser: RealBrowser
let who: Somebody

const skip = chromiumPath === undefined && 'Chromium is not installed on this machine; CI installs it'

describe('a device, in Chromium without scripts', { skip }, () => {
  before(async () => {
    server = await startWith([grantType.device])
    who = await somebody(server)
    browser = await startChromium({ javaScriptEnabled: false })
  })
  after(async () => {
    await browser.close()
    await server.close()
  })

  test('from the link: sign in, compare, approve, and the device has its tokens', async () => {
    const app = await newDeviceApp(server)
    const asked = await askForDevice(server, app)
    const page = await browser.context.newPage()
    await page.goto(text(asked, 'verification_uri_complete'))
    await page.getByLabel(/e-?mail/i).fill(who.person.email)
    await page.getByLabel(/password/i).fill(who.person.password)
    await page.getByRole('button', { name: /sign in/i }).click()

    assert.equal(await page.getByLabel('Code').inputValue(), text(asked, 'user_code'))
    await page.getByRole('button', { name: 'Continue' }).click()
    assert.match(await page.content(), /Living room screen/)
    assert.ok((await page.content()).includes(text(asked, 'user_code')))
    await page.getByLabel(/See chat sessions/).uncheck()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: /is connected/ }).waitFor()

    const tokens = await pollDevice(server, app, text(asked, 'device_code'))
    assert.equal(tokens.json['scope'], 'chatbot:read')
    await page.getByRole('link', { name: /account page/ }).click()
    await page.getByRole('button', { name: /Disconnect Living room screen/ }).waitFor()
    await page.close()
  })

  test('a wrong code is told on the page, and cancelling ends at the device', async () => {
    const app = await newDeviceApp(server)
    const asked = await askForDevice(server, app)
    const page = await browser.context.newPage()
    await page.goto(`${server.base}/device`)
    await page.getByLabel('Code').fill('bbbb bbbb')
    await page.getByRole('button', { name: 'Continue' }).click()
    assert.match(await page.getByRole('alert').innerText(), /not right/)
    await page.getByLabel('Code').fill(text(asked, 'user_code').toLowerCase())
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: /Nothing was allowed/ }).waitFor()
    assert.equal((await pollDevice(server, app, text(asked, 'device_code'))).json['error'], 'access_denied')
    await page.close()
  })
})
