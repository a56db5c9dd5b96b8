import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** The sign-up form. It posts `csrf`, `return`, `email` and `password`. */
export interface SignUpModel {
  readonly action: string
  readonly csrf: string
  readonly returnTo: string
  readonly email?: string | undefined
  /** Sentences by field; those of `email` and `password` stand at the field, all others above the form. */
  readonly errors?: Readonly<Record<string, readonly string[]>> | undefined
  readonly signInHref: string
  /** As the server checks it, in characters. */
  readonly minPasswordLength?: number | undefined
}

interface SignUpView extends SignUpModel {
  readonly minLength: number
  readonly other: readonly string[]
  readonly emailErrors: readonly string[]
  readonly passwordErrors: readonly string[]
}

const template = compileTemplate<SignUpView>(`<div class="card">
<h1>Create an account</h1>
<% if (it.other.length) { %><div class="alert danger" role="alert"><% for (const text of it.other) { %><p><%= text %></p><% } %></div><% } %>
<form method="post" action="<%= it.address(it.action) %>">
<input type="hidden" name="csrf" value="<%= it.csrf %>">
<input type="hidden" name="return" value="<%= it.returnTo %>">
<div class="field">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" autocapitalize="none" spellcheck="false" required value="<%= it.email ?? '' %>"<% if (it.emailErrors.length) { %> aria-invalid="true" aria-describedby="email-error"<% } %><% if (!it.email || it.emailErrors.length) { %> autofocus<% } %>>
<% if (it.emailErrors.length) { %><div class="problem" id="email-error"><% for (const text of it.emailErrors) { %><p><%= text %></p><% } %></div><% } %>
</div>
<div class="field">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="<%= it.minLength %>" required aria-describedby="password-hint<% if (it.passwordErrors.length) { %> password-error<% } %>"<% if (it.passwordErrors.length) { %> aria-invalid="true"<% } %><% if (it.email && !it.emailErrors.length) { %> autofocus<% } %>>
<% if (it.passwordErrors.length) { %><div class="problem" id="password-error"><% for (const text of it.passwordErrors) { %><p><%= text %></p><% } %></div><% } %>
<p class="hint" id="password-hint">At least <%= it.minLength %> characters. A few unrelated words work well.</p>
</div>
<button class="primary" type="submit">Create account</button>
</form>
<p class="after">Already have an account? <a href="<%= it.address(it.signInHref) %>">Sign in</a></p>
</div>`)

/** Where a person makes an account with email and password. */
export function signUpPage(model: SignUpModel): string {
  const { email = [], password = [], ...rest } = model.errors ?? {}
  const view: SignUpView = {
    ...model,
    minLength: model.minPasswordLength ?? 8,
    emailErrors: email,
    passwordErrors: password,
    other: Object.values(rest).flat(),
  }
  return renderPage({ title: 'Create an account', body: template(view) })
}
