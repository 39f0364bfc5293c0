import { configDefaults, defineConfig } from 'vitest/config';

/** Koji's hub is in no package registry: it takes part where the environment names one. */
const WITH_REAL_HUB = process.env.KOJI_URL !== undefined;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(WITH_REAL_HUB ? [] : ['test/koji/real-hub*.test.ts'])],
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
