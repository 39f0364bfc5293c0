import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartCounter } from '../../server/http/form-parts.ts';
import { FORM_TYPE, type FormPart, formBody } from '../support/upload-form.ts';

/** How many parts are counted where the bytes come in pieces of so many. */
function counted(body: Buffer, piece: number, type = FORM_TYPE): number {
  const counter = new PartCounter(type);
  for (let at = 0; at < body.length; at += piece) counter.see(body.subarray(at, at + piece));
  return counter.parts;
}

describe('the parts of a form', () => {
  it('are counted, however its bytes are cut', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\r\n',
        '\r\n--',
        '--',
        '\r\n----a-boundary',
        '\r\n------a-boundary-of-the-test',
      ),
    );
    const part = fc.tuple(fc.constantFrom('name', 'file', 'x'), text) as fc.Arbitrary<FormPart>;
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.integer({ min: 1, max: 80 }),
        (parts, piece) => {
          expect(counted(formBody(parts), piece)).toBe(parts.length);
        },
      ),
    );
  });

  it('are counted behind text that comes before the first', () => {
    const body = Buffer.concat([Buffer.from('preamble\r\n'), formBody([['name', 'x']])]);
    for (const piece of [1, 7, 1000]) expect(counted(body, piece)).toBe(1);
  });

  it('are found by a boundary in quotes, beside other parameters', () => {
    const boundary = FORM_TYPE.split('boundary=')[1];
    for (const type of [
      `multipart/form-data; boundary="${boundary}"`,
      `multipart/form-data; charset=utf-8; BOUNDARY=${boundary}; x=y`,
    ])
      expect(counted(formBody([['name', 'x']]), 10, type)).toBe(1);
  });

  it('are never as many as there are where the boundary is not known', () => {
    expect(counted(formBody([]), 10, 'multipart/form-data')).toBe(-1);
  });
});
