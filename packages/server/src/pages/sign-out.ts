import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** The question whether somebody wants to sign out. */
export interface SignOutModel {
  readonly action: string
  readonly csrf: string
  /** Of the account that is signed in. */
  readonly email: string
  /** Which app asks, where that is known. */
  readonly clientName?: string | undefined
  /** Where the browser goes afterwards, as people read addresses. */
  readonly returnHost?: string | undefined
}

const template = compileTemplate<SignOutModel>(`<div class="card">
<h1>Sign out?</h1>
<p class="lead">You’re signed in as <strong><bdi><%= it.email %></bdi></strong></p>
<p class="message"><% if (it.clientName) { %><strong><bdi><%= it.clientName %></bdi></strong> asks to sign you out here.<% } else { %>An app asks to sign you out here.<% } %> The apps that you came to from here hear of it.</p>
<% if (it.returnHost) { %><p class="hint">You then go to <bdi><%= it.returnHost %></bdi></p>
<% } %><form method="post" action="<%= it.address(it.action) %>">
<input type="hidden" name="csrf" value="<%= it.csrf %>">
<div class="actions">
<button type="submit" name="decision" value="stay">Stay signed in</button>
<button class="primary" type="submit" name="decision" value="sign-out">Sign out</button>
</div>
</form>
</div>`)

/** Where a person says whether an app may sign them out. @see OpenID RP-Initiated Logout §2 */
export function signOutPage(model: SignOutModel): string {
  return renderPage({ title: 'Sign out', body: template(model) })
}
