import { duplexPair } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefUpdate } from '../../core/pushes/push-facts.ts';
import { type HookAnswer, type HookCall, readHookCalls } from '../../server/pushes/hook-calls.ts';

const ALLOW: HookAnswer = { allow: true, lines: [] };

/** The hook's end of the socket, and what the server was asked. */
function connect(answer: (call: HookCall) => Promise<HookAnswer> = async () => ALLOW) {
  const [hook, server] = duplexPair();
  const calls: HookCall[] = [];
  readHookCalls(server, (call) => {
    calls.push(call);
    return answer(call);
  });
  let received = '';
  hook.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  hook.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    server.once('close', resolve);
  });
  return {
    hook,
    server,
    calls,
    closed,
    get received() {
      return received;
    },
    /** Until the server has answered so many calls, or has closed the socket. */
    async answered(lines = 1): Promise<string> {
      while (received.split('\n').length <= lines && !server.destroyed)
        await new Promise((resolve) => setImmediate(resolve));
      return received;
    },
  };
}

const textOf = ({ objectDirectory, updates }: HookCall): string =>
  [
    `pre-receive ${objectDirectory}`,
    ...updates.map(({ oldOid, newOid, ref }) => `${oldOid} ${newOid} ${ref}`),
    '\n',
  ].join('\n');

const oid = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 40,
  maxLength: 40,
});
/** Most of what git lets a ref be named; signs that look like spaces have a test of their own. */
const refName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((name) => !/[\s~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|^\.|\/\.|\.$/.test(name));
const update: fc.Arbitrary<RefUpdate> = fc.record({
  oldOid: oid,
  newOid: oid,
  ref: refName.map((name) => `refs/heads/${name}`),
});
const hookCall: fc.Arbitrary<HookCall> = fc.record({
  objectDirectory: fc.constantFrom('', './objects/tmp_objdir-incoming-abc123', '/a b/objects'),
  updates: fc.array(update, { minLength: 1, maxLength: 5 }),
});

describe('a call of a hook', () => {
  it('is understood, wherever it is cut in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        hookCall,
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        async (call, sizes) => {
          const connection = connect();
          const bytes = Buffer.from(textOf(call));
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value;
            connection.hook.write(bytes.subarray(at, at + size));
            at += size;
            await new Promise((resolve) => setImmediate(resolve));
          }
          expect(await connection.answered()).toBe('allow\n');
          expect(connection.calls).toEqual([call]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is understood, cut at any one byte', async () => {
    const call: HookCall = {
      objectDirectory: './objects/tmp_objdir-incoming-x',
      updates: [
        { oldOid: 'a'.repeat(40), newOid: 'b'.repeat(40), ref: 'refs/heads/zwölf' },
        { oldOid: '0'.repeat(40), newOid: 'c'.repeat(40), ref: 'refs/tags/v1' },
      ],
    };
    const bytes = Buffer.from(textOf(call));
    for (let cut = 1; cut < bytes.length; cut++) {
      const connection = connect();
      connection.hook.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      expect([cut, connection.calls]).toEqual([cut, []]);
      connection.hook.write(bytes.subarray(cut));
      expect([cut, await connection.answered()]).toEqual([cut, 'allow\n']);
      expect(connection.calls).toEqual([call]);
    }
  });

  it('may name refs with every character that git takes', async () => {
    const call: HookCall = {
      objectDirectory: '',
      updates: ['\u00a0', '\u3000', '\u2028', '\ufeff', '✓'].map((sign) => ({
        oldOid: 'a'.repeat(40),
        newOid: 'b'.repeat(40),
        ref: `refs/tags/v${sign}1`,
      })),
    };
    const connection = connect();
    connection.hook.write(textOf(call));
    expect(await connection.answered()).toBe('allow\n');
    expect(connection.calls).toEqual([call]);
  });

  it('is followed by another on the same socket', async () => {
    const connection = connect(async ({ objectDirectory }) => ({
      allow: objectDirectory !== '',
      lines: [`seen ${objectDirectory}`],
    }));
    const updates = [{ oldOid: 'a'.repeat(40), newOid: 'b'.repeat(40), ref: 'refs/heads/x' }];
    connection.hook.write(textOf({ objectDirectory: 'o', updates }));
    expect(await connection.answered(2)).toBe('seen o\nallow\n');
    connection.hook.write(textOf({ objectDirectory: '', updates }));
    expect(await connection.answered(4)).toBe('seen o\nallow\nseen \nrefuse\n');
  });

  it('that can not be answered closes the socket, which the hook takes as a refusal', async () => {
    const connection = connect(() => Promise.reject(new Error('the database is away')));
    connection.hook.write('pre-receive x\n\n');
    await connection.closed;
    expect(connection.received).toBe('');
  });

  it('whose hook goes away meanwhile disturbs nobody', async () => {
    let answer: (given: HookAnswer) => void = () => {};
    const connection = connect(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    connection.hook.write('pre-receive x\n\n');
    await new Promise((resolve) => setImmediate(resolve));
    connection.server.destroy(new Error('reset'));
    await connection.closed;
    answer({ allow: true, lines: ['late'] });
    await new Promise((resolve) => setImmediate(resolve));
    expect(connection.received).toBe('');
  });
});

describe('what is no call closes the socket, unanswered', () => {
  const [old, fresh] = ['a'.repeat(40), 'b'.repeat(40)];
  it.each([
    ['an unknown hook', `update x\n${old} ${fresh} refs/heads/x\n\n`],
    ['a hook with more behind its name', `pre-receiver x\n${old} ${fresh} refs/heads/x\n\n`],
    ['a hook without an object directory', `pre-receive\n${old} ${fresh} refs/heads/x\n\n`],
    ['a hook and one letter', `pre-receiveX\n${old} ${fresh} refs/heads/x\n\n`],
    ['another case', `Pre-Receive x\n${old} ${fresh} refs/heads/x\n\n`],
    ['nothing', '\n\n'],
    ['a short oid', `pre-receive x\n${old.slice(1)} ${fresh} refs/heads/x\n\n`],
    ['an oid in capitals', `pre-receive x\n${old} ${fresh.toUpperCase()} refs/heads/x\n\n`],
    ['no ref', `pre-receive x\n${old} ${fresh}\n\n`],
    ['a ref outside of refs/', `pre-receive x\n${old} ${fresh} HEAD\n\n`],
    ['a ref with a space', `pre-receive x\n${old} ${fresh} refs/heads/a b\n\n`],
    ['a good line and a bad one', `pre-receive x\n${old} ${fresh} refs/heads/x\nwhat\n\n`],
    ['an empty line in between', `pre-receive x\n\n${old} ${fresh} refs/heads/x\n\n`],
    ['HTTP', 'GET / HTTP/1.1\nHost: x\n\n'],
  ])('%s', async (_, text) => {
    const connection = connect();
    connection.hook.write(text);
    await connection.closed;
    expect(connection.server.destroyed).toBe(true);
    expect(connection.calls).toEqual([]);
    expect(connection.received).toBe('');
  });

  it('more than any push has refs, without keeping it', async () => {
    const connection = connect();
    const line = `${old} ${fresh} refs/heads/x\n`;
    const piece = line.repeat(Math.ceil((1024 * 1024) / line.length));
    connection.hook.write('pre-receive x\n');
    let sent = 0;
    while (!connection.server.destroyed && sent < 80) {
      connection.hook.write(piece);
      sent++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(70);
    expect(connection.calls).toEqual([]);
  });
});
