import { type LogoutFrame, logoutFrames } from './frames.ts'
import { renderPage } from './layout.ts'
import { compileTemplate, type Markup } from './template.ts'

/** What follows signing out. */
export interface SignedOutModel {
  readonly signInHref: string
  /** Addresses of apps that hear of it by being framed. */
  readonly frames?: readonly LogoutFrame[] | undefined
  /** Where an app would like to have the person back: one of its registered addresses. */
  readonly returnHref?: string | undefined
}

const template = compileTemplate<SignedOutModel & { readonly framed: Markup }>(`<div class="card">
<h1>You’re signed out</h1>
<p class="message">Apps you connected may keep working. On a shared computer, close this window as well.</p>
<% if (it.returnHref) { %><div class="actions">
<a class="button" href="<%= it.address(it.signInHref) %>">Sign in again</a>
<a class="button primary" href="<%= it.address(it.returnHref) %>">Back to the app</a>
</div>
<% } else { %><a class="button" href="<%= it.address(it.signInHref) %>">Sign in again</a>
<% } %><%= it.framed %></div>`)

/** The last page of a session. */
export function signedOutPage(model: SignedOutModel): string {
  return renderPage({
    title: 'Signed out',
    body: template({ ...model, framed: logoutFrames(model.frames ?? []) }),
  })
}
