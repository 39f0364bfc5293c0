import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { parseSclName } from '../../core/domain/collection.ts';
import type { ElRelease } from '../../core/domain/el-release.ts';
import { macrosFile } from '../../core/domain/spec/macro-table.ts';
import { sclMacros } from '../../core/domain/spec/scl-macros.ts';
import { installPackages } from '../support/debian.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { differences, type Fields, readerFields, rpmFields } from './support/rpm-truth.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/specs');
const SPECS = readdirSync(FOLDER).toSorted();
const BRANCHES: readonly (readonly [string | null, ElRelease])[] = [
  [null, '6'],
  ['rh-python34', '7'],
  [null, '9s'],
];
const total = { specs: 0, fields: 0, refused: 0, unknown: 0 };

beforeAll(() => installPackages({ rpmspec: 'rpm' }), 300_000);

afterAll(() => {
  process.stdout.write(
    `rpmspec: ${total.specs} readings of ${SPECS.length} specs, ${total.fields} fields equal, ` +
      `${total.refused} refused by both, ${total.unknown} said to be unknown\n`,
  );
});

describe.each(BRANCHES)('a spec read for %s on EL %s says what rpm says', (scl, release) => {
  const macros = sclMacros({ sclName: scl === null ? null : parseSclName(scl), release });

  it.each(SPECS)('%s', async (name) => {
    await using folder = await temporaryFolder();
    const table = join(folder.path, 'macros');
    await writeFile(table, macrosFile(macros));
    const path = join(FOLDER, name);
    const text = readFileSync(path, 'utf8');
    const unknown = new Map<string, string>();
    let ours: Fields = null;
    try {
      ours = readerFields(text, macros, (field, why) => unknown.set(field, why));
    } catch (error) {
      if (!(error instanceof DistGitError)) throw error;
      expect(error.code).toBe('check_failed');
    }
    let why = '';
    const rpm = await rpmFields(path, table, (stderr) => {
      why = stderr;
    });
    total.specs++;
    const undecided = [...text.matchAll(/^# unknown: (.*)$/gm)].map(([, field = '']) => field);
    const refused = name.startsWith('refused-');
    expect(ours === null).toBe(refused);
    // What nobody here knows may be what rpm refuses.
    if (undecided.length === 0) expect(rpm === null, why).toBe(refused);
    expect([...unknown.keys()].toSorted()).toEqual(undecided.toSorted());
    total.unknown += unknown.size;
    if (ours === null || rpm === null) {
      total.refused += Number(refused);
      return;
    }
    // What is unknown has no place in a list.
    const lists = /^(?:sources|source \d|patch|build requirement|packages)/;
    const told = [...ours].filter(([field]) => unknown.size === 0 || !lists.test(field));
    const { found, compared } = differences(new Map(told), rpm);
    expect(found).toEqual([]);
    if (unknown.size === 0) expect([...ours.keys()].toSorted()).toEqual([...rpm.keys()].toSorted());
    total.fields += compared;
  });
});
