import { type ConsentModel, detailFields, resourceFields, scopeFields, teamFields } from './consent.ts'
import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/**
 * Consent to what was asked for somewhere else: on a device, or by an app that can't open a browser. It posts `csrf`,
 * `request_id`, `request`, `compare`, `decision` (`approve` or `deny`), and `scope` and `team` when there is a choice.
 */
export interface ElsewhereModel
  extends Pick<
    ConsentModel,
    'action' | 'csrf' | 'clientName' | 'email' | 'scopes' | 'details' | 'resources' | 'teams' | 'warning'
  > {
  readonly requestId: string
  /** Seals the request to this browser. */
  readonly request: string
  /** What is shown over there too, and to be compared. */
  readonly compare: string | undefined
  /** The address that asked. */
  readonly ip: string
  readonly minutesAgo: number
}

interface ElsewhereView extends ElsewhereModel {
  readonly narrowable: true
}

// As on the consent page, nothing has focus at first, so no stray key approves.
const template = compileTemplate<ElsewhereView>(`<div class="card">
<h1>Allow <bdi><%= it.clientName %></bdi> to use your account?</h1>
<p class="lead">Signed in as <strong><bdi><%= it.email %></bdi></strong></p>
<% if (it.compare) { %><div class="compare"><p>Go on only if your device shows exactly this:</p><p><strong class="mono"><bdi><%= it.compare %></bdi></strong></p></div><% } %>
<p class="alert caution">Approve only what you have just started yourself. If somebody sent you here or gave you a code, cancel: they would get into your account.</p>
<% if (it.warning) { %><p class="alert caution" role="alert"><%= it.warning %></p><% } %>
<dl class="facts">
<div><dt>Asked</dt><dd><% if (it.minutesAgo < 1) { %>just now<% } else if (it.minutesAgo < 2) { %>a minute ago<% } else { %><%= it.minutesAgo %> minutes ago<% } %></dd></div>
<div><dt>From</dt><dd><code><%= it.ip %></code></dd></div>
</dl>
<form method="post" action="<%= it.address(it.action) %>">
<input type="hidden" name="csrf" value="<%= it.csrf %>">
<input type="hidden" name="request_id" value="<%= it.requestId %>">
<input type="hidden" name="request" value="<%= it.request %>">
<% if (it.compare) { %><input type="hidden" name="compare" value="<%= it.compare %>"><% } %>
${detailFields}
${scopeFields}
${resourceFields}
${teamFields}
<div class="actions">
<button class="primary" type="submit" name="decision" value="approve">Approve</button>
<button type="submit" name="decision" value="deny" formnovalidate>Cancel</button>
</div>
</form>
</div>`)

/** Where a person decides about what was asked for elsewhere; always a page, never by itself. @see RFC 8628 §5.4, OpenID CIBA Core §7.1 */
export function elsewherePage(model: ElsewhereModel): string {
  const view: ElsewhereView = { ...model, narrowable: true }
  return renderPage({ title: 'Allow access', body: template(view) })
}
