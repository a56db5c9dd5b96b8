import { compileTemplate, type Markup } from './template.ts'

/** What of an app is framed so that it hears of a logout. */
export interface LogoutFrame {
  readonly href: string
}

const template = compileTemplate<{ readonly frames: readonly LogoutFrame[] }>(
  `<% for (const { href } of it.frames) { %><iframe src="<%= it.address(href) %>" title="Signing you out of an app" hidden referrerpolicy="no-referrer" sandbox="allow-scripts allow-same-origin"></iframe>
<% } %>`,
)

/**
 * Frames that tell apps of a logout. What is in one may run and reach its own cookies, but neither lead the person elsewhere nor open
 * anything. @see OpenID Front-Channel Logout §2
 */
export function logoutFrames(frames: readonly LogoutFrame[]): Markup {
  return template({ frames })
}
