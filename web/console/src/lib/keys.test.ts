import { expect, it } from 'vitest'
import { tabByKey, takesKey } from './keys'

const within = (tag: string) => ({
  closest: (selector: string) => (selector.split(', ').includes(tag) ? {} : null),
})

it('leaves Enter to the button or link that has the focus', () => {
  expect(takesKey('Enter', within('button'))).toBe(true)
  expect(takesKey('Enter', within('a[href]'))).toBe(true)
  expect(takesKey('Enter', within('div'))).toBe(false)
  expect(takesKey('j', within('button'))).toBe(false)
})

it.each([
  ['ArrowRight', 'live', 'messages'],
  ['ArrowRight', 'station', 'live'],
  ['ArrowLeft', 'live', 'station'],
  ['Home', 'station', 'live'],
  ['End', 'live', 'station'],
  ['Enter', 'live', null],
])('%s leads from tab %s to %s', (key, tab, next) =>
  expect(tabByKey(['live', 'messages', 'station'], tab, key)).toBe(next),
)
