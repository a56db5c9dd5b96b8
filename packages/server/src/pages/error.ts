import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** A refusal told to a person. */
export interface ErrorModel {
  readonly status: number
  readonly title: string
  readonly message: string
  /** The error code, for whoever builds the app. */
  readonly code?: string | undefined
  readonly requestId?: string | undefined
}

const template = compileTemplate<ErrorModel>(`<div class="card">
<p class="eyebrow">Error <%= it.status %></p>
<h1><%= it.title %></h1>
<p class="message"><%= it.message %></p>
<% if (it.code || it.requestId) { %><dl class="facts">
<% if (it.code) { %><div><dt>Code</dt><dd><code><%= it.code %></code></dd></div><% } %>
<% if (it.requestId) { %><div><dt>Request</dt><dd><code><%= it.requestId %></code></dd></div><% } %>
</dl><% } %>
</div>`)

/** What a person sees when a request is refused and must not lead anywhere else. @see RFC 6749 §4.1.2.1 */
export function errorPage(model: ErrorModel): string {
  return renderPage({ title: model.title, body: template(model) })
}
