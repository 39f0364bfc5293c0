import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../server/web/html.ts';
import { attribute, parsePage, textOf } from '../support/page-check.ts';

const PIECES =
  `< > " ' & &lt; &#34; \` = / --> ]]> </p> <script> </title> <!-- onload javascript: é a`
    .split(' ')
    .concat(' ', '\n', '\u2028');
/** Text with much of what HTML is made of. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...PIECES)).map((parts) => parts.join('')),
);
/** As a parser reads it: NUL is never right in HTML, and line ends are made one. */
const readable = hostile.filter((text) => !/[\0\r]/.test(text) && text.isWellFormed());

describe('html', () => {
  it('gives back every value as it was: as text, in attributes, in lists', () => {
    fc.assert(
      fc.property(readable, readable, readable, (one, two, three) => {
        const page = html`<!DOCTYPE html><html><head><title>t</title></head><body><p title="${one}" lang='${two}'>${three}</p>${[one, html`<b>${two}</b>`]}</body></html>`;
        const { elements } = parsePage(page.toString());
        expect(elements.map(({ tagName }) => tagName)).toEqual([
          'html',
          'head',
          'title',
          'body',
          'p',
          'b',
        ]);
        const [, , , body, p, b] = elements;
        if (body === undefined || p === undefined || b === undefined) throw new Error('lost');
        expect(p.attrs).toHaveLength(2);
        expect(attribute(p, 'title')).toBe(one);
        expect(attribute(p, 'lang')).toBe(two);
        expect(textOf(p)).toBe(three);
        expect(textOf(b)).toBe(two);
        expect(textOf(body)).toBe(three + one + two);
      }),
      { numRuns: 1000 },
    );
  });

  it('escapes once, and HTML not again', () => {
    const inner = html`<i>${'<&>'}</i>`;
    expect(html`${inner}${[inner, [inner]]}`.toString()).toBe('<i>&lt;&amp;&gt;</i>'.repeat(3));
    expect(html`${'&amp;'}`.toString()).toBe('&amp;amp;');
  });

  it('writes numbers, and nothing for null', () => {
    expect(html`a${0}b${null}c${[]}d${-1.5}`.toString()).toBe('a0bcd-1.5');
  });

  it('takes nothing else for HTML: what only looks like it is an error', () => {
    const forged = { toString: () => '<b>' } as unknown as string;
    expect(() => html`${forged}`).toThrow();
    const json = JSON.parse('{"text": "<b>", "toString": "<b>"}') as string;
    expect(() => html`${json}`).toThrow();
  });
});
