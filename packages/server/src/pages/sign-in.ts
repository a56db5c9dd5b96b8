import { type UnknownApp, unknownFields } from './consent.ts'
import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** The sign-in form. It posts `csrf`, `return`, `email` and `password`. */
export interface SignInModel {
  readonly action: string
  readonly csrf: string
  /** Where to go afterwards; the server made it and checks it again. */
  readonly returnTo: string
  readonly email?: string | undefined
  readonly error?: string | undefined
  /** The app that sent the person here. */
  readonly clientName?: string | undefined
  /** Host of its redirect address. */
  readonly clientHost?: string | undefined
  /** Where it comes from, for one that no administrator registered. */
  readonly unknown?: UnknownApp | undefined
  readonly signUpHref?: string | undefined
  readonly googleHref?: string | undefined
}

const template = compileTemplate<SignInModel>(`<div class="card">
<h1>Sign in</h1>
<% if (it.clientName) { %><p class="lead">to continue to <strong><bdi><%= it.clientName %></bdi></strong></p><% } %>
${unknownFields('You would go back to')}
<% if (it.error) { %><p class="alert danger" role="alert" id="error"><%= it.error %></p><% } %>
<form method="post" action="<%= it.address(it.action) %>">
<input type="hidden" name="csrf" value="<%= it.csrf %>">
<input type="hidden" name="return" value="<%= it.returnTo %>">
<div class="field">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" autocapitalize="none" spellcheck="false" required value="<%= it.email ?? '' %>"<% if (!it.email) { %> autofocus<% } %><% if (it.error) { %> aria-describedby="error"<% } %>>
</div>
<div class="field">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required<% if (it.email) { %> autofocus<% } %><% if (it.error) { %> aria-describedby="error"<% } %>>
</div>
<button class="primary" type="submit">Sign in</button>
</form>
<% if (it.googleHref) { %><p class="or"><span>or</span></p>
<a class="button" href="<%= it.address(it.googleHref) %>">Continue with Google</a><% } %>
<% if (it.signUpHref) { %><p class="after">New here? <a href="<%= it.address(it.signUpHref) %>">Create an account</a></p><% } %>
</div>`)

/** Where a person signs in with email and password, or goes on to Google. */
export function signInPage(model: SignInModel): string {
  return renderPage({ title: 'Sign in', body: template(model) })
}
