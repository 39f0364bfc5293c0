import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnswer, decodeCall } from '../../server/koji/xmlrpc-decode.ts';
import { encodeAnswer, encodeCall, encodeFault } from '../../server/koji/xmlrpc-encode.ts';
import { NOT_XML, XmlRpcError, type XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import { recordedExchanges, recordedRequest, recordedResponse } from '../support/koji-fixtures.ts';

const LIMIT = 8 * 1024 * 1024;
const answerOf = (text: string) => decodeAnswer(Buffer.from(text), LIMIT);
const valued = (inside: string) =>
  answerOf(
    `<methodResponse><params><param><value>${inside}</value></param></params></methodResponse>`,
  );
const valueOf = (inside: string): XmlRpcValue => {
  const answer = valued(inside);
  return 'value' in answer ? answer.value : expect.unreachable();
};

describe('the recorded exchanges', () => {
  const exchanges = recordedExchanges();
  const spoken = exchanges.filter(({ status }) => status === 200);

  it('are all there', () => {
    expect(exchanges.length).toBe(156);
    expect(spoken.length).toBe(155);
  });

  it.each(spoken)('$name: the request, both ways', (exchange) => {
    const body = recordedRequest(exchange);
    const call = decodeCall(body, LIMIT);
    expect(call.method).toBe(exchange.method);
    const written = encodeCall(call.method, call.params);
    expect(decodeCall(Buffer.from(written), LIMIT)).toEqual(call);
    expect(sameBytes(written)).toBe(sameBytes(body.toString()));
  });

  it.each(spoken)('$name: the response, both ways', (exchange) => {
    const body = recordedResponse(exchange);
    const answer = decodeAnswer(body, LIMIT);
    if ('fault' in answer) expect([answer.fault.code, answer.fault.text]).toEqual(exchange.fault);
    else expect(exchange.fault).toBeNull();
    const written =
      'fault' in answer
        ? encodeFault(answer.fault.code, answer.fault.text)
        : encodeAnswer(answer.value);
    expect(decodeAnswer(Buffer.from(written), LIMIT)).toEqual(answer);
    expect(sameBytes(written)).toBe(sameBytes(body.toString()));
  });

  it('has a malformed one, which is refused here too', () => {
    for (const malformed of exchanges.filter(({ status }) => status !== 200)) {
      expect(() => decodeCall(recordedRequest(malformed), LIMIT)).toThrow(XmlRpcError);
      expect(() => decodeAnswer(recordedResponse(malformed), LIMIT)).toThrow(XmlRpcError);
    }
  });
});

/**
 * White space between tags is Python's own, and it tells 1.0 from 1; all else of what we write is
 * what it writes.
 */
const sameBytes = (text: string): string =>
  text
    .replace(/>\s+</g, '><')
    .replace(/<double>(\d+)\.0<\/double>/g, '<int>$1</int>')
    .trim();

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((one) => !NOT_XML.test(one));
const { value: anyValue } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '')), tie('value'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
}));

describe('any value', () => {
  it('comes back as it was, from a call and from an answer', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 4 }), text, (params, method) => {
        const call = decodeCall(Buffer.from(encodeCall(method, params)), LIMIT);
        expect(call).toEqual({ method, params });
        const answer = decodeAnswer(Buffer.from(encodeAnswer(params)), LIMIT);
        expect(answer).toEqual({ value: params });
      }),
      { numRuns: 500 },
    );
  });

  it('as a fault, too', () => {
    fc.assert(
      fc.property(fc.integer(), text, (code, words) => {
        const answer = decodeAnswer(Buffer.from(encodeFault(code, words)), LIMIT);
        expect(answer).toEqual({ fault: { code, text: words } });
      }),
    );
  });
});

const TAGS =
  '<value> </value> <value/> <string> </string> <int> </int> <nil/> 7 <array> <data> </data> </array> ' +
  '<struct> </struct> <member> </member> <name> </name> <boolean>1</boolean> <double> </double> ' +
  '<base64> &amp; & <params> <param> </param> </params> <methodResponse> </methodResponse> <fault> ' +
  '</fault> <!DOCTYPE <!-- --> <![CDATA[ < > é';
const PIECES = [...TAGS.split(' '), ' ', '\n'];

