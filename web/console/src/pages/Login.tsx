/** Sign-in: says what is wrong in words, and keeps what was typed. */

import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { LanguageToggle, ThemeToggle } from '@/components/TopBar'
import { ApiProblem } from '@/lib/api'
import { type Translate, useT } from '@/lib/i18n'
import { signIn } from '@/lib/session'
import mark from '@/mark.svg'

function wordsFor(t: Translate, error: unknown): string {
  if (!(error instanceof ApiProblem)) return t('login.failed', { detail: String(error) })
  if (error.status === 0 || error.status >= 502) return t('login.unreachable')
  if (error.status === 401 || error.status === 422) return t('login.wrong')
  if (error.status === 429) return t('login.tooMany')
  return t('login.failed', { detail: error.message })
}

export function LoginPage() {
  const t = useT()
  const client = useQueryClient()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!username.trim() || !password) return setProblem(t('login.missing'))
    setBusy(true)
    setProblem('')
    try {
      await signIn(client, username.trim(), password)
    } catch (error) {
      setProblem(wordsFor(t, error))
      setBusy(false)
    }
  }
  return (
    <main className="login">
      <div>
        <form onSubmit={submit} noValidate>
          <h1 className="brand">
            <img src={mark} alt="" />
            <span>
              {t('app.title')}
              <span className="lead block">{t('login.lead')}</span>
            </span>
          </h1>
          {problem && (
            <p className="alert" role="alert" data-testid="login-error">
              {problem}
            </p>
          )}
          <label className="field">
            <span className="label">{t('login.username')}</span>
            <input
              className="input"
              data-testid="login-username"
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          </label>
          <label className="field">
            <span className="label">{t('login.password')}</span>
            <input
              className="input"
              data-testid="login-password"
              name="password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          <button
            type="submit"
            className="button primary"
            data-testid="login-submit"
            disabled={busy}
          >
            {busy ? t('login.busy') : t('login.submit')}
          </button>
        </form>
        <div className="tools">
          <LanguageToggle />
          <ThemeToggle />
        </div>
      </div>
    </main>
  )
}
