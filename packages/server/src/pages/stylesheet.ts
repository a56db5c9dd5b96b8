import { type Asset, createAsset } from './asset.ts'

const colours = `:root {
  color-scheme: light dark;
  --ground: #f4f5f8; --card: #fff; --text: #18202b; --quiet: #566170; --line: #e2e5ea; --edge: #7d8796;
  --accent: #2b56c6; --accent-over: #2248a9; --on-accent: #fff; --soft: #eef2fb; --tint: #f1f3f6;
  --danger: #a8262f; --danger-soft: #fdf0f0; --caution: #7a4b00; --caution-soft: #fef6e4; --good: #17623a; --good-soft: #ecf7f0;
  --shadow: 0 1px 2px rgb(20 30 50 / 6%), 0 8px 28px rgb(20 30 50 / 7%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1217; --card: #181c23; --text: #e8ebf0; --quiet: #a3adbb; --line: #2b313b; --edge: #717c8c;
    --accent: #9ab6ff; --accent-over: #b4c9ff; --on-accent: #0d1730; --soft: #1d2536; --tint: #222832;
    --danger: #ff9d9f; --danger-soft: #33191c; --caution: #f2c46d; --caution-soft: #30260f; --good: #86d8a8; --good-soft: #14291d;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 8px 28px rgb(0 0 0 / 28%);
  }
}
`

const frame = `*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
.page { width: 100%; max-width: 27rem; margin: 0 auto; padding: clamp(1.5rem, 9vh, 6rem) 1rem 3rem; }
.page.wide { max-width: 46rem; padding-top: clamp(1.5rem, 5vh, 3rem); }
.brand { display: flex; align-items: center; justify-content: center; gap: .5rem; margin-bottom: 1.5rem; color: var(--quiet); font-size: .9375rem; font-weight: 600; letter-spacing: -.005em; }
.brand svg { color: var(--accent); }
.wide .brand { justify-content: flex-start; }
.card { padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); }
.card + .card { margin-top: 1.25rem; }
.top { display: flex; align-items: flex-start; justify-content: space-between; gap: 1rem; margin-bottom: 1.5rem; }
@media (max-width: 30rem) {
  .page { padding-top: 1.5rem; }
  .card { padding: 1.5rem 1.25rem; }
}
`

const words = `h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; text-wrap: balance; }
h2 { margin: 1.5rem 0 .5rem; font-size: .9375rem; font-weight: 600; }
h3 { margin: 0; font-size: 1rem; font-weight: 600; }
.wide .card > h2:first-child { margin: 0 0 1rem; font-size: 1.125rem; letter-spacing: -.01em; }
p { margin: 0; }
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; }
a:hover { color: var(--accent-over); text-decoration-thickness: 2px; }
code, .mono { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { font-size: .8125rem; color: var(--quiet); }
strong { font-weight: 600; }
.lead { margin-top: .375rem; color: var(--quiet); }
.lead strong { color: var(--text); }
.message { margin-top: .75rem; }
h2 + .message { margin-top: 0; }
.hint { margin-top: .375rem; color: var(--quiet); font-size: .875rem; }
.eyebrow { margin-bottom: .5rem; color: var(--quiet); font-size: .8125rem; font-weight: 600; }
.empty { color: var(--quiet); }
.after { margin-top: 1.5rem; text-align: center; color: var(--quiet); font-size: .9375rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`

