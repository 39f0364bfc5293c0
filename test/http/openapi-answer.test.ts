import { expect, it } from 'vitest';
import { openApiDocument } from '../../core/api/openapi.ts';
import { openApiAnswer } from '../../server/http/openapi-answer.ts';

it('the description of the API is made once for each address of the server', () => {
  const answer = openApiAnswer('1.2.3');
  const first = answer('http://one.example');
  expect(JSON.parse(first.toString())).toEqual(openApiDocument('1.2.3', 'http://one.example'));
  // Not only equal: everybody may ask, and it takes longer than any other answer.
  expect(answer('http://one.example')).toBe(first);
  const other = answer('http://two.example').toString();
  expect(JSON.parse(other)).toEqual(openApiDocument('1.2.3', 'http://two.example'));
});
