import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** What follows signing out. */
export interface SignedOutModel {
  readonly signInHref: string
}

const template = compileTemplate<SignedOutModel>(`<div class="card">
<h1>You’re signed out</h1>
<p class="message">Apps you connected keep working. On a shared computer, close this window as well.</p>
<a class="button" href="<%= it.address(it.signInHref) %>">Sign in again</a>
</div>`)

/** The last page of a session. */
export function signedOutPage(model: SignedOutModel): string {
  return renderPage({ title: 'Signed out', body: template(model) })
}
