import { icon, markPath } from './icon.ts'
import { stylesheet } from './stylesheet.ts'
import { compileTemplate, type Markup } from './template.ts'

/** What surrounds the content of a page. */
export interface Layout {
  /** Names the page in a tab or a history; kept free of what an app calls itself. */
  readonly title: string
  readonly body: Markup
  /** A page of lists gets more room than a form. */
  readonly wide?: boolean
}

const template = compileTemplate<
  Layout & { readonly style: string; readonly icon: string; readonly mark: string }
>(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title><%= it.title %> · Sallyport</title>
<link rel="icon" type="image/svg+xml" href="<%= it.address(it.icon) %>">
<link rel="stylesheet" href="<%= it.address(it.style) %>">
</head>
<body>
<div class="page<% if (it.wide) { %> wide<% } %>">
<header class="brand">
<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false"><path fill="currentColor" d="<%= it.mark %>"/></svg>
<span>Sallyport</span>
</header>
<main>
<%= it.body %>
</main>
</div>
</body>
</html>
`)

/** A complete document around the content of one page. */
export function renderPage(layout: Layout): string {
  return template({ ...layout, style: stylesheet.path, icon: icon.path, mark: markPath }).toString()
}
