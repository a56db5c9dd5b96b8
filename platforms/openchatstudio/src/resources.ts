import type { Principal } from '@sallyport/protocol'

/** Whether a caller may touch a chatbot: a machine with a list those on it, and an empty list is none at all. */
export function mayUse({ resources }: Pick<Principal, 'resources'>, chatbotId: string): boolean {
  return resources === undefined || resources.includes(chatbotId)
}

/** Whether a caller may make chatbots: not a machine with a list, because what it made would not be on it. */
export function mayCreate({ resources }: Pick<Principal, 'resources'>): boolean {
  return resources === undefined
}
