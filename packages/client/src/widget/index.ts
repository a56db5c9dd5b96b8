export type { WidgetProblemCode } from './decide.ts'
export { pageOf, type BrowserWindow } from './page.ts'
export {
  createWidget,
  type Page,
  type Widget,
  type WidgetOptions,
  type WidgetProblem,
  type WidgetSession,
} from './session.ts'
