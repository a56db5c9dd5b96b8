import type { DoorSettings, Platform } from 'sallyport'
import { oshara } from './platforms/oshara/src/preset.ts'
const g = { limit: 100, window: 300 }
const doors: DoorSettings[] = [...oshara,
 { kind:'apps', id:'openchatstudio', path:'/o', issuerPath:'', shape:'oauth', pkce:'required', scopes:{'chatbot:read':'See chatbots','session:read':'See sessions','openid':'Know who you are'}, teams:'choose', roles:{}, codeLifetime:60, accessLifetime:3600, refresh:{idle:2592000,absolute:7776000,rotation:'strict',grace:10,format:'opaque'}, grantTypes:['authorization_code','refresh_token','client_credentials'], endpoints:{authorize:'authorize',token:'token',revoke:'revoke_token',introspect:'introspect',userinfo:'userinfo'}, credentialLimit:g },
 { kind:'apps', id:'osir-oauth', path:'/oauth', issuerPath:'/oauth', shape:'oauth', pkce:'confidential-may-omit', scopes:{'domains:read':'View domains','domains:write':'Manage domains'}, teams:'home', roles:{}, codeLifetime:60, accessLifetime:3600, refresh:{idle:2592000,rotation:'lazy',grace:0,format:'opaque'}, grantTypes:['authorization_code','refresh_token'], endpoints:{authorize:'authorize',token:'token',revoke:'revoke',introspect:'introspect',userinfo:'userinfo'}, credentialLimit:g },
 { kind:'vendors', id:'charp', path:'/auth', registerPath:'/vendors', shape:'oauth', plans:['Free','Standard','Enterprise'], accessLifetime:3600, refresh:{idle:2592000,absolute:7776000,rotation:'strict',grace:10,format:'opaque'}, attempts:{limit:15,window:60}},
 { kind:'keys', id:'osir', managePath:'/v1/api-keys', shape:'message', format:{prefix:'osir',layout:'base62',environments:true}, scopes:{'domains:read':'View domains','domains:write':'Manage domains'}, readOnlyDefault:false, sessionTokens:{path:'/v1/session-tokens',lifetime:28800,idle:1800}, credentialLimit:g },
]
const platform: Platform = { name: 'boot', doors, api: async () => [] }
export default { platforms: [platform], demo: {
 person: { email: 'demo@example.com' }, admin: { email: 'admin@example.com' }, plan: 'Free', teams: [{slug:'acme',name:'Acme',plan:'Free'},{slug:'globex',name:'Globex',plan:'Free'}],
 apps: { openchatstudio: {door:'openchatstudio', name:'Demo', redirectUris:['https://your-server/callback/','http://127.0.0.1/demo/callback'], scope:['chatbot:read','session:read']}, osir: {door:'osir-oauth', name:'Demo', redirectUris:['https://yourapp.com/callback','http://127.0.0.1/demo/callback'], scope:['domains:read','domains:write']} },
 vendors: {free:{door:'charp',name:'Free',plan:'Free'},standard:{door:'charp',name:'S',plan:'Standard'},enterprise:{door:'charp',name:'E',plan:'Enterprise'}},
 keys: {live:{door:'osir',name:'live',environment:'live',scope:['domains:read','domains:write']},test:{door:'osir',name:'t',environment:'test',scope:['domains:read']},readonly:{door:'osir',name:'r',environment:'live',scope:['domains:read']}},
 character: {door:'oshara-widgets', slug:'support-bot', allowedOrigins:['https://mysite.com','https://staging.mysite.com'], profile:{greeting:'Hi'}},
} }
