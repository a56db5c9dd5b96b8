import { renderPage } from './layout.ts'
import { type ShownMoment, showMoment } from './moment.ts'
import { compileTemplate } from './template.ts'

/** An app the person approved. `revokeAction` is posted with `csrf` alone. */
export interface ConnectedApp {
  readonly clientId: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly team?: string | undefined
  /** ISO 8601, or text to be shown as it is. */
  readonly grantedAt: string
  readonly revokeAction: string
}

/** An API key as it may be shown after its first day: never the secret. */
export interface ListedKey {
  readonly keyId: string
  readonly name: string
  readonly preview: string
  readonly environment: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly lastUsedAt?: string | undefined
  readonly revokeAction: string
}

/** What an app asks of the person without a browser, and that waits for them. */
export interface WaitingRequest {
  readonly name: string
  readonly href: string
  /** What the app shows too. */
  readonly compare?: string | undefined
}

/** The account page. Creating a key posts `csrf`, `name`, `environment` and any number of `scope`. */
export interface AccountModel {
  readonly csrf: string
  readonly email: string
  /** Shown first: it doesn’t wait for long. */
  readonly waiting?: readonly WaitingRequest[]
  readonly apps: readonly ConnectedApp[]
  readonly keys: readonly ListedKey[]
  /** A key just made. This answer is the only one that ever holds it. */
  readonly newKey?: string | undefined
  readonly createKeyAction: string
  readonly keyScopes: readonly { readonly value: string; readonly description: string }[]
  /** Offered for a new key, the first one chosen; with one or none there is nothing to choose and nothing is posted. */
  readonly keyEnvironments?: readonly string[] | undefined
  readonly signOutAction: string
  readonly notice?: string | undefined
}

interface AccountView extends AccountModel {
  readonly environments: readonly string[]
  readonly show: (moment: string) => ShownMoment
}

const moment = (value: string) =>
  `<% { const at = it.show(${value}); if (at.iso) { %><time datetime="<%= at.iso %>"><%= at.text %></time><% } else { %><%= at.text %><% } } %>`

const scopeList = (value: string) =>
  `<% if (${value}.length) { %><ul class="tags" aria-label="Scopes"><% for (const scope of ${value}) { %><li><code><%= scope %></code></li><% } %></ul><% } %>`

const csrf = '<input type="hidden" name="csrf" value="<%= it.csrf %>">'

const waiting = `<% if (it.waiting?.length) { %><section class="card" aria-labelledby="waiting">
<h2 id="waiting">Waiting for you</h2>
<ul class="rows">
<% for (const one of it.waiting) { %><li>
<div class="what">
<h3><bdi><%= one.name %></bdi></h3>
<p class="hint">Wants to use your account<% if (one.compare) { %> · <bdi><%= one.compare %></bdi><% } %></p>
</div>
<a class="button small" href="<%= it.address(one.href) %>">Look at it<span class="unseen">: <%= one.name %></span></a>
</li><% } %>
</ul>
</section><% } %>`

const apps = `<section class="card" aria-labelledby="apps">
<h2 id="apps">Connected apps</h2>
<% if (it.apps.length === 0) { %><p class="empty">No app can use your account.</p><% } else { %><ul class="rows">
<% for (const app of it.apps) { %><li>
<div class="what">
<h3><bdi><%= app.name %></bdi></h3>
<p class="hint"><% if (app.team) { %>Team <bdi><%= app.team %></bdi> · <% } %>Connected ${moment('app.grantedAt')} · <code><%= app.clientId %></code></p>
${scopeList('app.scopes')}
</div>
<form method="post" action="<%= it.address(app.revokeAction) %>">
${csrf}
<button class="small risky" type="submit">Disconnect<span class="unseen"> <%= app.name %></span></button>
</form>
</li><% } %>
</ul><% } %>
</section>`

const keys = `<section class="card" aria-labelledby="keys">
<h2 id="keys">API keys</h2>
<% if (it.keys.length === 0) { %><p class="empty">You have no API keys.</p><% } else { %><ul class="rows">
<% for (const key of it.keys) { %><li>
<div class="what">
<h3><bdi><%= key.name %></bdi> <span class="badge"><%= key.environment %></span></h3>
<p class="hint"><code><%= key.preview %></code> · Created ${moment('key.createdAt')} · <% if (key.lastUsedAt) { %>Last used ${moment('key.lastUsedAt')}<% } else { %>Never used<% } %></p>
${scopeList('key.scopes')}
</div>
<form method="post" action="<%= it.address(key.revokeAction) %>">
${csrf}
<button class="small risky" type="submit">Revoke<span class="unseen"> <%= key.name %>, <%= key.keyId %></span></button>
</form>
</li><% } %>
</ul><% } %>
</section>`

const createKey = `<section class="card" aria-labelledby="create">
<h2 id="create">Create an API key</h2>
<form method="post" action="<%= it.address(it.createKeyAction) %>">
${csrf}
<div class="field">
<label for="key-name">Name</label>
<input id="key-name" name="name" type="text" autocomplete="off" maxlength="100" required aria-describedby="key-name-hint">
<p class="hint" id="key-name-hint">Where it will be used, so that you know it again.</p>
</div>
<% if (it.environments.length > 1) { %><fieldset class="inline">
<legend>Environment</legend>
<% it.environments.forEach((environment, n) => { %><div class="choice">
<input type="radio" id="environment-<%= n %>" name="environment" value="<%= environment %>"<% if (n === 0) { %> checked<% } %>>
<label for="environment-<%= n %>"><%= environment %></label>
</div><% }) %>
</fieldset><% } %>
<% if (it.keyScopes.length) { %><fieldset>
<legend>What it may do</legend>
<% it.keyScopes.forEach((scope, n) => { %><div class="choice">
<input type="checkbox" id="key-scope-<%= n %>" name="scope" value="<%= scope.value %>">
<label for="key-scope-<%= n %>"><bdi><%= scope.description %></bdi> <code><%= scope.value %></code></label>
</div><% }) %>
</fieldset><% } %>
<button class="primary fit" type="submit">Create key</button>
</form>
</section>`

const template = compileTemplate<AccountView>(`<div class="top">
<div>
<h1>Your account</h1>
<p class="lead"><bdi><%= it.email %></bdi></p>
</div>
<form method="post" action="<%= it.address(it.signOutAction) %>">
${csrf}
<button class="small" type="submit">Sign out</button>
</form>
</div>
<% if (it.notice) { %><p class="alert" role="status"><%= it.notice %></p><% } %>
<% if (it.newKey) { %><section class="alert good" aria-labelledby="new-key">
<h2 id="new-key">Your new API key</h2>
<p><code class="secret"><%= it.newKey %></code></p>
<p>Copy it now and keep it safe. It is not shown again.</p>
</section><% } %>
${waiting}
${apps}
${keys}
${createKey}`)

/** The portal: the apps a person connected, their API keys, and the way out. */
export function accountPage(model: AccountModel): string {
  const view: AccountView = {
    ...model,
    environments: model.keyEnvironments ?? ['live', 'test'],
    show: showMoment,
  }
  return renderPage({ title: 'Your account', body: template(view), wide: true })
}
