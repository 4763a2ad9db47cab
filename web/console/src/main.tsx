/** Starts the console. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import 'uplot/dist/uPlot.min.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/layout.css'
import './styles/flow.css'
import './styles/charts.css'
import './styles/signals.css'
import './styles/overview.css'
import './styles/chargers.css'
import './styles/charger-detail.css'
import { ApiProblem } from './lib/api'
import { applyPreferences } from './lib/prefs'
import { router } from './router'

const RETRIES = 2

const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < RETRIES &&
        !(error instanceof ApiProblem && error.status in { 401: 1, 403: 1, 404: 1 }),
      refetchOnWindowFocus: true,
    },
  },
})

applyPreferences()
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
