import { expect, it } from 'vitest'
import { ACTIONS, isOwn, payloadText } from './approvals'
import { en } from './i18n/en'

it('knows who asked', () => {
  expect(isOwn({ asked_by: 'user:ada' }, 'ada')).toBe(true)
  expect(isOwn({ asked_by: 'user:ada' }, 'bob')).toBe(false)
  expect(isOwn({ asked_by: 'token:ada' }, 'ada')).toBe(false)
})

it('has words for every act', () => {
  for (const key of Object.values(ACTIONS)) expect(en[key]).toBeTruthy()
})

it('shows all of what will be done', () => {
  expect(payloadText({ payload: { commands: [{ kind: 'Reset' }] } })).toContain('"kind": "Reset"')
})
