import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../support/process.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('the demo', () => {
  it('plays the whole story on real tarballs, and it goes as told', async () => {
    // Without the build, which is done by now; npm finds its registry where the person who runs the
    // tests has set it.
    const program = resolve(ROOT, 'test/demo/demo.ts');
    const done = await run(process.execPath, [program], { cwd: ROOT, env: process.env });
    expect(done.stdout.slice(-2000)).toContain('The story went as told.');
    expect(done.code).toBe(0);
  }, 600_000);
});
