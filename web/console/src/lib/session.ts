/** Who is signed in. The cookie is the session; this only asks and remembers the answer. */

import { type QueryClient, useQuery } from '@tanstack/react-query'
import { ApiProblem, get, post, remove, setCsrfToken } from './api'
import type { Role, Session } from './types'

const KEY = ['session']
const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 }

async function whoAmI(): Promise<Session | null> {
  try {
    const session = await get<Session>('/session')
    setCsrfToken(session.csrf_token)
    return session
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null
    throw error
  }
}

export function useSession() {
  return useQuery({ queryKey: KEY, queryFn: whoAmI, staleTime: Number.POSITIVE_INFINITY })
}

export async function signIn(client: QueryClient, username: string, password: string) {
  const session = await post<Session>('/session', { username, password })
  setCsrfToken(session.csrf_token)
  client.setQueryData(KEY, session)
}

/** Ends the session at the server; what was loaded in it is forgotten even if that fails. */
export async function signOut(client: QueryClient): Promise<void> {
  await remove('/session').catch(() => undefined)
  sessionEnded(client)
}

/** The session is over, as when the server says 401: show the sign-in page, to whomever, and nothing
 * of what was loaded in it. */
export function sessionEnded(client: QueryClient): void {
  client.clear()
  client.setQueryData(KEY, null)
}

/** Whether the user may do what needs `role`; the server decides, this only hides. */
export function useMay(role: Role): boolean {
  const session = useSession().data
  return session?.role != null && RANK[session.role] >= RANK[role]
}
