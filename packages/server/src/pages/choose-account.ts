import { type UnknownApp, unknownFields } from './consent.ts'
import { renderPage } from './layout.ts'
import { compileTemplate } from './template.ts'

/** The question which account an app is to get. Two links, no form. */
export interface ChooseAccountModel {
  readonly clientName: string
  /** Host of its redirect address. */
  readonly clientHost?: string | undefined
  /** Where it comes from, for one that no administrator registered. */
  readonly unknown?: UnknownApp | undefined
  /** Of the account that is signed in. */
  readonly email: string
  readonly continueHref: string
  /** Where somebody else signs in. */
  readonly otherHref: string
}

const template = compileTemplate<ChooseAccountModel>(`<div class="card">
<h1>Choose an account</h1>
<p class="lead">to continue to <strong><bdi><%= it.clientName %></bdi></strong></p>
${unknownFields('You would go back to')}
<div class="actions">
<a class="button" href="<%= it.address(it.continueHref) %>">Continue as <bdi><%= it.email %></bdi></a>
<a class="button" href="<%= it.address(it.otherHref) %>">Use another account</a>
</div>
</div>`)

/** Where a person who is signed in says whether it is them that an app is to get. */
export function chooseAccountPage(model: ChooseAccountModel): string {
  return renderPage({ title: 'Choose an account', body: template(model) })
}
