import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** What one error code means. */
export interface ErrorCodeModel {
  readonly code: string
  readonly status: number
  readonly meaning: string
  readonly remedy: string
}

const template = compileTemplate<ErrorCodeModel>(`<div class="card">
<p class="eyebrow">Error code · HTTP <%= it.status %></p>
<h1 class="mono"><%= it.code %></h1>
<h2>What it means</h2>
<p class="message"><%= it.meaning %></p>
<h2>What to do</h2>
<p class="message"><%= it.remedy %></p>
</div>`)

/** The page that an error's `type` leads to. @see RFC 9457 §3.1.1 */
export function errorCodePage(model: ErrorCodeModel): string {
  return renderPage({ title: model.code, body: template(model) })
}
