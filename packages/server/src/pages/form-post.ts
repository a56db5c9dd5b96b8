import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** An authorization response that the person's browser carries to the app as a form. */
export interface FormPostModel {
  /** The proven redirect address, http(s). */
  readonly action: string
  readonly clientHost: string
  readonly fields: readonly { readonly name: string; readonly value: string }[]
}

// Sent by a button: pages have no script, and a policy that let one in here would let it in wherever a page is forged.
const template = compileTemplate<FormPostModel>(`<div class="card">
<h1>Back to the app</h1>
<p class="lead">Your answer goes to <strong><bdi><%= it.clientHost %></bdi></strong></p>
<form method="post" action="<%= it.address(it.action) %>">
<% for (const field of it.fields) { %><input type="hidden" name="<%= field.name %>" value="<%= field.value %>">
<% } %><div class="actions">
<button class="primary" type="submit" autofocus>Continue</button>
</div>
</form>
</div>`)

/** The page of `response_mode=form_post`. @see OAuth 2.0 Form Post Response Mode §2 */
export function formPostPage(model: FormPostModel): string {
  return renderPage({ title: 'Continue', body: template(model) })
}
