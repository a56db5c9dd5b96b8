import {
  type AccountModel,
  accountPage,
  type ConsentModel,
  chooseAccountPage,
  consentPage,
  type DeviceCodeModel,
  demoCallbackPage,
  deviceCodePage,
  deviceDonePage,
  type ElsewhereModel,
  elsewherePage,
  type ErrorCodeModel,
  type ErrorModel,
  errorCodePage,
  errorPage,
  formPostPage,
  onwardPage,
  icon,
  type SignedOutModel,
  type SignInModel,
  type SignUpModel,
  signedOutPage,
  signInPage,
  signOutPage,
  signUpPage,
} from '../../src/pages/index.ts'

/** One page with one model: `model` is plain data, so that a test can put anything in any of its strings. */
export interface Sample {
  readonly name: string
  readonly model: object
  readonly render: (model: object) => string
}

function sample<Model extends object>(name: string, page: (model: Model) => string, model: Model): Sample {
  // The tests only change the text of strings, so what comes back still has the shape of Model.
  return { name, model, render: (changed) => page(changed as Model) }
}

const token = 'Zk3vQ8m1pXw7'

const signIn: SignInModel = {
  action: '/sign-in',
  csrf: token,
  returnTo: '/o/authorize/?client_id=app&state=a%20b',
  clientName: 'Lighthouse Notes',
  signUpHref: '/sign-up',
  googleHref: '/auth/google/login/',
}

const signUp: SignUpModel = { action: '/sign-up', csrf: token, returnTo: '/account', signInHref: '/sign-in' }

const consent: ConsentModel = {
  action: '/o/authorize/',
  csrf: token,
  request: 'sealed.4f2c9e',
  clientName: 'Lighthouse Notes',
  clientHost: 'notes.lighthouse.example',
  email: 'ada@example.com',
  narrowable: false,
  teams: { fixed: { slug: 'north-harbour', name: 'North Harbour' } },
  scopes: [
    { value: 'chatbot:read', description: 'See your chatbots and their settings' },
    { value: 'session:read', description: 'Read conversations' },
    {
      value: 'session:write',
      description: 'Send messages in conversations',
      note: 'Only in chatbots you own.',
    },
  ],
}

const narrowed: ConsentModel = {
  details: ['Pay 12.50 EUR to Merchant A'],
  claims: ['Your e-mail address'],
  resources: [{ identifier: 'api.example/v1', name: 'Billing' }],
  ...consent,
  narrowable: true,
  warning: 'This app has not been reviewed by your administrator.',
  teams: {
    notice: 'You are not a member of the team this app asked for. Choose one of yours.',
    choose: [
      { slug: 'north-harbour', name: 'North Harbour', selected: true },
      { slug: 'research', name: 'Research & Evaluation', selected: false },
    ],
  },
}

const registeredItself: ConsentModel = {
  ...consent,
  clientHost: '127.0.0.1:3000',
  unknown: { local: true },
}

const described: ConsentModel = {
  ...consent,
  unknown: { documentHost: 'app.lighthouse.example', local: false },
}

const bare: ConsentModel = { ...consent, scopes: [], teams: undefined }

const deviceCode: DeviceCodeModel = { action: '/device', csrf: token }

const elsewhere: ElsewhereModel = {
  action: '/device/decision',
  csrf: token,
  request: 'sealed.4f2c9e',
  requestId: 'dev_1',
  compare: 'WDJB-MJHT',
  ip: '203.0.113.9',
  minutesAgo: 3,
  clientName: 'Living room screen',
  email: 'ada@example.com',
  scopes: consent.scopes,
  details: ['pay 12.50 EUR to Merchant A'],
  resources: [{ identifier: 'urn:example:billing', name: 'Billing' }],
  teams: narrowed.teams,
  warning: 'Some of what this app asked for is not yours to give and was left out.',
}

const error: ErrorModel = {
  status: 400,
  title: 'This sign-in link doesn’t work',
  message:
    'The app that sent you here gave an address that is not registered for it, so you can’t be sent back. Nothing was shared. Please tell whoever makes the app.',
  code: 'invalid_request',
  requestId: 'req_0197e1b2-5c3d-7a41-9f7e-2b8c61d0a4e3',
}

const account: AccountModel = {
  csrf: token,
  email: 'ada@example.com',
  apps: [
    {
      clientId: 'app_0197e1b2',
      name: 'Lighthouse Notes',
      scopes: ['chatbot:read', 'session:read', 'session:write'],
      team: 'North Harbour',
      grantedAt: '2026-03-04T09:12:00Z',
      revokeAction: '/account/apps/app_0197e1b2/revoke',
    },
    {
      clientId: 'app_0197f003',
      name: 'Domain Watcher',
      scopes: [],
      grantedAt: 'yesterday',
      revokeAction: '/account/apps/app_0197f003/revoke',
    },
  ],
  keys: [
    {
      keyId: 'key_01',
      name: 'Nightly export',
      preview: 'osir_…x9Qa',
      environment: 'live',
      scopes: ['domains:read'],
      createdAt: '2026-01-19',
      lastUsedAt: '2026-06-30T23:59:59Z',
      revokeAction: '/account/keys/key_01/revoke',
    },
    {
      keyId: 'key_02',
      name: 'Laptop',
      preview: 'osir_…b07f',
      environment: 'test',
      scopes: ['domains:read', 'domains:write'],
      createdAt: '2026-02-02',
      revokeAction: '/account/keys/key_02/revoke',
    },
  ],
  createKeyAction: '/account/keys',
  keyScopes: [
    { value: 'domains:read', description: 'See domains and their records' },
    { value: 'domains:write', description: 'Register and change domains' },
  ],
  signOutAction: '/sign-out',
}

