import type { SignInMethod } from '@sallyport/protocol'
import type { Row, Value } from '../database.ts'

/** Reads a TEXT column. */
export const text = (row: Row, name: string): string => String(row[name])
/** Reads a nullable TEXT column. */
export const optionalText = (row: Row, name: string): string | undefined => {
  const value = row[name]
  return value === null || value === undefined ? undefined : String(value)
}
/** Reads a BIGINT column. */
export const number = (row: Row, name: string): number => Number(row[name])
/** Reads a nullable BIGINT column. */
export const optionalNumber = (row: Row, name: string): number | undefined => {
  const value = row[name]
  return value === null || value === undefined ? undefined : Number(value)
}
/** Reads a BIGINT column that holds 0 or 1. */
export const flag = (row: Row, name: string): boolean => Number(row[name]) === 1
/** Reads a set, stored as on the wire: space-separated. */
export const list = (row: Row, name: string): readonly string[] => {
  const value = text(row, name)
  return value === '' ? [] : value.split(' ')
}
/** Reads a nullable set; empty is not absent. */
export const optionalList = (row: Row, name: string): readonly string[] | undefined =>
  row[name] === null || row[name] === undefined ? undefined : list(row, name)
/** Reads a TEXT column that holds a JSON object which this store wrote. */
export const json = (row: Row, name: string): Readonly<Record<string, unknown>> => JSON.parse(text(row, name))
/** Reads a TEXT column that holds a JSON list of texts which this store wrote. */
export const texts = (row: Row, name: string): readonly string[] => JSON.parse(text(row, name))
/** Reads a TEXT column that holds a JSON list of objects which this store wrote. */
export const objects = (row: Row, name: string): readonly Readonly<Record<string, unknown>>[] =>
  JSON.parse(text(row, name))

const signIns: readonly SignInMethod[] = ['password', 'upstream']

/** Reads how somebody signed in, where that was kept. */
export const signInOf = (row: Row): { readonly signIn?: SignInMethod } => {
  const signIn = signIns.find((one) => one === row['sign_in'])
  return signIn ? { signIn } : {}
}

/** Writes an optional value. */
export const orNull = (value: string | number | undefined): Value => value ?? null
/** Writes a flag. */
export const bit = (value: boolean): number => (value ? 1 : 0)
