/** Calls of /api/v1: JSON in and out, problem+json as `ApiProblem`, CSRF token on unsafe methods. */

import type { Page } from './types'

export const API = '/api/v1'

interface ProblemBody {
  title?: string
  detail?: string
  errors?: { field: string; message: string }[] | null
}

/** What the server answered instead: `status` 0 means that it could not be reached. */
export class ApiProblem extends Error {
  readonly status: number

  constructor(status: number, body: ProblemBody) {
    const fields = (body.errors ?? []).map(({ field, message }) => `${field}: ${message}`)
    super([body.detail || body.title || `HTTP ${status}`, ...fields].join(' '))
    this.name = 'ApiProblem'
    this.status = status
  }
}

let csrfToken = ''
let onUnauthorized = () => {}

export function setCsrfToken(token: string | null): void {
  csrfToken = token ?? ''
}

export function whenUnauthorized(run: () => void): void {
  onUnauthorized = run
}

/** Random key of one intended action; works without a secure context, unlike randomUUID. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

interface Options {
  body?: unknown
  idempotencyKey?: string
  version?: number
  signal?: AbortSignal
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  const body = isJson ? ((await response.json()) as ProblemBody) : { title: response.statusText }
  return new ApiProblem(response.status, body)
}

async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey
  const response = await fetch(API + path, {
    method,
    headers,
    credentials: 'same-origin',
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
    signal: options.signal,
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiProblem(0, { title: 'unreachable' })
  })
  if (!response.ok) {
    if (response.status === 401 && path !== '/session') onUnauthorized()
    throw await problemOf(response)
  }
  return (response.status === 204 ? undefined : await response.json()) as T
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, { signal })
export const post = <T>(path: string, body: unknown, idempotencyKey?: string) =>
  request<T>('POST', path, { body, idempotencyKey })
/** A change of what was read at that version: refused if it changed since. */
export const patch = <T>(path: string, body: unknown, version: number) =>
  request<T>('PATCH', path, { body, version })
export const put = <T>(path: string, body: unknown) => request<T>('PUT', path, { body })
export const remove = <T>(path: string) => request<T>('DELETE', path)

const PAGE = 500
const PAGES_MAX = 20

/** All items of a list, page by page. */
export async function getAll<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  for (let page = 0; page < PAGES_MAX; page++) {
    const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
    const separator = path.includes('?') ? '&' : '?'
    const answer: Page<T> = await get(`${path}${separator}limit=${PAGE}${query}`, signal)
    items.push(...answer.items)
    cursor = answer.next ?? null
    if (!cursor) break
  }
  return items
}
