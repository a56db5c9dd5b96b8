import { betterAuthMap, betterAuthMemory } from './better-auth.ts'
import { expressOauth2JwtBearer } from './express-oauth2-jwt-bearer.ts'
import { joseLocal, joseRemote } from './jose.ts'
import { expressAgain, expressFirst, guardAgain, guardFirst, guardKey } from './sallyport.ts'
import type { Scene, Subject } from './subject.ts'

/** Everything that can be measured, by name. */
export const subjects = {
  'jose, local keys': joseLocal,
  'jose, remote keys': joseRemote,
  'guard, JWT first seen': guardFirst,
  'guard, JWT seen before': guardAgain,
  'express-oauth2-jwt-bearer': expressOauth2JwtBearer,
  'guard in Express, JWT first seen': expressFirst,
  'guard in Express, JWT seen before': expressAgain,
  'better-auth, keys in its memory adapter': betterAuthMemory,
  'better-auth, keys in a Map': betterAuthMap,
  'guard, API key': guardKey,
} as const satisfies Readonly<Record<string, (scene: Scene) => Promise<Subject>>>

/** The name of a subject. */
export type SubjectName = keyof typeof subjects

/** All names, in the order in which they are shown. */
export const subjectNames = Object.keys(subjects) as readonly SubjectName[]

/** Who is compared with whom: the same work, or less of it, for the peer. */
export const pairs: readonly (readonly [ours: SubjectName, peer: SubjectName])[] = [
  ['guard, JWT first seen', 'jose, local keys'],
  ['guard, JWT first seen', 'jose, remote keys'],
  ['guard, JWT seen before', 'jose, local keys'],
  ['guard, JWT seen before', 'jose, remote keys'],
  ['guard in Express, JWT first seen', 'express-oauth2-jwt-bearer'],
  ['guard in Express, JWT seen before', 'express-oauth2-jwt-bearer'],
  ['guard, API key', 'better-auth, keys in a Map'],
  ['guard, API key', 'better-auth, keys in its memory adapter'],
]
