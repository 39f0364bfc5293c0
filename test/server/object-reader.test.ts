import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { importHistory, must, type PlannedCommit } from '../support/git-history.ts';
import { readableRepository } from '../support/object-reading.ts';
import { run } from '../support/process.ts';

const MISSING = 'f'.repeat(40);
const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,8}$/);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
/** What could be taken for an answer of git itself is among it. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('', '\n', `${MISSING} blob 5\nhello\n`, `${MISSING} missing\n`)
    .map((text) => Buffer.from(text)),
);
const files = fc
  .uniqueArray(fc.tuple(path, content), { maxLength: 8, selector: ([where]) => where })
  // No file where another has a directory.
  .map((all) => all.filter(([a]) => !all.some(([b]) => b.startsWith(`${a}/`))))
  .map((all) => Object.fromEntries(all));

describe('an object reader', () => {
  it('reads trees, blobs and commits as git shows them', async () => {
    await using repository = await readableRepository();
    const plans: PlannedCommit[] = fc
      .sample(files, { numRuns: 60, seed: 7 })
      .map((one, index) => ({ parents: index === 0 ? [] : [index - 1], files: one }));
    const oids = await importHistory(repository.path, plans);
    const reader = repository.open();
    for (const [index, oid] of oids.entries()) {
      const tree = (await must(repository.path, ['rev-parse', `${oid}^{tree}`])).trim();
      const parents = index === 0 ? [] : [oids[index - 1]];
      expect(await reader.commit(oid)).toEqual({ tree, parents });
      const found: Record<string, Buffer> = {};
      const walk = async (at: string, prefix: string): Promise<void> => {
        for (const entry of await reader.tree(at)) {
          if (entry.mode === '40000') await walk(entry.oid, `${prefix}${entry.name}/`);
          else {
            found[`${prefix}${entry.name}`] = await reader.blob(entry.oid);
            expect(await reader.size(entry.oid)).toBe(found[`${prefix}${entry.name}`]?.length);
          }
        }
      };
      await walk(tree, '');
      expect(found).toEqual(plans[index]?.files);
    }
  });

  it('reads every mode and name that a tree can have', async () => {
    await using repository = await readableRepository();
    const blob = (await must(repository.path, ['hash-object', '-w', '--stdin'])).trim();
    const tree = (await must(repository.path, ['mktree'])).trim();
    const lines = [
      `100644 blob ${blob}\ta b`,
      `100755 blob ${blob}\trun\nme`,
      `120000 blob ${blob}\tzwölf`,
      `040000 tree ${tree}\tdirectory`,
      `160000 commit ${MISSING}\tsubmodule`,
    ];
    const input = Buffer.from(`${lines.join('\0')}\0`);
    const made = (await must(repository.path, ['mktree', '-z'], input)).trim();
    const entries = await repository.open().tree(made);
    expect(entries.toSorted((a, b) => (a.mode < b.mode ? -1 : 1))).toEqual([
      { mode: '100644', name: 'a b', oid: blob },
      { mode: '100755', name: 'run\nme', oid: blob },
      { mode: '120000', name: 'zwölf', oid: blob },
      { mode: '160000', name: 'submodule', oid: MISSING },
      { mode: '40000', name: 'directory', oid: tree },
    ]);
  });

  it('keeps questions and answers together, however large and however many at once', async () => {
    await using repository = await readableRepository();
    const sizes = [0, 1, 4095, 4096, 65_535, 65_536, 65_537, 1_000_000, 5_000_000];
    const blobs = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const bytes = randomBytes(sizes[n % sizes.length] ?? 0);
        // Newlines at the edges are where an answer could be cut wrongly.
        if (bytes.length > 1) bytes[0] = bytes[bytes.length - 1] = 10;
        const oid = await must(repository.path, ['hash-object', '-w', '--stdin'], bytes);
        return { oid: oid.trim(), bytes };
      }),
    );
    const reader = repository.open();
    await Promise.all(
      blobs.flatMap(({ oid, bytes }, n) => [
        reader.blob(oid).then((got) => expect([n, got.equals(bytes)]).toEqual([n, true])),
        reader.size(oid).then((size) => expect([n, size]).toEqual([n, bytes.length])),
        expect(reader.size(`${MISSING.slice(2)}${String(n).padStart(2, '0')}`)).rejects.toThrow(),
      ]),
    );
    expect(blobs).toHaveLength(60);
  });

  it('writes at once what is asked together', async () => {
    await using repository = await readableRepository();
    const [oid = ''] = await importHistory(repository.path, [{ parents: [], files: {} }]);
    const catFile = repository.spawn();
    const written = vi.spyOn(catFile.stdin as Writable, 'write');
    const reader = repository.open(catFile);
    const later = (async () => {
      await Promise.resolve();
      return reader.tree(oid);
    })();
    const together = [reader.size(oid), reader.commit(oid), later] as const;
    const [size, commit] = await Promise.all(together);
    expect(written.mock.calls).toEqual([
      [`info ${oid}\ncontents ${oid}^{commit}\ncontents ${oid}^{tree}\nflush\n`],
    ]);
    expect(await reader.size(commit.tree)).toBeLessThan(size);
    expect(written).toHaveBeenCalledTimes(2);
  });

  it('says what is missing, and goes on', async () => {
    await using repository = await readableRepository();
    const [oid = ''] = await importHistory(repository.path, [{ parents: [], files: {} }]);
    const reader = repository.open();
    for (const ask of ['commit', 'tree', 'blob', 'size'] as const)
      await expect(reader[ask](MISSING)).rejects.toThrow(MISSING);
    await expect(reader.commit(oid)).resolves.toMatchObject({ parents: [] });
    await expect(reader.newCommits(MISSING, null)).rejects.toThrow();
    await expect(reader.isAncestor(MISSING, oid)).rejects.toThrow();
  });

  it('takes an object of another kind for a failure', async () => {
    await using repository = await readableRepository();
    const blob = (await must(repository.path, ['hash-object', '-w', '--stdin'])).trim();
    const tree = (await must(repository.path, ['mktree'])).trim();
    const reader = repository.open();
    await expect(reader.commit(blob)).rejects.toThrow();
    await expect(reader.commit(tree)).rejects.toThrow();
  });

  it('takes a blob in the place of a tree for a failure, and does not read on for ever', async () => {
    await using repository = await readableRepository();
    const text = Buffer.from('a text that is no tree, longer than one entry of it\n');
    const blob = (await must(repository.path, ['hash-object', '-w', '--stdin'], text)).trim();
    const module = new URL('../../core/git/object-reader.ts', import.meta.url).href;
    const script = `
      const { spawn } = await import('node:child_process');
      const { openObjectReader } = await import(${JSON.stringify(module)});
      const args = ['-C', ${JSON.stringify(repository.path)}, 'cat-file', '--batch-command', '--buffer'];
      const catFile = spawn('git', args, { stdio: ['pipe', 'pipe', 'ignore'] });
      const reader = openObjectReader({ catFile, run: async () => '', published: '--all' });
      const entries = await reader.tree('${blob}').catch(() => 'refused');
      console.log(entries);
      reader.close();
    `;
    // In a process of its own, because a loop would take this one with it.
    const limits = ['--kill-after=1', '10', process.execPath, '--max-old-space-size=100'];
    const { stdout } = await run('timeout', [...limits, '--input-type=module', '--eval', script]);
    expect(stdout).toBe('refused\n');
  });

  it('reads the commit that a tag names, through tags of tags', async () => {
    await using repository = await readableRepository();
    const [oid = ''] = await importHistory(repository.path, [{ parents: [], files: {} }]);
    await must(repository.path, ['tag', '-a', '-m', 'one', 'one', oid]);
    await must(repository.path, ['tag', '-a', '-m', 'two', 'two', 'one']);
    const tag = (await must(repository.path, ['rev-parse', 'two'])).trim();
    const reader = repository.open();
    expect(tag).not.toBe(oid);
    expect(await reader.commit(tag)).toEqual(await reader.commit(oid));
  });

  it('takes for parents what git takes for parents, and nothing further down', async () => {
    await using repository = await readableRepository();
    const [oid = ''] = await importHistory(repository.path, [{ parents: [], files: {} }]);
    const { tree } = await repository.open().commit(oid);
    const who = 'Test <test@example.org> 1600000000 +0000';
    const text = [
      `tree ${tree}`,
      `author ${who}`,
      `committer ${who}`,
      `parent ${oid}`,
      `tree ${MISSING}`,
      '',
      `parent ${oid}`,
      '',
    ].join('\n');
    const hash = ['hash-object', '-w', '-t', 'commit', '--literally', '--stdin'];
    const forged = (await must(repository.path, hash, Buffer.from(text))).trim();
    const known = await must(repository.path, ['rev-list', '--parents', forged]);
    expect(known.trim()).toBe(forged);
    const reader = repository.open();
    expect(await reader.commit(forged)).toEqual({ tree, parents: [] });
    expect(await reader.isAncestor(oid, forged)).toBe(false);
  });

  it('fails all that waits when its git dies, and all that comes after', async () => {
    await using repository = await readableRepository();
    const [oid = ''] = await importHistory(repository.path, [{ parents: [], files: {} }]);
    const catFile = repository.spawn();
    const reader = repository.open(catFile);
    await reader.commit(oid);
    catFile.kill('SIGSTOP');
    const waiting = Promise.allSettled([reader.size(oid), reader.blob(MISSING)]);
    catFile.kill('SIGKILL');
    await once(catFile, 'close');
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(reader.tree(oid)).rejects.toThrow('git cat-file ended');
  });

  it('answers what was asked before it was closed, and its git ends', async () => {
    await using repository = await readableRepository();
    const [oid = ''] = await importHistory(repository.path, [{ parents: [], files: {} }]);
    const catFile = repository.spawn();
    const reader = repository.open(catFile);
    const waiting = reader.commit(oid);
    const ended = once(catFile, 'close');
    reader.close();
    await expect(waiting).resolves.toMatchObject({ parents: [] });
    expect(await ended).toEqual([0, null]);
    await expect(reader.size(oid)).rejects.toThrow();
  });
});
