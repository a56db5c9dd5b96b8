import { type Asset, createAsset } from './asset.ts'

/** The outline of the mark, an arched gate, on a 24 × 24 grid. */
export const markPath = 'M3 21V11a9 9 0 0 1 18 0v10h-5.5v-9.5a3.5 3.5 0 0 0-7 0V21z'

/** The icon in a browser's tab. */
export const icon: Asset = createAsset(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#3b66d6" d="${markPath}"/></svg>\n`,
  'svg',
  'image/svg+xml',
)
