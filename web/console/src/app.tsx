/** The frame around every page: who is signed in, which site, the one live stream, the keyboard. */

import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Note, ProblemNote } from './components/Card'
import { KeyHelp } from './components/KeyHelp'
import { StaleBanner } from './components/LivePill'
import { TopBar } from './components/TopBar'
import { API, whenUnauthorized } from './lib/api'
import { useT } from './lib/i18n'
import { useKeys } from './lib/keys'
import { useSites } from './lib/queries'
import { sessionEnded, useSession } from './lib/session'
import { SiteContext } from './lib/site'
import { openStream } from './lib/stream'
import { LoginPage } from './pages/Login'

export function App() {
  const t = useT()
  const client = useQueryClient()
  const session = useSession()
  useEffect(() => whenUnauthorized(() => sessionEnded(client)), [client])
  if (session.data) return <SignedIn />
  if (session.data === null) return <LoginPage />
  if (session.error) return <ProblemNote error={session.error} retry={() => session.refetch()} />
  return <Note>{t('common.loading')}</Note>
}

function useStream() {
  const client = useQueryClient()
  useEffect(
    () =>
      openStream(`${API}/stream`, () => {
        void client.invalidateQueries({ queryKey: ['session'] })
      }),
    [client],
  )
}

function SignedIn() {
  const t = useT()
  const sites = useSites()
  const { site: wanted } = useSearch({ from: '__root__' })
  const navigate = useNavigate()
  const [help, setHelp] = useState(false)
  useStream()
  useKeys({
    'g o': () => void navigate({ to: '/' }),
    'g c': () => void navigate({ to: '/chargers' }),
    '?': () => setHelp(true),
  })
  if (sites.error && !sites.data)
    return <ProblemNote error={sites.error} retry={() => sites.refetch()} />
  if (!sites.data) return <Note>{t('common.loading')}</Note>
  const site = sites.data.find((each) => each.site_id === wanted) ?? sites.data[0]
  if (!site) return <Note>{t('app.noSite')}</Note>
  return (
    <SiteContext value={site}>
      <div className="app">
        <a className="skip" href="#main">
          {t('app.skip')}
        </a>
        <TopBar sites={sites.data} onHelp={() => setHelp(true)} />
        <StaleBanner />
        <main className="page" id="main" tabIndex={-1}>
          <Outlet />
        </main>
        {help && <KeyHelp onClose={() => setHelp(false)} />}
      </div>
    </SiteContext>
  )
}
