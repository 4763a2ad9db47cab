/** Overview: the site at a glance, now and over the day. */

import { AlarmsCard } from '@/components/Alarms'
import { ApprovalsCard } from '@/components/Approvals'
import { DeparturesCard } from '@/components/Departures'
import { EmergencyBar } from '@/components/Emergency'
import { FlowCard } from '@/components/FlowCard'
import { Kpis } from '@/components/Kpis'
import { PaymentsCard } from '@/components/Payments'
import { PlanCard } from '@/components/PlanChart'
import { SignalsCard } from '@/components/Signals'
import { useT } from '@/lib/i18n'

export function OverviewPage() {
  const t = useT()
  return (
    <div className="overview">
      <h1 className="sr-only">{t('nav.overview')}</h1>
      <EmergencyBar />
      <Kpis />
      <FlowCard />
      <PlanCard />
      <div className="stack">
        <ApprovalsCard />
        <SignalsCard />
        <AlarmsCard />
        <PaymentsCard />
      </div>
      <DeparturesCard />
    </div>
  )
}
