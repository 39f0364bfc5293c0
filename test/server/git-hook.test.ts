import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { git } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FOLDER = resolve(import.meta.dirname, '../../server/hooks/git');
const LINE = `${'a'.repeat(40)} ${'b'.repeat(40)} refs/heads/x\n`;

/**
 * Runs a hook as git does; `answer` plays the server on descriptor 3, and what it reads of the
 * repository on 4.
 */
async function runHook(
  answer: ((socket: Duplex, objects: Duplex) => void) | null,
  env: Readonly<Record<string, string>> = {},
  lines = LINE,
  cwd = '/',
) {
  const child = spawn(`${FOLDER}/pre-receive`, [], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe', answer === null ? 'ignore' : 'pipe', 'pipe'],
    cwd,
  });
  const objects = child.stdio[4] as Duplex;
  objects.on('error', () => {});
  const { stdin, stderr } = child as { stdin: Writable; stderr: Readable };
  const socket = child.stdio[3] as Duplex | null;
  let said = '';
  let asked = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  socket?.on('error', () => {});
  socket?.setEncoding('utf8').on('data', (text: string) => {
    asked += text;
    if (asked.endsWith('\n\n')) answer?.(socket, objects);
  });
  stdin.on('error', () => {});
  stdin.end(lines);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said, asked };
}

const GONE = 'The server is not there to check this push; try again.\n';

describe('the hook that git runs', () => {
  it.each([1, 2, 3, 1000])('tells the server the quarantine and %d refs', async (refs) => {
    const lines = LINE.repeat(refs);
    const environment = { GIT_OBJECT_DIRECTORY: './objects/tmp_objdir-incoming-x' };
    const { code, asked } = await runHook((socket) => socket.end('allow\n'), environment, lines);
    expect(asked).toBe(`pre-receive ./objects/tmp_objdir-incoming-x\n${lines}\n`);
    expect(code).toBe(0);
  });

  it('reads objects for the server until it has seen enough, in the quarantine', async () => {
    await using folder = await temporaryFolder();
    const [repository, other] = [join(folder.path, 'repository'), join(folder.path, 'other')];
    for (const path of [repository, other]) await git('/', 'init', '--quiet', '--bare', path);
    const oid = (await git(other, 'hash-object', '-w', '--stdin')).trim();
    let read = '';
    const { code, said } = await runHook(
      (socket, objects) => {
        objects.write(`contents ${oid}\nflush\n`);
        objects.on('data', (answer: Buffer) => {
          read += answer.toString();
          if (read.endsWith('\n\n')) objects.end();
        });
        // cat-file goes when nobody asks any more.
        objects.once('close', () => socket.write('allow\n'));
      },
      { GIT_DIR: '.', GIT_OBJECT_DIRECTORY: join(other, 'objects') },
      LINE,
      repository,
    );
    expect({ code, said }).toEqual({ code: 0, said: '' });
    expect(read).toBe(`${oid} blob 0\n\n`);
  });

  it('lets the push pass when the server allows it, and shows its lines', async () => {
    const { code, said } = await runHook((socket) =>
      socket.write('  a line: "with" \\n $signs\nanother\nallow\n'),
    );
    expect({ code, said }).toEqual({
      code: 0,
      said: '  a line: "with" \\n $signs\nanother\n',
    });
  });

  it('refuses when the server refuses, and shows why', async () => {
    const { code, said } = await runHook((socket) => socket.write('error: no\nrefuse\n'));
    expect({ code, said }).toEqual({ code: 1, said: 'error: no\n' });
  });

  it.each([
    ['closes the socket', (socket: Duplex) => socket.end()],
    ['dies', (socket: Duplex) => socket.destroy()],
    ['dies in the middle of its answer', (socket: Duplex) => socket.end('allo')],
    ['dies before the end of the line', (socket: Duplex) => socket.end('allow')],
  ])('refuses when the server %s', async (_, answer) => {
    const { code, said } = await runHook(answer);
    expect(code).toBe(1);
    expect(said).toBe(GONE);
  });

  it('refuses when the server says something else and goes', async () => {
    const { code, said } = await runHook((socket) => socket.end('ALLOW\nyes\n'));
    expect({ code, said }).toEqual({ code: 1, said: `ALLOW\nyes\n${GONE}` });
  });

  it('refuses when nobody of ours started git: there is no descriptor 3', async () => {
    const { code } = await runHook(null);
    expect(code).toBe(1);
  });
});
