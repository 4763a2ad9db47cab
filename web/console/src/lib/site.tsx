/** The site on screen, for every component below; its id is the `site` of the URL. */

import { createContext, useContext } from 'react'
import { useLive } from './stream'
import type { Site, SitePower } from './types'

export const SiteContext = createContext<Site | null>(null)

export function useSite(): Site {
  const site = useContext(SiteContext)
  if (!site) throw new Error('useSite outside of a site')
  return site
}

/** Site clock: the stream's, before it the answer's own. Runs fast in a demo. */
export function useNow(): string {
  const site = useSite()
  return useLive((state) => state.at) ?? site.now
}

export function usePower(): SitePower | null {
  const { site_id } = useSite()
  return useLive((state) => state.sites[site_id]) ?? null
}
