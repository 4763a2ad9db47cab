/** Pages by address. The site stays in the URL from page to page. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  retainSearchParams,
} from '@tanstack/react-router'
import { App } from './app'
import { Note } from './components/Card'
import { useT } from './lib/i18n'
import { chargersSearch, type RootSearch, rootSearch } from './lib/search'
import { ChargerPage } from './pages/Charger'
import { ChargersPage } from './pages/Chargers'
import { OverviewPage } from './pages/Overview'

function NotFound() {
  const t = useT()
  return (
    <Note>
      <b>{t('app.notFound')}</b>
      {t('app.notFoundHelp')}
      <Link to="/" className="button">
        {t('nav.overview')}
      </Link>
    </Note>
  )
}

function Broken({ error }: ErrorComponentProps) {
  const t = useT()
  return (
    <Note problem>
      <b>{t('app.error')}</b>
      {t('app.errorHelp')}
      <code>{error instanceof Error ? error.message : String(error)}</code>
      <button type="button" className="button" onClick={() => location.reload()}>
        {t('app.reload')}
      </button>
    </Note>
  )
}

const root = createRootRoute({
  component: App,
  notFoundComponent: NotFound,
  errorComponent: Broken,
  validateSearch: (raw: Record<string, unknown>): RootSearch => rootSearch(raw),
  search: { middlewares: [retainSearchParams(['site'])] },
})

const overview = createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage })

const chargers = createRoute({
  getParentRoute: () => root,
  path: '/chargers',
  component: ChargersPage,
  validateSearch: chargersSearch,
})

const charger = createRoute({
  getParentRoute: () => chargers,
  path: '$stationId',
  component: ChargerPage,
})

export const router = createRouter({
  routeTree: root.addChildren([overview, chargers.addChildren([charger])]),
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Broken,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
