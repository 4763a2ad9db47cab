import { expect, it } from 'vitest'
import { takesKey } from './keys'

const within = (tag: string) => ({
  closest: (selector: string) => (selector.split(', ').includes(tag) ? {} : null),
})

it('leaves Enter to the button or link that has the focus', () => {
  expect(takesKey('Enter', within('button'))).toBe(true)
  expect(takesKey('Enter', within('a[href]'))).toBe(true)
  expect(takesKey('Enter', within('div'))).toBe(false)
  expect(takesKey('j', within('button'))).toBe(false)
})
