import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** Where a demonstration's app receives its authorization response: shown, with the line that redeems it. */
export interface DemoCallbackModel {
  readonly code?: string | undefined
  /** The error, where the person declined. */
  readonly error?: string | undefined
  /** Ready to paste. */
  readonly command?: string | undefined
}

const template = compileTemplate<DemoCallbackModel>(`<div class="card">
<% if (it.code) { %><h1>The app has its code</h1>
<p class="message">A real app redeems it now, on its own server. You do it with this line, within a minute:</p>
<code class="secret"><%= it.command %></code>
<p class="hint">A code works once.</p>
<% } else { %><h1>The app got no code</h1>
<p class="message">It was told: <code><%= it.error ?? 'nothing' %></code></p><% } %>
</div>`)

/** The page of the demonstration's app. */
export function demoCallbackPage(model: DemoCallbackModel): string {
  return renderPage({ title: 'Demo app', body: template(model) })
}