describe('any text', () => {
  const isAnswered = (body: Uint8Array): void => {
    for (const read of [decodeAnswer, decodeCall])
      try {
        read(body, LIMIT);
      } catch (error) {
        expect(error).toBeInstanceOf(XmlRpcError);
      }
  };

  it('is a value or our own error', () => {
    const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 });
    const inside = pieces.map((all) => all.join(''));
    const wrapped = inside.map(
      (all) =>
        `<methodResponse><params><param><value>${all}</value></param></params></methodResponse>`,
    );
    const made = fc
      .oneof(inside, wrapped, fc.string({ unit: 'binary' }))
      .map((all) => Buffer.from(all));
    fc.assert(fc.property(fc.oneof(made, fc.uint8Array()), isAnswered), { numRuns: 3000 });
  });

  it('that was recorded, with a piece of it cut out or doubled, is too', () => {
    const bodies = recordedExchanges()
      .map(recordedResponse)
      .filter(({ length }) => length < 5000);
    const at = fc.nat({ max: 5000 });
    fc.assert(
      fc.property(fc.constantFrom(...bodies), at, at, fc.boolean(), (body, from, length, twice) => {
        const start = from % body.length;
        const piece = body.subarray(start, start + (length % 50));
        const rest = body.subarray(twice ? start : start + piece.length);
        isAnswered(Buffer.concat([body.subarray(0, start), ...(twice ? [piece] : []), rest]));
      }),
      { numRuns: 2000 },
    );
  });

  // Where one of these took the square of its length, the test would run for hours.
  const HUGE = 4 * 1024 * 1024;
  it.each([
    ['open values', '<value>'],
    ['digits of a double', '1'],
    ['white space', ' '],
    ['ampersands', '&amp;'],
    ['bare ampersands', '&'],
    ['declarations', "<?xml version='1.0'?>"],
    ['letters of a tag', 'a'],
    ['less-than signs', '<'],
    ['line ends', '\r'],
    ['empty values', '<value/>'],
    ['members', '<member><name>a</name><value/></member>'],
  ])('of %s, four megabytes, is read once', (_name, unit) => {
    const many = unit.repeat(HUGE / unit.length);
    const head = '<methodResponse><params><param><value>';
    for (const before of ['', '<', '<?xml ', head, `${head}<double>`, `${head}<int>`])
      isAnswered(Buffer.from(`${before}${many}x`));
    isAnswered(Buffer.from(`${head}<array><data>${many}</data></array></value>`));
  });
});

describe('what is read', () => {
  it.each([
    ['bare', 'bare'],
    [' \n', ' \n'],
    [' <int>5</int>\n', 5],
    ['<i4>-5</i4>', -5],
    ['<i8>9007199254740991</i8>', Number.MAX_SAFE_INTEGER],
    ['<double>1795168237.640913</double>', 1795168237.640913],
    ['<double>1e+21</double>', 1e21],
    ['<string>&lt;&#x1F600;&#13;\r\n</string>', '<😀\r\n'],
    ['<string/>', ''],
    ['<struct/>', {}],
    ['<array><data/></array>', []],
    ['<nil></nil>', null],
    ['<base64>AAEC\n</base64>', new Uint8Array([0, 1, 2])],
  ])('%j', (inside, value) => {
    expect(valueOf(inside)).toEqual(value);
  });

  it.each([
    ['a whole number that would be rounded', '<i8>9007199254740993</i8>'],
    ['an int of more than 32 bits', '<int>2147483648</int>'],
    ['a whole number with a fraction', '<int>1.5</int>'],
    ['an empty number', '<int></int>'],
    ['a boolean in words', '<boolean>true</boolean>'],
    ['a double that is none', '<double>nan</double>'],
    ['a type that is not known', '<dateTime.iso8601>20261120T09:44:03</dateTime.iso8601>'],
    ['text beside a type', 'x<int>5</int>'],
    ['an attribute', '<string a="b">x</string>'],
    ['an entity', '<string>&xxe;</string>'],
    ['a reference to no character', '<string>&#0;</string>'],
    ['a control character', '<string>\u0001</string>'],
    ['a comment', '<!-- x --><int>5</int>'],
    ['CDATA', '<string><![CDATA[x]]></string>'],
    ['base64 that is none', '<base64>A</base64>'],
    [
      'a name twice',
      '<struct><member><name>a</name><value/></member><member><name>a</name><value/></member></struct>',
    ],
    ['65 levels', '<array><data><value>'.repeat(65) + '</value></data></array>'.repeat(65)],
  ])('is not %s', (_name, inside) => {
    expect(() => valued(inside)).toThrow(XmlRpcError);
  });

  it('is no document type, no second document and no longer than is allowed', () => {
    const good = encodeAnswer('x');
    expect(() => answerOf(`<!DOCTYPE x [<!ENTITY a "b">]>${good}`)).toThrow(XmlRpcError);
    expect(() => answerOf(good.replace('\n', '\n<!DOCTYPE x>'))).toThrow(XmlRpcError);
    expect(() => answerOf(good + good)).toThrow(XmlRpcError);
    expect(() => decodeAnswer(Buffer.from(good), good.length - 1)).toThrow(/longer/);
    expect(() => decodeAnswer(Buffer.from([0x3c, 0xff]), LIMIT)).toThrow(/UTF-8/);
    expect(() => decodeAnswer(Buffer.from(good), good.length)).not.toThrow();
  });

  it('leaves the prototype of structs alone', () => {
    const value = valueOf(
      '<struct><member><name>__proto__</name><value>x</value></member></struct>',
    );
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

describe('what can not be said', () => {
  const deep = (levels: number): XmlRpcValue => (levels === 0 ? 1 : [deep(levels - 1)]);
  it.each([
    ['a control character', 'a\u0000'],
    ['half a character', '\ud800'],
    ['no number', Number.NaN],
    ['no finite number', Number.POSITIVE_INFINITY],
    ['too many levels', deep(64)],
  ] satisfies [string, XmlRpcValue][])('is refused before it is sent: %s', (_name, value) => {
    expect(() => encodeCall('x', [value])).toThrow(XmlRpcError);
  });

  it('is less than it seems: 63 levels can', () => {
    expect(decodeCall(Buffer.from(encodeCall('x', [deep(63)])), LIMIT).params).toEqual([deep(63)]);
  });
});
