import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run test:long` runs these: minutes each, and the machine to themselves.
    exclude:
      process.env.LONG === '1'
        ? []
        : ['**/kill.test.ts', '**/hostile-packs.test.ts', '**/large-bodies.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // The machine has two cores; scenarios start servers and git of their own.
    maxWorkers: 2,
    allowOnly: false,
    passWithNoTests: false,
  },
});
