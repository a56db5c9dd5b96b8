/** Whether a client id is the address of a document, and so never one of ours. */
export function isDocumentId(clientId: string): boolean {
  return /^https:/i.test(clientId)
}

/** The address of a document that the server is to fetch, or in words why it may not be. */
export function parseDocumentUrl(text: string): URL | string {
  if (text.length > 2000 || !URL.canParse(text)) return 'not an address'
  const url = new URL(text)
  if (url.protocol !== 'https:') return 'not https'
  if (url.username !== '' || url.password !== '') return 'credentials in the address'
  return text.includes('#') ? 'a fragment in the address' : url
}
