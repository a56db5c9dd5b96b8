export {
  type AccountModel,
  accountPage,
  type ConnectedApp,
  type ListedKey,
  type WaitingRequest,
} from './account.ts'
export type { Asset } from './asset.ts'
export { checkSessionPage, type WatchingPage } from './check-session.ts'
export { type ChooseAccountModel, chooseAccountPage } from './choose-account.ts'
export {
  type ConsentModel,
  consentPage,
  type DescribedScope,
  type FixedTeam,
  type NamedTeam,
  type TeamChoice,
  type UnknownApp,
} from './consent.ts'
export { type DemoCallbackModel, demoCallbackPage } from './demo-callback.ts'
export {
  type DeviceCodeModel,
  type DeviceDoneModel,
  deviceCodePage,
  deviceDonePage,
} from './device.ts'
export { type ElsewhereModel, elsewherePage } from './elsewhere.ts'
export { type ErrorModel, errorPage } from './error.ts'
export { type ErrorCodeModel, errorCodePage } from './error-code.ts'
export { type FormPostModel, formPostPage } from './form-post.ts'
export {
  type FormActions,
  formActionOf,
  formActionsTo,
  type PageHeadersInput,
  pageHeaders,
} from './headers.ts'
export { icon } from './icon.ts'
export { type OnwardModel, onwardPage } from './onward.ts'
export { type SignOutModel, signOutPage } from './sign-out.ts'
export { type SignInModel, signInPage } from './sign-in.ts'
export { type SignUpModel, signUpPage } from './sign-up.ts'
export { type SignedOutModel, signedOutPage } from './signed-out.ts'
export { stylesheet } from './stylesheet.ts'