const newKey = 'osir_live_8Zk3vQ1mXw7pLr5TnBc2JdHsYeGfA0k9Mq4W'

const errorCode: ErrorCodeModel = {
  code: 'invalid_grant',
  status: 400,
  meaning: 'The code or refresh token is unknown, expired, used already, or belongs to another client.',
  remedy:
    'Send the person through the authorization endpoint again and use the new code once, within a minute.',
}

const signedOut: SignedOutModel = { signInHref: '/sign-in' }

/** Every page in every state that prints something of its own. */
export const samples: readonly Sample[] = [
  sample('sign-in', signInPage, signIn),
  sample('sign-in-refused', signInPage, {
    ...signIn,
    email: 'ada@example.com',
    error: 'The email or password is not right.',
  }),
  sample('sign-in-for-an-app-that-registered-itself', signInPage, {
    ...signIn,
    clientHost: '127.0.0.1:51004',
    unknown: { local: true },
  }),
  sample('sign-in-for-an-app-by-document', signInPage, {
    ...signIn,
    clientHost: 'notes.lighthouse.example',
    unknown: { documentHost: 'app.lighthouse.example', local: false },
  }),
  sample('sign-up', signUpPage, signUp),
  sample('sign-up-refused', signUpPage, {
    ...signUp,
    email: 'ada@example.com',
    errors: {
      email: ['There is an account with this email already.'],
      password: ['This password is too short.', 'This password is too common.'],
      detail: ['Please check the form.'],
    },
  }),
  sample('choose-account', chooseAccountPage, {
    clientName: 'Weather Station',
    email: 'ada@example.com',
    continueHref: '/o/authorize/?client_id=a&sallyport_step=b',
    otherHref: '/sign-in?again=1',
  }),
  sample('choose-account-for-an-app-by-document', chooseAccountPage, {
    clientName: 'Weather Station',
    clientHost: 'weather.example',
    unknown: { documentHost: 'app.weather.example', local: false },
    email: 'ada@example.com',
    continueHref: '/o/authorize/?client_id=a&sallyport_step=b',
    otherHref: '/sign-in?again=1',
  }),
  sample('consent', consentPage, consent),
  sample('consent-choices', consentPage, narrowed),
  sample('consent-registered-itself', consentPage, registeredItself),
  sample('consent-described', consentPage, described),
  sample('consent-bare', consentPage, bare),
  sample('form-post', formPostPage, {
    action: 'https://app.example/callback?tenant=1',
    clientHost: 'app.example',
    fields: [
      { name: 'code', value: 'SplxlOBeZQQYbYS6WxSbIA' },
      { name: 'state', value: 'a b&c=d' },
    ],
  }),
  sample('device-code', deviceCodePage, deviceCode),
  sample('device-code-refused', deviceCodePage, {
    ...deviceCode,
    userCode: 'WDJB-MJHX',
    error: 'This code is not right, or is over. Look at your device again.',
  }),
  sample('device-done', deviceDonePage, {
    clientName: 'Living room screen',
    accountHref: '/account',
  }),
  sample('device-denied', deviceDonePage, {
    clientName: 'Living room screen',
    accountHref: undefined,
  }),
  sample('elsewhere', elsewherePage, elsewhere),
  sample('elsewhere-bare', elsewherePage, {
    ...elsewhere,
    compare: undefined,
    details: [],
    resources: [],
    minutesAgo: 0,
    teams: undefined,
    warning: undefined,
  }),
  sample('error', errorPage, error),
  sample('error-bare', errorPage, {
    status: 404,
    title: 'Nothing here',
    message: 'There is no page at this address.',
  }),
  sample('account', accountPage, account),
  sample('account-new-key', accountPage, {
    ...account,
    notice: 'Your API key was created.',
    newKey,
    keyEnvironments: ['live', 'test', 'dev'],
  }),
  sample('account-waiting', accountPage, {
    ...account,
    waiting: [
      { name: 'Call centre', href: '/account/requests/ask_1', compare: 'Order 4711' },
      { name: 'Bank', href: '/account/requests/ask_2' },
    ],
  }),
  sample('account-empty', accountPage, {
    ...account,
    apps: [],
    keys: [],
    keyScopes: [],
    keyEnvironments: [],
  }),
  sample('onward', onwardPage, { href: '/o/authorize/?client_id=app&state=a%20b' }),
  sample('signed-out', signedOutPage, signedOut),
  sample('signed-out-of-apps', signedOutPage, {
    ...signedOut,
    returnHref: '/bye?state=a%20b',
    frames: [{ href: `${icon.path}?iss=a&sid=b` }, { href: `${icon.path}?sid=c` }],
  }),
  sample('sign-out', signOutPage, {
    action: '/o/logout/confirm?client_id=app',
    csrf: token,
    email: 'ada@example.com',
    clientName: 'Lighthouse Notes',
    returnHost: 'notes.lighthouse.example',
  }),
  sample('sign-out-bare', signOutPage, {
    action: '/o/logout/confirm?',
    csrf: token,
    email: 'ada@example.com',
  }),
  sample('error-code', errorCodePage, errorCode),
  // The code itself is never shown: it is part of the line to paste.
  sample(
    'demo-callback',
    ({ command }: { readonly command: string }) => demoCallbackPage({ code: 'c', command }),
    {
      command:
        'curl -d grant_type=authorization_code -d code=Zk3vQ8m1pXw7Lr5TnBc2JdHs -d client_id=demo localhost:4000/o/token/',
    },
  ),
  sample('demo-callback-declined', demoCallbackPage, { error: 'access_denied' }),
]