const forms = `form { margin: 0; }
.card > form { margin-top: 1.5rem; }
.wide .card > form { margin-top: 0; }
.field { margin-bottom: 1.125rem; }
.field label { display: block; margin-bottom: .375rem; font-size: .9375rem; font-weight: 550; }
.field input { display: block; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); color: var(--text); font: inherit; }
.field input.mono { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: 1.25rem; letter-spacing: .08em; text-transform: uppercase; }
.field input[aria-invalid] { border-color: var(--danger); box-shadow: inset 0 0 0 1px var(--danger); }
.problem { margin-top: .375rem; color: var(--danger); font-size: .875rem; font-weight: 500; }
button, .button { display: block; width: 100%; min-height: 2.75rem; padding: .5625rem 1rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); color: var(--text); font: inherit; font-weight: 600; line-height: 1.5; text-align: center; text-decoration: none; cursor: pointer; transition: background-color .12s, border-color .12s; }
button:hover, .button:hover { background: var(--tint); color: var(--text); }
.primary { border-color: transparent; background: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent-over); color: var(--on-accent); }
.small { width: auto; min-height: 2.25rem; padding: .25rem .875rem; font-size: .875rem; white-space: nowrap; }
.risky { color: var(--danger); }
.risky:hover { border-color: var(--danger); background: var(--danger-soft); color: var(--danger); }
.actions { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin-top: 1.5rem; }
.field + .primary { margin-top: 1.5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.field input:focus-visible { outline-offset: 0; border-color: var(--accent); }
.or { display: flex; align-items: center; gap: .75rem; margin: 1.25rem 0; color: var(--quiet); font-size: .875rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.card > .button { margin-top: 1.5rem; }
.card > .or + .button { margin-top: 0; }
fieldset { min-width: 0; margin: 1.5rem 0 0; padding: 0; border: 0; }
legend { margin-bottom: .5rem; padding: 0; font-size: .9375rem; font-weight: 600; }
.choice { display: grid; grid-template-columns: auto 1fr; column-gap: .75rem; padding: .625rem 0; border-top: 1px solid var(--line); }
.choice:last-child { border-bottom: 1px solid var(--line); }
.choice input { width: 1.125rem; height: 1.125rem; margin: .1875rem 0 0; accent-color: var(--accent); }
.choice label { cursor: pointer; }
.choice .hint { grid-column: 2; margin-top: .125rem; }
.choice code, .scopes code { display: block; }
.inline { display: flex; flex-wrap: wrap; column-gap: 1.5rem; }
.inline .choice { padding: 0; border: 0; }
.fit { width: auto; min-width: 9rem; margin-top: 1.5rem; }
@media (max-width: 30rem) { .fit { width: 100%; } }
@media (prefers-reduced-motion: reduce) { button, .button { transition: none; } }
`

const lists = `.scopes { margin: 0; padding: 0; list-style: none; }
.scopes li { position: relative; padding: .625rem 0 .625rem 1.75rem; border-top: 1px solid var(--line); }
.scopes li:last-child { border-bottom: 1px solid var(--line); }
.scopes li::before { content: ""; position: absolute; left: .3125rem; top: 1rem; width: .625rem; height: .3125rem; border: solid var(--accent); border-width: 0 0 2px 2px; transform: rotate(-45deg); }
.scopes .hint { margin-top: .125rem; }
.compare { margin: 1.25rem 0 0; padding: .75rem .875rem; border-radius: 8px; background: var(--tint); text-align: center; }
.compare strong { display: block; font-size: 1.5rem; letter-spacing: .08em; }
.team { padding: .625rem .875rem; border-radius: 8px; background: var(--tint); }
.going { margin-top: 1.5rem; }
.going strong { color: var(--text); }
.alert { margin-top: 1.25rem; padding: .75rem .875rem; border-radius: 8px; background: var(--soft); color: var(--text); font-size: .9375rem; }
.alert p + p { margin-top: .25rem; }
.danger { background: var(--danger-soft); color: var(--danger); }
.caution { background: var(--caution-soft); color: var(--caution); }
.good { padding: 1.25rem 1.5rem; background: var(--good-soft); color: var(--good); border-radius: 14px; }
.good h2 { margin: 0 0 .5rem; font-size: 1.0625rem; }
.wide .alert { margin: 0 0 1.25rem; }
fieldset > .alert { margin: 0 0 .75rem; }
.secret { display: block; margin-bottom: .5rem; padding: .75rem .875rem; border-radius: 8px; background: var(--card); color: var(--text); font-size: .9375rem; user-select: all; -webkit-user-select: all; }
.card > .secret { margin: 1rem 0 .75rem; background: var(--tint); font-size: .8125rem; }
.facts { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; }
.facts div { display: flex; gap: .75rem; }
.facts div + div { margin-top: .25rem; }
.facts dt { flex: none; width: 4.5rem; color: var(--quiet); }
.facts dd { margin: 0; }
.rows { margin: 0; padding: 0; list-style: none; }
.rows > li { display: flex; align-items: flex-start; justify-content: space-between; gap: 1rem; padding: 1rem 0; border-top: 1px solid var(--line); }
.rows > li:last-child { padding-bottom: 0; }
.what { min-width: 0; }
.what .hint { margin-top: .125rem; }
.tags { display: flex; flex-wrap: wrap; gap: .375rem; margin: .5rem 0 0; padding: 0; list-style: none; }
.tags code { display: block; padding: .0625rem .5rem; border-radius: 6px; background: var(--tint); }
.badge { display: inline-block; margin-left: .25rem; padding: 0 .5rem; border: 1px solid var(--line); border-radius: 99px; color: var(--quiet); font-size: .75rem; font-weight: 500; vertical-align: .0625rem; }
@media (max-width: 30rem) {
  .rows > li { flex-direction: column; }
}
`

/** The one stylesheet of all pages: light and dark, from 320 px up, WCAG AA contrast. */
export const stylesheet: Asset = createAsset(
  colours + frame + words + forms + lists,
  'css',
  'text/css; charset=utf-8',
)
