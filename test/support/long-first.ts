import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, and wait for most of it: begun last, they would be run by themselves. */
const LONG = [
  'scenarios/kill.test.ts',
  'storage/s3-faults.test.ts',
  'scenarios/build-doubt.test.ts',
  'scenarios/access-matrix.test.ts',
  'scenarios/cli-verbs.test.ts',
  'interop/verbs.test.ts',
  'scenarios/cli-downloads.test.ts',
  'scenarios/resumable-kill.test.ts',
  'scenarios/lookaside-scrub.test.ts',
  'scenarios/lookaside-gc-race.test.ts',
  'scenarios/demo.test.ts',
  'db/pglite.test.ts',
];

/** The order of a first run, too, of which vitest knows nothing but the sizes of files. */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}`));
      return found === -1 ? LONG.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
