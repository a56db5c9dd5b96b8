import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  accountPage,
  consentPage,
  errorPage,
  icon,
  signedOutPage,
  signInPage,
  signUpPage,
  stylesheet,
} from '../../src/pages/index.ts'
import { Markup, compileTemplate } from '../../src/pages/template.ts'
import { samples } from './samples.ts'

const tags = (html: string, name: string) => html.match(new RegExp(`<${name}\\b[^>]*>`, 'g')) ?? []
const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
const sampleOf = (name: string) => {
  const found = samples.find((sample) => sample.name === name)
  assert.ok(found)
  return found.render(found.model)
}

for (const { name, model, render } of samples) {
  const html = render(model)
  test(`markup: ${name} is one complete document without script or inline style`, () => {
    assert.match(html, /^<!doctype html>\n<html lang="en">/)
    assert.match(html, /<\/html>\n$/)
    assert.match(html, /<meta name="viewport" content="width=device-width, initial-scale=1">/)
    assert.doesNotMatch(html, /<script|<style|style=|\son[a-z]+=|javascript:/i)
    if (name !== 'form-post') assert.doesNotMatch(html, /https?:\/\//i)
    else assert.doesNotMatch(html, /csrf/)
    assert.doesNotMatch(html, /undefined|\[object|NaN|<%|%>/)
    for (const one of ['h1', 'main', 'title']) assert.equal(tags(html, one).length, 1, one)
  })

  test(`markup: ${name} labels every input and names no id twice`, () => {
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
    assert.equal(new Set(ids).size, ids.length)
    for (const input of tags(html, 'input').filter((tag) => attribute(tag, 'type') !== 'hidden')) {
      const id = attribute(input, 'id')
      assert.ok(id && html.includes(`<label for="${id}">`), input)
    }
    for (const [, list = ''] of html.matchAll(/aria-(?:describedby|labelledby)="([^"]*)"/g))
      for (const id of list.split(' ')) assert.ok(ids.includes(id), `aria names #${id}`)
  })

  // Its form is the app's: no token of ours may go there.
  if (name !== 'form-post')
    test(`markup: ${name} posts every form with the CSRF token`, () => {
      for (const form of html.match(/<form[\s\S]*?<\/form>/g) ?? []) {
        assert.match(form, /^<form method="post" action="\//)
        assert.match(form, /<input type="hidden" name="csrf" value="Zk3vQ8m1pXw7">/)
        assert.match(form, /<button [^>]*type="submit"/)
      }
    })

  test(`markup: ${name} gives focus to one field at most`, () => {
    assert.ok((html.match(/ autofocus/g) ?? []).length <= 1)
  })
}

test('sign-in posts csrf, return, email and password, and tells a password manager which is which', () => {
  const html = sampleOf('sign-in')
  const names = tags(html, 'input').map((tag) => attribute(tag, 'name'))
  assert.deepEqual(names, ['csrf', 'return', 'email', 'password'])
  assert.match(html, /name="return" value="\/o\/authorize\/\?client_id=app&amp;state=a%20b"/)
  assert.match(html, /autocomplete="username"/)
  assert.match(html, /autocomplete="current-password"/)
  assert.match(sampleOf('sign-up'), /autocomplete="new-password" minlength="8"/)
})

test('sign-in keeps the email after a refusal and moves focus to the password', () => {
  const html = sampleOf('sign-in-refused')
  assert.match(html, /id="email"[^>]*value="ada@example.com"/)
  assert.match(html, /id="password"[^>]* autofocus/)
  assert.match(html, /role="alert"[^>]*>The email or password is not right\./)
})

test('sign-in without other ways offers none', () => {
  const html = signInPage({ action: '/sign-in', csrf: 'c', returnTo: '/' })
  assert.doesNotMatch(html, /Google|Create an account|continue to/)
})

test('sign-up says the length the server checks', () => {
  const html = signUpPage({ action: '/a', csrf: 'c', returnTo: '/', signInHref: '/b', minPasswordLength: 12 })
  assert.match(html, /minlength="12"/)
  assert.match(html, /At least 12 characters/)
})

test('consent names the app, its host, the person, one line per scope, and the team', () => {
  const html = sampleOf('consent')
  assert.match(html, /<h1><bdi>Lighthouse Notes<\/bdi> wants to use your account<\/h1>/)
  assert.match(html, /<bdi>notes\.lighthouse\.example<\/bdi>/)
  assert.match(html, /<bdi>ada@example\.com<\/bdi>/)
  assert.equal(tags(html, 'li').length, 3)
  assert.match(html, /<bdi>Read conversations<\/bdi> <code>session:read<\/code>/)
  assert.match(html, /<bdi>North Harbour<\/bdi> <code>north-harbour<\/code>/)
  assert.doesNotMatch(html, /name="(?:scope|team)"/)
})

test('consent offers exactly the scopes and teams it was given, every scope checked', () => {
  const inputs = tags(sampleOf('consent-choices'), 'input')
  const boxes = inputs.filter((tag) => attribute(tag, 'name') === 'scope')
  assert.deepEqual(
    boxes.map((tag) => attribute(tag, 'value')),
    ['chatbot:read', 'session:read', 'session:write'],
  )
  assert.ok(boxes.every((tag) => / checked\b/.test(tag)))
  const radios = inputs.filter((tag) => attribute(tag, 'name') === 'team')
  assert.deepEqual(
    radios.map((tag) => [attribute(tag, 'value'), / checked\b/.test(tag), / required\b/.test(tag)]),
    [
      ['north-harbour', true, true],
      ['research', false, true],
    ],
  )
})

test('consent has the two decisions and focuses neither', () => {
  const html = sampleOf('consent')
  const buttons = tags(html, 'button').map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')])
  assert.deepEqual(buttons, [
    ['decision', 'approve'],
    ['decision', 'deny'],
  ])
  assert.doesNotMatch(html, /autofocus/)
})

test('the title of a consent page is not the app’s to choose', () => {
  const html = consentPage({
    action: '/o',
    csrf: 'c',
    request: 'r',
    clientName: 'Sallyport \u202egnihsihp',
    clientHost: 'h.example',
    email: 'a@example.com',
    scopes: [],
    narrowable: false,
    teams: undefined,
  })
  assert.match(html, /<title>Allow access · Sallyport<\/title>/)
  assert.match(html, /<h1><bdi>Sallyport \u202egnihsihp<\/bdi> wants/)
})

test('an error page leads nowhere', () => {
  const html = errorPage({ status: 400, title: 'No', message: 'See https://evil.example' })
  assert.doesNotMatch(html, /<a\b|<form\b|http-equiv/)
})

test('the account page shows a new key once, dates in words, and which app each button is for', () => {
  const html = sampleOf('account-new-key')
  assert.equal(html.split('osir_live_8Zk3vQ1mXw7pLr5TnBc2JdHsYeGfA0k9Mq4W').length, 2)
  assert.match(html, /<time datetime="2026-03-04T09:12:00Z">4 Mar 2026<\/time>/)
  assert.match(html, /Connected yesterday/)
  assert.match(html, /Disconnect<span class="unseen"> Lighthouse Notes<\/span>/)
  assert.match(html, /action="\/account\/apps\/app_0197e1b2\/revoke"/)
  assert.doesNotMatch(sampleOf('account'), /not shown again/)
})

test('a new key chooses an environment only where there is a choice', () => {
  const model = {
    csrf: 'c',
    email: 'e',
    apps: [],
    keys: [],
    createKeyAction: '/k',
    keyScopes: [],
    signOutAction: '/s',
  }
  assert.doesNotMatch(accountPage({ ...model, keyEnvironments: ['live'] }), /name="environment"/)
  assert.match(accountPage(model), /name="environment" value="live" checked/)
})

test('assets are named by their content', () => {
  for (const [asset, extension] of [
    [stylesheet, 'css'],
    [icon, 'svg'],
  ] as const) {
    const hash = createHash('sha256').update(asset.body).digest('hex').slice(0, 12)
    assert.equal(asset.path, `/assets/${hash}.${extension}`)
    assert.ok(sampleOf('sign-in').includes(`href="${asset.path}"`))
  }
  assert.equal(stylesheet.contentType, 'text/css; charset=utf-8')
  assert.doesNotMatch(stylesheet.body, /url\(|@import/)
})

test('a template prints text, numbers and markup, and takes anything else for a mistake', () => {
  const render = compileTemplate<{ readonly value: unknown }>('<%= it.value %>')
  assert.equal(render({ value: '<&' }).toString(), '&lt;&amp;')
  assert.equal(render({ value: 7 }).toString(), '7')
  assert.equal(render({ value: new Markup('<b>') }).toString(), '<b>')
  for (const value of [undefined, null, {}, ['<b>'], true]) assert.throws(() => render({ value }), TypeError)
})

test('a frame may run and reach its own cookies, and can lead nowhere', () => {
  const frames = tags(sampleOf('signed-out-of-apps'), 'iframe')
  assert.equal(frames.length, 2)
  for (const frame of frames) {
    assert.equal(attribute(frame, 'sandbox'), 'allow-scripts allow-same-origin')
    assert.equal(attribute(frame, 'referrerpolicy'), 'no-referrer')
    assert.match(frame, / hidden /)
  }
})

test('an address may have the private scheme of an app, whose dot keeps scripts out', () => {
  const at = (returnHref: string) => signedOutPage({ signInHref: '/sign-in', returnHref })
  assert.match(at('com.example.app:/bye'), /href="com\.example\.app:\/bye"/)
  for (const wrong of [
    'javascript:alert(1)',
    'data:text/html,x',
    'com.example.app:',
    'a..b:/x',
    '.b:/x',
    'a.b:/\n',
  ])
    assert.throws(() => at(wrong), TypeError, wrong)
})

test('no template prints raw, and every address in one is checked', () => {
  for (const file of globSync('*.ts', { cwd: new URL('../../src/pages', import.meta.url).pathname })) {
    const source = readFileSync(new URL(`../../src/pages/${file}`, import.meta.url), 'utf8')
    assert.doesNotMatch(source, /<%~/, file)
    for (const [found] of source.matchAll(/ (?:href|action|src|formaction)="[^"]*"/g))
      assert.match(found, /="<%= it\.address\(/, `${file}: ${found}`)
  }
})
