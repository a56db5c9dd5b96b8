import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** Where a person enters the code that a device shows. It posts `csrf` and `user_code`. */
export interface DeviceCodeModel {
  readonly action: string
  readonly csrf: string
  /** What came with the address or was typed before; shown, and nothing more. */
  readonly userCode?: string | undefined
  readonly error?: string | undefined
}

/** What follows a decision about a device. */
export interface DeviceDoneModel {
  readonly clientName: string
  /** Where an app that was allowed is disconnected again; `undefined` when it was not. */
  readonly accountHref: string | undefined
}

const codeTemplate = compileTemplate<DeviceCodeModel>(`<div class="card">
<h1>Connect a device</h1>
<p class="lead">Enter the code that the device or the app shows you.</p>
<% if (it.error) { %><p class="alert danger" role="alert" id="error"><%= it.error %></p><% } %>
<form method="post" action="<%= it.address(it.action) %>">
<input type="hidden" name="csrf" value="<%= it.csrf %>">
<div class="field">
<label for="user_code">Code</label>
<input id="user_code" class="mono" name="user_code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="64" required value="<%= it.userCode ?? '' %>"<% if (it.error) { %> aria-invalid="true" aria-describedby="error hint"<% } else { %> aria-describedby="hint"<% } %> autofocus>
<p class="hint" id="hint">Eight letters; the dash and capitals make no difference. Only enter a code from a device that you are setting up yourself. Nobody who calls or writes to you needs one from you.</p>
</div>
<button class="primary" type="submit">Continue</button>
</form>
</div>`)

/** The first page for somebody with a device. @see RFC 8628 §3.3 */
export function deviceCodePage(model: DeviceCodeModel): string {
  return renderPage({ title: 'Connect a device', body: codeTemplate(model) })
}

const doneTemplate = compileTemplate<DeviceDoneModel>(`<div class="card">
<% if (it.accountHref !== undefined) { %><h1><bdi><%= it.clientName %></bdi> is connected</h1>
<p class="message">Go back to your device; it goes on by itself in a moment. You can close this window, and disconnect the app on your <a href="<%= it.address(it.accountHref) %>">account page</a>.</p>
<% } else { %><h1>Nothing was allowed</h1>
<p class="message"><bdi><%= it.clientName %></bdi> can’t use your account. You can close this window.</p>
<% } %></div>`)

/** The last page: where to go on. @see RFC 8628 §3.3 */
export function deviceDonePage(model: DeviceDoneModel): string {
  return renderPage({
    title: model.accountHref !== undefined ? 'Device connected' : 'Nothing was allowed',
    body: doneTemplate(model),
  })
}
