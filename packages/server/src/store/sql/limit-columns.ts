import { type AuthorizationDetail, isDetails } from '@sallyport/protocol'
import type { Row, Value } from '../database.ts'
import { objects, optionalText, orNull } from './row.ts'

/** Writes a set: NULL for none, so that rows from before the column mean the same. */
export const words = (values: readonly string[]): Value =>
  orNull(values.length === 0 ? undefined : values.join(' '))

/** Writes authorization details, NULL for none. */
export const detailsText = (details: readonly AuthorizationDetail[]): Value =>
  orNull(details.length === 0 ? undefined : JSON.stringify(details))

/** Reads authorization details. */
export function readDetails(row: Row): readonly AuthorizationDetail[] {
  const details: unknown =
    optionalText(row, 'authorization_details') === undefined ? [] : objects(row, 'authorization_details')
  return isDetails(details) ? details : []
}
