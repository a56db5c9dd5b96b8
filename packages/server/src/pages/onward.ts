import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** What is between signing in and what the person came for. */
export interface OnwardModel {
  readonly href: string
}

const template = compileTemplate<OnwardModel>(`<div class="card">
<h1>You’re signed in</h1>
<div class="actions">
<a class="button primary" href="<%= it.address(it.href) %>">Continue</a>
</div>
</div>`)

/** A page that is sent with `Refresh` and so hardly seen; the link is for a browser that was told to ignore it. */
export function onwardPage(model: OnwardModel): string {
  return renderPage({ title: 'Signed in', body: template(model) })
}
