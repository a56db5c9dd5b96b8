import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** One scope in plain words. */
export interface DescribedScope {
  readonly value: string
  readonly description: string
  /** What the person should know about this one, such as that part of it is not theirs to give. */
  readonly note?: string | undefined
}

/** A team as people know it. */
export interface NamedTeam {
  readonly slug: string
  readonly name: string
}

/** The client belongs to a team, or the request named one: nothing to choose. */
export interface FixedTeam {
  readonly fixed: NamedTeam
}

/** The person chooses one of their teams, posted as `team`. */
export interface TeamChoice {
  readonly choose: readonly (NamedTeam & { readonly selected: boolean })[]
  readonly notice?: string | undefined
}

/** The consent form. It posts `csrf`, `request`, `decision` (`approve` or `deny`), and `scope` and `team` when there is a choice. */
export interface ConsentModel {
  readonly action: string
  readonly csrf: string
  /** The validated authorization request, sealed by the server: nothing a browser can alter decides anything. */
  readonly request: string
  readonly clientName: string
  /** Host of the redirect URI: a name can be borrowed, this can't. */
  readonly clientHost: string
  readonly email: string
  readonly scopes: readonly DescribedScope[]
  /** Whether the person may leave scopes out. */
  readonly narrowable: boolean
  /** What it wants to do in detail, a line each. */
  readonly details?: readonly string[]
  /** What it would be told beside that, in words. */
  readonly claims?: readonly string[]
  /** The only APIs that it is for; none: no such limit. */
  readonly resources?: readonly { readonly identifier: string; readonly name: string }[]
  readonly teams: FixedTeam | TeamChoice | undefined
  readonly warning?: string | undefined
  /** Where the app comes from, for one that no administrator registered. */
  readonly unknown?: UnknownApp | undefined
}

/** What can be said of an app that nobody here has looked at. */
export interface UnknownApp {
  /** Host of the document that describes it, which is proven; `undefined` where it only said something of itself. */
  readonly documentHost?: string | undefined
  /** The answer goes to a program on the person's own machine: any program there can claim to be this app. */
  readonly local: boolean
}

/** What an app may be allowed, for a template whose model has `scopes` and `narrowable`. */
export const scopeFields = `<% if (it.scopes.length === 0) { %><p>It asks for no permissions beyond knowing who you are.</p><% } else if (it.narrowable) { %>
<fieldset>
<legend>It would be able to</legend>
<% it.scopes.forEach((scope, n) => { %><div class="choice">
<input type="checkbox" id="scope-<%= n %>" name="scope" value="<%= scope.value %>" checked<% if (scope.note) { %> aria-describedby="scope-note-<%= n %>"<% } %>>
<label for="scope-<%= n %>"><bdi><%= scope.description %></bdi> <code><%= scope.value %></code></label>
<% if (scope.note) { %><p class="hint" id="scope-note-<%= n %>"><%= scope.note %></p><% } %>
</div><% }) %>
</fieldset>
<% } else { %>
<h2>It would be able to</h2>
<ul class="scopes">
<% for (const scope of it.scopes) { %><li><bdi><%= scope.description %></bdi> <code><%= scope.value %></code><% if (scope.note) { %><p class="hint"><%= scope.note %></p><% } %></li><% } %>
</ul>
<% } %>`

/** What it wants in detail, for a template whose model has `details`. */
export const detailFields = `<% if (it.details?.length) { %>
<h2>This time it wants to</h2>
<ul class="scopes">
<% for (const detail of it.details) { %><li><bdi><%= detail %></bdi></li><% } %>
</ul>
<% } %>`

const claims = `<% if (it.claims?.length) { %>
<h2>It would be told</h2>
<ul class="scopes">
<% for (const claim of it.claims) { %><li><%= claim %></li><% } %>
</ul>
<% } %>`

/** Where alone it could, for a template whose model has `resources`. */
export const resourceFields = `<% if (it.resources?.length) { %>
<h2>Only at</h2>
<ul class="scopes">
<% for (const resource of it.resources) { %><li><bdi><%= resource.name %></bdi> <code><%= resource.identifier %></code></li><% } %>
</ul>
<% } %>`

/** In which team, for a template whose model has `teams`. */
export const teamFields = `<% if (it.teams?.fixed) { %>
<h2>In team</h2>
<p class="team"><bdi><%= it.teams.fixed.name %></bdi> <code><%= it.teams.fixed.slug %></code></p>
<% } else if (it.teams) { %>
<fieldset<% if (it.teams.notice) { %> aria-describedby="team-notice"<% } %>>
<legend>In which team?</legend>
<% if (it.teams.notice) { %><p class="alert" id="team-notice"><%= it.teams.notice %></p><% } %>
<% it.teams.choose.forEach((team, n) => { %><div class="choice">
<input type="radio" id="team-<%= n %>" name="team" value="<%= team.slug %>" required<% if (team.selected) { %> checked<% } %>>
<label for="team-<%= n %>"><bdi><%= team.name %></bdi> <code><%= team.slug %></code></label>
</div><% }) %>
</fieldset>
<% } %>`

/** Who says what the app is called, for a template whose model has `unknown`. */
export const unknownWords = `<% if (it.unknown.documentHost) { %><p>It is described by <strong><bdi><%= it.unknown.documentHost %></bdi></strong>. Nobody here has looked at it.</p>
<% } else { %><p>This app registered itself. Its name is its own word, and nobody here has looked at it.</p>
<% } %>`

/** And where it is, for a template whose model has `unknown` and `clientHost`. */
export const unknownFields = (
  goesTo: string,
) => `<% if (it.unknown) { %><div class="alert caution" id="unknown-app">
${unknownWords}<p>${goesTo} <strong><bdi><%= it.clientHost %></bdi></strong><% if (it.unknown.local) { %>, a program on your own computer. Go on only if you started it yourself just now<% } %>.</p>
</div><% } %>`

// Approve comes first so that Enter on a choice means the visible main button; nothing has focus at first, so no stray key approves.
const template = compileTemplate<ConsentModel>(`<div class="card">
<h1><bdi><%= it.clientName %></bdi> wants to use your account</h1>
<p class="lead">Signed in as <strong><bdi><%= it.email %></bdi></strong></p>
${unknownFields('Your answer goes to')}
<% if (it.warning) { %><p class="alert caution" role="alert"><%= it.warning %></p><% } %>
<form method="post" action="<%= it.address(it.action) %>">
<input type="hidden" name="csrf" value="<%= it.csrf %>">
<input type="hidden" name="request" value="<%= it.request %>">
${detailFields}
${scopeFields}
${claims}
${resourceFields}
${teamFields}
<p class="hint going">Either way you go back to <strong><bdi><%= it.clientHost %></bdi></strong>. Approve only if you trust it; you can disconnect it later.</p>
<div class="actions">
<button class="primary" type="submit" name="decision" value="approve">Approve</button>
<button type="submit" name="decision" value="deny" formnovalidate>Cancel</button>
</div>
</form>
</div>`)

/** Where a person decides whether an app may act for them, with which scopes and in which team. @see RFC 6749 §4.1.1, §10.2 */
export function consentPage(model: ConsentModel): string {
  return renderPage({ title: 'Allow access', body: template(model) })
}
