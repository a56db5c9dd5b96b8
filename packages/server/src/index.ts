export type { CallInfo, FetchMount, Mount, NodeCall, Platform, PlatformHost } from './server/platform.ts'
export type { NewWidget, WidgetDesk, WidgetOwner, WidgetWrite } from './accounts/widgets.ts'
export type { AppsDoor } from './settings/apps-door.ts'
export type {
  AccessFormat,
  DoorSettings,
  KeysDoor,
  LimitTable,
  PeopleDoor,
  RefreshSettings,
  VendorsDoor,
  WidgetsDoor,
  Window,
} from './settings/door.ts'
export { detailType, type DetailType } from './settings/detail-type.ts'
export type { ForwardRoute } from './settings/forward.ts'
export type { Signer, SignerKey, SigningSettings } from './settings/signing.ts'
export type { Tables, Widget, WidgetChange } from './store/contract/index.ts'
export { defineConfig, type SallyportConfig, type ServerSettings } from './server/config.ts'
export { createServer, type SallyportServer, type ServerParts } from './server/create.ts'
export type { Seed } from './server/seed.ts'
export { type ApiCall, type ApiOptions, type ApiRoute, createApi, jsonAnswer } from './server/api.ts'
