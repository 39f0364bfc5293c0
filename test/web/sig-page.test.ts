import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../core/access/principal.ts';
import { sigPage } from '../../server/web/sig-pages.ts';
import { parsePage, textOf } from '../support/page-check.ts';

const SITE = { url: 'https://git.example.org', base: '', namespace: 'scls', version: '1.0.0' };
const NOW = Date.parse('2020-06-15T12:00:00Z');

/** The page of a SIG whose one approval ends then, row by row. */
function approvalRows(until: string | null, mayApprove: boolean): string[] {
  const approval = {
    user: 'ann',
    components: ['python'],
    reason: 'asked',
    approvedBy: 'carol',
    createdAt: '2020-01-01T00:00:00.000Z',
    until,
  };
  const sig = {
    name: 'sclo',
    title: '',
    commit: 'approved' as const,
    koji: 'admins' as const,
    createdAt: '2020-01-01T00:00:00.000Z',
    members: [],
    approvals: [approval],
  };
  const visitor = { principal: ANONYMOUS, csrf: null };
  const { main } = sigPage(SITE, visitor, {
    sig,
    collections: [],
    mayApprove,
    mayAsk: false,
    requests: [],
    now: NOW,
  });
  const { elements } = parsePage(main.toString());
  return elements
    .filter(({ tagName }) => tagName === 'td')
    .map((cell) => textOf(cell).replace(/\s+/g, ' ').trim());
}

describe('an approval on the page of its SIG', () => {
  it.each([
    [null, 'never'],
    ['2020-06-15T12:00:01.000Z', '2020-06-15 12:00 UTC'],
    ['2020-06-15T12:00:00.000Z', '2020-06-15 12:00 UTC (ended)'],
    ['2020-06-15T11:59:59.000Z', '2020-06-15 11:59 UTC (ended)'],
  ])('that ends at %s is told as %s', (until, words) => {
    expect(approvalRows(until, false)).toEqual(['ann', 'python', 'asked', 'carol', words]);
  });

  it('can be revoked by those who may', () => {
    expect(approvalRows(null, true)).toEqual([
      'ann',
      'python',
      'asked',
      'carol',
      'never',
      'Revoke',
    ]);
  });
});
